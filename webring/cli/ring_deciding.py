"""`webring ring requests | accept | decline | invite | remove | cosign | refuse | choose`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from webring.cli.arguments import operator
from webring.cli.command import command, group
from webring.cli.printing import AsJson, distance, print_json, print_table, say
from webring.cli.ring_arguments import RingArgument, known
from webring.cli.ring_setup import RingSetup, ours
from webring.clock import Millis, now_ms
from webring.documents.ring import Reason
from webring.errors import BadRequest, Conflict
from webring.names import CommunityId, RingId
from webring.rings import askers
from webring.rings.askers import Asker
from webring.rings.site_urls import read_site_url
from webring.services import OpenRings
from webring.storage import ring_requests, ring_signing, rings
from webring.storage.ring_requests import OPEN, StoredRequest
from webring.storage.ring_signing import UNDER_WAY, Proposal
from webring.storage.sql import Connection

app = group("")

RequestArgument = Annotated[
    str, typer.Argument(help="A request's id, or the beginning of it.", metavar="REQUEST")
]
MemberArgument = Annotated[
    str, typer.Argument(help="A member's id: 20 of 0-9 and a-f.", metavar="MEMBER")
]
WhoArgument = Annotated[
    str,
    typer.Argument(help="A community, as slug:instance, or a site's address.", metavar="WHO"),
]
ShaArgument = Annotated[
    str, typer.Argument(help="The version's hash, or the beginning of it.", metavar="SHA256")
]
OptionalRing = Annotated[
    str, typer.Argument(help="A ring's id; without it, of all rings.", metavar="RING")
]
OptionalSha = Annotated[
    str,
    typer.Argument(help="The version's hash, where several wait.", metavar="SHA256"),
]
CodeOption = Annotated[Reason, typer.Option("--code", help="The reason, as a word.")]
SentenceOption = Annotated[
    str, typer.Option("--sentence", help="The reason in a sentence, for whoever is told.")
]


@command(
    app,
    "requests",
    examples=["webring ring requests", "webring ring requests soil:commune.example --json"],
)
async def requests(setup: RingSetup, ring: OptionalRing = "", as_json: AsJson = False) -> None:
    """Show who asks to join, and what is to be signed."""
    async with setup.database() as db:
        conn = db.reader
        chosen = [(await known(conn, ring)).id] if ring else [r.id for r in await rings.all(conn)]
        asked = [
            request
            for state in OPEN
            for name in chosen
            for request in await ring_requests.in_state(conn, state, name)
        ]
        proposed = [
            each
            for name in chosen
            for each in await ring_signing.proposals(conn, name)
            if each.state in UNDER_WAY
        ]
    if as_json:
        print_json(
            {"requests": [_asked(r) for r in asked], "versions": [_proposed(p) for p in proposed]}
        )
        return
    now = now_ms()
    print_table(
        ["request", "ring", "who", "asked", "state", "why"],
        [(r.id[:12], r.ring, _who(r), distance(r.at, now), r.state.value, r.reason) for r in asked],
        empty="Nobody waits to join.",
    )
    print_table(
        ["version", "ring", "sequence", "proposed by", "state", "why"],
        [_proposal_row(each) for each in proposed],
        empty="No version waits for a signature.",
    )


@command(app, "accept", examples=["webring ring accept 3f9a0c4be1d2"])
async def accept(setup: RingSetup, request: RequestArgument, sentence: SentenceOption = "") -> None:
    """Let whoever asked into a ring that you steward."""
    async with setup.rings() as opened, opened.db.transaction() as tx:
        found = await _request(tx, request)
        done = await opened.rings.deciding.accept(tx, found.id, sentence, operator(), now_ms())
    say(f"{_who(done)} is accepted: the next version of {done.ring} lists it.")


@command(
    app,
    "decline",
    examples=['webring ring decline 3f9a0c4be1d2 --code criteria --sentence "It is a shop."'],
)
async def decline(
    setup: RingSetup,
    request: RequestArgument,
    code: CodeOption = Reason.CRITERIA,
    sentence: SentenceOption = "",
) -> None:
    """Say no to whoever asked, with the reason."""
    async with setup.rings() as opened, opened.db.transaction() as tx:
        found = await _request(tx, request)
        deciding = opened.rings.deciding
        done = await deciding.decline(tx, found.id, code, sentence, operator(), now_ms())
    say(f"{_who(done)} is declined ({code.value}).")


@command(
    app,
    "invite",
    examples=[
        "webring ring invite soil:commune.example hay:meadow.example",
        "webring ring invite soil:commune.example https://compost.example/",
    ],
)
async def invite(
    setup: RingSetup, ring: RingArgument, who: WhoArgument, sentence: SentenceOption = ""
) -> None:
    """Ask a community or a site in.

    Its own request is accepted from then on.
    """
    async with setup.rings() as opened, opened.db.transaction() as tx:
        head = await ours(opened, tx, ring)
        asker = await _asker(opened, tx, who, lenient=setup.settings.is_testing)
        deciding = opened.rings.deciding
        done = await deciding.invite(tx, head.id, asker, sentence, operator(), now_ms())
    say(f"{asker.name}: {done.state.value}. {done.reason}".rstrip())


@command(
    app,
    "remove",
    examples=["webring ring remove soil:commune.example 3f9a0c4be1d2756680aa --code rules"],
)
async def remove(
    setup: RingSetup,
    ring: RingArgument,
    member: MemberArgument,
    code: CodeOption = Reason.REMOVED,
    sentence: SentenceOption = "",
) -> None:
    """Propose to take a member out of a ring that you steward."""
    async with setup.rings() as opened, opened.db.transaction() as tx:
        head = await ours(opened, tx, ring)
        deciding = opened.rings.deciding
        await deciding.remove(tx, head.id, member, code, sentence, operator(), now_ms())
    say(f"The removal of {member} from {head.id} ({code.value}) is proposed within seconds.")


@command(
    app,
    "cosign",
    examples=[
        "webring ring cosign soil:commune.example",
        "webring ring cosign soil:commune.example 995c05e5ebf4",
    ],
)
async def cosign(setup: RingSetup, ring: RingArgument, sha256: OptionalSha = "") -> None:
    """Sign a version that another steward proposes.

    `webring ring requests` shows which wait, and why they were not signed by themselves.
    """
    signed = await _decide(setup, ring, sha256, sign=True)
    say(f"Version {signed.sequence} of {signed.ring} ({signed.sha256[:12]}) is signed in seconds.")


@command(app, "refuse", examples=["webring ring refuse soil:commune.example 995c05e5ebf4"])
async def refuse(setup: RingSetup, ring: RingArgument, sha256: OptionalSha = "") -> None:
    """Refuse to sign a version.

    The steward who proposes it is told.
    """
    refused = await _decide(setup, ring, sha256, sign=False)
    say(f"Version {refused.sequence} of {refused.ring} ({refused.sha256[:12]}) is refused.")


@command(
    app,
    "choose",
    examples=["webring ring choose soil:commune.example 995c05e5ebf4"],
)
async def choose(
    setup: RingSetup,
    ring: RingArgument,
    sha256: ShaArgument,
    via: Annotated[
        str, typer.Option("--via", help="An instance, or a base URL, that holds that branch.")
    ] = "",
) -> None:
    """Follow another branch of a ring that was forked.

    Where stewards signed two versions after one, this instance stays on the branch it had first;
    `webring ring show` tells of the other. It has to verify from the last version both have.
    """
    name = RingId.parse(ring)
    async with setup.rings() as opened:
        chosen = await opened.rings.following.choose(name, sha256, operator(), via)
    if not chosen.good or chosen.head is None:
        raise Conflict(f"{name} stays as it is: {chosen.why}")
    say(
        f"{name} is at version {chosen.head.sequence}, {chosen.head.sha256[:12]}: {chosen.outcome}."
    )


async def _decide(setup: RingSetup, ring: str, sha256: str, *, sign: bool) -> Proposal:
    async with setup.rings() as opened, opened.db.transaction() as tx:
        name = (await known(tx, ring)).id
        return await opened.rings.cosigning.decide(
            tx, name, sha256, operator(), sign=sign, now=now_ms()
        )


async def _request(conn: Connection, beginning: str) -> StoredRequest:
    """The one open request whose id begins so."""
    fitting: Sequence[StoredRequest] = await ring_requests.beginning(conn, beginning)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise BadRequest(f"no request {beginning[:40]!a} waits: webring ring requests")
    named = ", ".join(each.id[:16] for each in fitting)
    raise BadRequest(f"several requests begin so: say more of {named}")


async def _asker(opened: OpenRings, conn: Connection, who: str, *, lenient: bool) -> Asker:
    """A community by its id, or a site by its address."""
    if "://" in who:
        return askers.site(read_site_url(who, lenient=lenient))
    community = CommunityId.parse(who)
    own, base = opened.own, opened.base_url
    return await askers.community(conn, own, base, community.instance, community.slug)


def _who(request: StoredRequest) -> str:
    if request.community is None:
        return request.url
    return f"{request.community}:{request.instance}"


def _proposal_row(each: Proposal) -> tuple[object, ...]:
    return (
        each.sha256[:12],
        each.ring,
        each.sequence,
        each.proposer,
        each.state.value,
        each.reason,
    )


def _asked(request: StoredRequest) -> dict[str, Any]:
    at: Millis = request.at
    return {
        "id": request.id,
        "ring": request.ring,
        "who": _who(request),
        "kind": request.kind,
        "url": request.url,
        "title": request.title,
        "note": request.note,
        "state": request.state.value,
        "reason": request.reason,
        "member": request.member,
        "at": at,
    }


def _proposed(each: Proposal) -> dict[str, Any]:
    return {
        "ring": each.ring,
        "sequence": each.sequence,
        "sha256": each.sha256,
        "proposer": each.proposer,
        "state": each.state.value,
        "reason": each.reason,
        "at": each.at,
    }
