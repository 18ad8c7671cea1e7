"""`webring ring create`, `terms` and `stewards`: founding a ring, and what its stewards decide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from webring.cli.arguments import operator, read_names
from webring.cli.command import command, group
from webring.cli.printing import AsJson, print_json, say
from webring.cli.ring_arguments import RingArgument
from webring.cli.ring_setup import RingSetup, ours
from webring.clock import now_ms
from webring.documents.ring import JoinPolicy, Order, RingTerms, Stewards
from webring.errors import BadRequest
from webring.names import ServerName, Slug
from webring.rings import founding
from webring.rings.founding import Founded
from webring.services import OpenRings
from webring.storage.sql import Connection

app = group("")

SlugArgument = Annotated[
    str, typer.Argument(help="The ring's slug: a-z, 0-9 and '-'.", metavar="SLUG")
]
NameOption = Annotated[str, typer.Option("--name", help="The name that people read.")]
DescriptionOption = Annotated[
    str | None, typer.Option("--description", help="What the ring is about, in a sentence or two.")
]
InterestOption = Annotated[
    list[str] | None, typer.Option("--interest", help="An interest; may be given several times.")
]
LanguageOption = Annotated[
    list[str] | None, typer.Option("--language", help="A BCP 47 tag; may be given several times.")
]
CriteriaOption = Annotated[
    str | None,
    typer.Option("--criteria", help="Who may join, as text or a URL: shown before they ask."),
]
PolicyOption = Annotated[
    JoinPolicy | None,
    typer.Option(
        "--policy", help="open: whoever consents; request: a steward decides; invite: only invited."
    ),
]
OrderOption = Annotated[
    Order | None, typer.Option("--order", help="In which order the circle is walked.")
]
StewardOption = Annotated[
    list[str] | None,
    typer.Option(
        "--steward",
        help="A further steward, an instance that you know; may be given several times.",
    ),
]
ThresholdOption = Annotated[
    int | None,
    typer.Option("--threshold", help="How many stewards have to sign. Without it: over half."),
]
MirrorOption = Annotated[
    list[str] | None,
    typer.Option("--mirror", help="An instance to recommend for navigation; several times."),
]


@dataclass(frozen=True, slots=True)
class _Given:
    """Terms as the command line gives them; None for what it does not."""

    description: str | None
    interest: list[str] | None
    language: list[str] | None
    criteria: str | None
    policy: JoinPolicy | None
    order: Order | None
    mirror: list[str] | None

    def terms(self, name: str) -> RingTerms:
        """The terms of a new ring; its stewards are added later."""
        return RingTerms(
            name=name,
            stewards=Stewards(1, {}),
            description=self.description or "",
            interests=tuple(self.interest or ()),
            languages=tuple(self.language or ()),
            criteria=self.criteria or "",
            policy=self.policy or JoinPolicy.REQUEST,
            order=self.order or Order.JOINED,
            mirrors=tuple(read_names(self.mirror or [])),
        )


async def _found(
    opened: OpenRings,
    tx: Connection,
    slug: Slug,
    terms: RingTerms,
    others: list[ServerName],
    threshold: int | None,
) -> Founded:
    names = {opened.own, *others}
    hand, publishing = opened.rings.hand, opened.rings.publishing
    sign = threshold or founding.least(len(names))
    listed = await founding.stewards(tx, hand, names, sign)
    whole = replace(terms, stewards=listed)
    return await founding.found(tx, hand, publishing, slug, whole, operator(), now_ms())


@command(
    app,
    "create",
    examples=[
        'webring ring create soil --name "Soil" --interest gardening --policy open',
        'webring ring create soil --name "Soil" --steward forest.example --steward meadow.example',
    ],
)
async def create(
    setup: RingSetup,
    slug: SlugArgument,
    name: NameOption,
    description: DescriptionOption = None,
    interest: InterestOption = None,
    language: LanguageOption = None,
    criteria: CriteriaOption = None,
    policy: PolicyOption = None,
    order: OrderOption = None,
    steward: StewardOption = None,
    threshold: ThresholdOption = None,
    mirror: MirrorOption = None,
    as_json: AsJson = False,
) -> None:
    """Found a ring.

    Its id is the slug and this instance's name. With further stewards, each of their operators
    signs the first version by `webring ring cosign`; name two, so that the ring outlives any one of
    you. Their instances have to be known here: see `webring peers list`.
    """
    given = _Given(description, interest, language, criteria, policy, order, mirror)
    names = read_names(steward or [])
    async with setup.rings() as opened, opened.db.transaction() as tx:
        made = await _found(opened, tx, Slug.parse(slug), given.terms(name), names, threshold)
    if as_json:
        print_json(_founded(made))
    else:
        _tell(made)


@command(
    app,
    "terms",
    examples=[
        "webring ring terms soil:commune.example --policy open",
        'webring ring terms soil:commune.example --name "Soil and Stones" --order daily',
    ],
)
async def terms_(
    setup: RingSetup,
    ring: RingArgument,
    name: Annotated[str | None, typer.Option("--name", help="The name that people read.")] = None,
    description: DescriptionOption = None,
    interest: InterestOption = None,
    language: LanguageOption = None,
    criteria: CriteriaOption = None,
    policy: PolicyOption = None,
    order: OrderOption = None,
    mirror: MirrorOption = None,
) -> None:
    """Propose other terms for a ring that you steward.

    What is not given stays. The other stewards' operators sign it by `webring ring cosign`.
    """
    given: dict[str, object | None] = {
        "name": name,
        "description": description,
        "interests": interest,
        "languages": language,
        "criteria": criteria,
        "policy": policy.value if policy else None,
        "order": order.value if order else None,
        "mirrors": list(read_names(mirror)) if mirror else None,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise BadRequest("say what is to change: --name, --policy, --criteria, ...")
    async with setup.rings() as opened, opened.db.transaction() as tx:
        head = await ours(opened, tx, ring)
        await founding.change(tx, head, changes, operator(), now_ms())
    say(f"{head.id}: the change of {', '.join(sorted(changes))} is proposed within seconds.")


@command(
    app,
    "stewards",
    examples=[
        "webring ring stewards soil:commune.example --add meadow.example",
        "webring ring stewards soil:commune.example --renew forest.example",
    ],
)
async def stewards_(
    setup: RingSetup,
    ring: RingArgument,
    add: Annotated[list[str] | None, typer.Option("--add", help="A steward to add.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A steward to take off.")
    ] = None,
    renew: Annotated[
        list[str] | None,
        typer.Option("--renew", help="A steward whose keys changed: take those it has now."),
    ] = None,
    threshold: ThresholdOption = None,
) -> None:
    """Propose other stewards for a ring that you steward.

    One who lost its keys is renewed: its present ones are those that you pinned (`webring peers
    repin`, after asking its operator some other way).
    """
    names: tuple[list[ServerName], ...] = tuple(
        read_names(each or []) for each in (add, remove, renew)
    )
    if not any(names) and threshold is None:
        raise BadRequest("say who: --add, --remove or --renew NAME, or --threshold NUMBER")
    async with setup.rings() as opened, opened.db.transaction() as tx:
        head = await ours(opened, tx, ring)
        wanted = await founding.other_stewards(
            tx,
            opened.rings.hand,
            head,
            add=names[0],
            remove=names[1],
            renew=names[2],
            threshold=threshold,
        )
        changes = {"stewards": wanted.to_json()}
        await founding.change(tx, head, changes, operator(), now_ms())
    say(f"{head.id}: the stewards {', '.join(wanted.instances)} are proposed within seconds.")
    if warning := founding.warning_of(wanted):
        say(warning)


def _tell(made: Founded) -> None:
    if made.missing:
        names = ", ".join(made.missing)
        say(f"{made.ring} is proposed. It is a ring once enough of {names} have signed:")
        say(f"On their instances: webring ring cosign {made.ring}")
    else:
        say(f"{made.ring} is founded. Let a community of yours join:")
        say(f"webring ring join {made.ring} COMMUNITY")
    if made.warning:
        say(made.warning)


def _founded(made: Founded) -> dict[str, Any]:
    return {
        "ring": made.ring,
        "root": made.first.sha256,
        "founded": not made.missing,
        "missing": list(made.missing),
        "warning": made.warning,
    }
