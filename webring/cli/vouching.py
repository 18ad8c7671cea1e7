"""`webring vouch`: what communities of this instance say of others, and others of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from webring.cli.arguments import operator
from webring.cli.command import Setup, command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.cli.ring_arguments import CommunityArgument
from webring.clock import now_ms
from webring.names import CommunityId, Slug
from webring.rings.circles import Circles
from webring.rings.vouch_desk import Heard, Said, VouchDesk
from webring.rings.vouching import Counting
from webring.storage.database import Database

app = group(
    "Vouches: what your communities say of others, and others of them.",
    example='webring vouch add vegetables "#moss:forest.example" "Quiet people. Visit in May."',
)

PlaceArgument = Annotated[
    str,
    typer.Argument(
        help="A community (slug:instance), a room id (!...), an alias that is known here (#...), "
        "or the https address of a site.",
        metavar="TARGET",
    ),
]
VoucherArgument = Annotated[
    str, typer.Argument(help="The community that vouches, as slug:instance.", metavar="FROM")
]
OptionalCommunity = Annotated[
    str, typer.Argument(help="Only this community's.", metavar="COMMUNITY", show_default=False)
]
_SOON = "A running webring serve publishes that within seconds."


@command(
    app,
    "add",
    examples=[
        'webring vouch add vegetables moss:forest.example "Quiet people. Visit in May."',
        'webring vouch add vegetables https://bread.example/ "The best sourdough for miles."',
    ],
)
async def add(
    setup: DatabaseSetup,
    community: CommunityArgument,
    target: PlaceArgument,
    sentence: Annotated[str, typer.Argument(help="What it says of them.", metavar="SENTENCE")],
) -> None:
    """Let a community say a sentence about another place.

    It replaces what the community said of it before. The sentence is shown where both have a part
    in it: they vouch back, stand in the same ring, or agree to it; until then it is only counted.
    """
    async with setup.database() as db, db.transaction() as tx:
        vouch = await _desk(setup).add(tx, Slug.parse(community), target, sentence, now_ms())
    say(f"{community} vouches for {vouch.room_id or vouch.url}: {vouch.sentence}")
    say(_SOON)


@command(app, "list", examples=["webring vouch list", "webring vouch list vegetables --json"])
async def list_(
    setup: DatabaseSetup, community: OptionalCommunity = "", as_json: AsJson = False
) -> None:
    """Show what your communities say, and where it counts."""
    slug = Slug.parse(community) if community else None
    async with setup.database() as db:
        said = await _desk(setup).said(db.reader, _circles(setup, db), slug)
    if as_json:
        print_json([_said(each) for each in said])
        return
    print_table(
        ["community", "vouches for", "since", "shown", "sentence"],
        [
            (
                each.own.community,
                each.own.vouch.room_id or each.own.vouch.url,
                when(each.own.at),
                _shown(each.counting),
                each.own.vouch.sentence,
            )
            for each in said
        ],
        empty="Nothing is said of anybody: webring vouch add",
    )


@command(app, "remove", examples=["webring vouch remove vegetables moss:forest.example"])
async def remove(setup: DatabaseSetup, community: CommunityArgument, target: PlaceArgument) -> None:
    """Take a vouch back.

    A place that is not known here any more is named by its room id, as `list` shows it.
    """
    async with setup.database() as db, db.transaction() as tx:
        vouch = await _desk(setup).remove(tx, Slug.parse(community), target, now_ms())
    say(f"{community} vouches for {vouch.room_id or vouch.url} no more. {_SOON}")


@command(app, "received", examples=["webring vouch received vegetables"])
async def received(
    setup: DatabaseSetup, community: CommunityArgument, as_json: AsJson = False
) -> None:
    """Show what others say of a community, and what of it is shown."""
    async with setup.database() as db:
        heard = await _desk(setup).heard(db.reader, _circles(setup, db), Slug.parse(community))
    if as_json:
        print_json([_heard(each) for each in heard])
        return
    print_table(
        ["from", "name", "shown", "sentence"],
        [
            (each.voucher.id, each.voucher.name, _heard_shown(each), each.vouch.sentence)
            for each in heard
        ],
        empty="Nobody who is spoken for says anything of it.",
    )


@command(app, "accept", examples=["webring vouch accept vegetables hay:meadow.example"])
async def accept(
    setup: DatabaseSetup, community: CommunityArgument, voucher: VoucherArgument
) -> None:
    """Agree to what another community says of one of yours.

    The sentence is then shown, here and on every instance. One that changes has to be agreed to
    anew.
    """
    name = CommunityId.parse(voucher)
    async with setup.database() as db, db.transaction() as tx:
        accepted = await _desk(setup).accept(tx, Slug.parse(community), name, now_ms())
    say(f"{community} agrees to what {name} says: {accepted.sentence}")
    say(_SOON)


@command(app, "unaccept", examples=["webring vouch unaccept vegetables hay:meadow.example"])
async def unaccept(
    setup: DatabaseSetup, community: CommunityArgument, voucher: VoucherArgument
) -> None:
    """Take an agreement back.

    Unless they vouch for each other or are in one ring, the sentence is only counted then.
    """
    name = CommunityId.parse(voucher)
    async with setup.database() as db, db.transaction() as tx:
        await _desk(setup).unaccept(tx, Slug.parse(community), name, now_ms())
    say(f"{community} agrees no more to what {name} says. {_SOON}")


def _desk(setup: Setup) -> VouchDesk:
    return VouchDesk(setup.settings.instance.name, operator())


def _circles(setup: Setup, db: Database) -> Circles:
    return Circles(db, now_ms, loopback=setup.settings.is_testing)


def _shown(counting: Counting | None) -> str:
    if counting is None:
        return "no"
    return f"ring {counting.circle.ring}" if counting.circle else counting.reason.value


def _heard_shown(heard: Heard) -> str:
    return "accepted" if heard.accepted and heard.counting is None else _shown(heard.counting)


def _said(each: Said) -> dict[str, Any]:
    vouch = each.own.vouch
    return {
        "community": each.own.community,
        "room_id": vouch.room_id,
        "url": vouch.url or None,
        "sentence": vouch.sentence,
        "at": each.own.at,
        **_why(each.counting),
    }


def _heard(each: Heard) -> dict[str, Any]:
    return {
        "from": each.voucher.id,
        "name": each.voucher.name,
        "sentence": each.vouch.sentence,
        "accepted": each.accepted,
        **_why(each.counting),
    }


def _why(counting: Counting | None) -> dict[str, Any]:
    return {
        "reason": counting.reason.value if counting else None,
        "ring": counting.circle.ring if counting and counting.circle else None,
    }
