"""`webring ring join | leave | sleep | wake | move`: communities of ours in rings."""

from __future__ import annotations

from typing import Annotated

import typer

from webring.cli.arguments import operator
from webring.cli.command import command, group
from webring.cli.printing import say
from webring.cli.ring_arguments import CommunityArgument, RingArgument
from webring.cli.ring_setup import RingSetup
from webring.clock import now_ms
from webring.errors import Conflict
from webring.names import RingId, ServerName, Slug
from webring.rings.joinable import JoinFinding
from webring.rings.membership import Place
from webring.services import OpenRings

app = group("")

NoteOption = Annotated[str, typer.Option("--note", help="A word to the stewards.")]
ViaOption = Annotated[
    str,
    typer.Option("--via", help="An instance, or a base URL, that holds the ring; to find it by."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command(
    app,
    "join",
    examples=[
        "webring ring join soil:commune.example vegetables",
        'webring ring join soil:commune.example vegetables --note "We mow twice a year."',
    ],
)
async def join(
    setup: RingSetup,
    ring: RingArgument,
    community: CommunityArgument,
    note: NoteOption = "",
    via: ViaOption = "",
    yes: YesOption = False,
) -> None:
    """Let a community of this instance ask for a place in a ring.

    The ring is looked up first, and what is missing is named. This instance's manifest then names
    the ring, which is the community's half of the consent; the stewards are asked for the other.
    """
    name, slug = RingId.parse(ring), Slug.parse(community)
    async with setup.rings() as opened:
        followed = await opened.rings.following.follow(name, via)
        if followed.head is None:
            raise Conflict(f"{name} could not be had: {followed.why}")
        now = now_ms()
        found = await opened.rings.memberships.check_join(opened.db.reader, name, slug, now)
        _tell(found)
        blocked = any(each.blocks for each in found)
        if not blocked and not yes and followed.head.terms.criteria:
            typer.confirm("Does the community meet these criteria?", abort=True)
        async with opened.db.transaction() as tx:
            asked = await opened.rings.memberships.join(
                tx, name, slug, note, operator(), now_ms(), decides=True
            )
    say(f"{slug} has asked {name}: {asked.state.value}. {asked.reason}".rstrip())
    _then(opened, name, asked.member)


@command(app, "leave", examples=["webring ring leave soil:commune.example vegetables"])
async def leave(setup: RingSetup, ring: RingArgument, community: CommunityArgument) -> None:
    """Leave a ring, at once and without anybody's permission."""
    name, slug = RingId.parse(ring), Slug.parse(community)
    async with setup.rings() as opened, opened.db.transaction() as tx:
        told = await opened.rings.memberships.leave(tx, name, slug, operator(), now_ms())
    say(f"{slug} has left {name}; stewards that are told: {told}.")


@command(app, "sleep", examples=["webring ring sleep soil:commune.example vegetables"])
async def sleep(setup: RingSetup, ring: RingArgument, community: CommunityArgument) -> None:
    """Keep a community's slot, and let nobody be sent there meanwhile."""
    name, slug = RingId.parse(ring), Slug.parse(community)
    async with setup.rings() as opened, opened.db.transaction() as tx:
        told = await opened.rings.memberships.sleep(tx, name, slug, operator(), now_ms())
    say(f"{slug} falls asleep in {name}; other stewards that are told: {told}.")


@command(app, "wake", examples=["webring ring wake soil:commune.example vegetables"])
async def wake(setup: RingSetup, ring: RingArgument, community: CommunityArgument) -> None:
    """Let people be sent to a sleeping community again."""
    name, slug = RingId.parse(ring), Slug.parse(community)
    async with setup.rings() as opened, opened.db.transaction() as tx:
        told = await opened.rings.memberships.wake(tx, name, slug, operator(), now_ms())
    say(f"{slug} wakes up in {name}; other stewards that are told: {told}.")


@command(
    app,
    "move",
    examples=[
        "webring ring move soil:commune.example vegetables --url https://garden.example/new",
        "webring ring move soil:commune.example vegetables --instance other.example",
    ],
)
async def move(
    setup: RingSetup,
    ring: RingArgument,
    community: CommunityArgument,
    url: Annotated[str, typer.Option("--url", help="Its new address.")] = "",
    instance: Annotated[
        str, typer.Option("--instance", help="The instance that it moves to.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="Its id there, if another.")] = "",
) -> None:
    """Move a member: its slot, its id and its history go with it.

    To another instance: that one pledges it first, by `webring ring join RING COMMUNITY` there.
    """
    name, slug = RingId.parse(ring), Slug.parse(community)
    place = Place(
        url=url,
        instance=ServerName.parse(instance) if instance else None,
        community=Slug.parse(to) if to else None,
    )
    async with setup.rings() as opened, opened.db.transaction() as tx:
        there = await opened.rings.memberships.move(tx, name, slug, place, operator(), now_ms())
    say(f"{slug} moves to {there} in {name}, once its stewards have seen both ends.")


def _tell(found: list[JoinFinding]) -> None:
    for each in found:
        mark = "missing" if each.blocks else "note"
        say(f"{mark}: {each.why} {each.mend}".rstrip())


def _then(opened: OpenRings, ring: RingId, member: str) -> None:
    if member:
        say(f"How it stands: {opened.base_url}/rings/{ring}/{member}")
        say(f"What to paste: {opened.base_url}/rings/{ring}/{member}/embed")
