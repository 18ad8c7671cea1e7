"""Communities of several instances that vouch for each other, and a ring that some are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.rooms import child, claim
from tests.integration.rings.kept import keep
from tests.unit.documents import ring_world as w
from webring.directory.listing import Claim
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.ring import Ring, RingMember, community_member_id
from webring.names import CommunityId, RoomAlias, RoomId, ServerName, Slug
from webring.rings.circles import Circles
from webring.rings.neighbours import Neighbours, neighbours
from webring.rings.states import MemberState
from webring.storage import communities, listings
from webring.storage.database import Database

ROOT = w.first()
NOW = w.NOW + 2


def room_of(name: str) -> RoomId:
    """The room of the community `slug:instance`."""
    return RoomId(f"!{name}")


def place(
    name: str, /, *said: Vouch, accepts: Sequence[AcceptedVouch] = (), **changes: Any
) -> Claim:
    """A community `slug:instance` that says this of others, and agrees to that."""
    slug, _, instance = name.partition(":")
    values = {
        "name": slug.title(),
        "alias": RoomAlias(f"#{slug}:{instance}"),
        "vouches": said,
        "accepted_vouches": tuple(accepts),
        "url": "",
        **changes,
    }
    return claim(name, room_of(name), **values)


def praise(name: str, sentence: str = "") -> Vouch:
    """A vouch for the community `slug:instance`."""
    return Vouch(sentence or f"Good people at {name}.", room_of(name))


def member(name: str) -> RingMember:
    """The community as the ring lists it."""
    slug, _, instance = name.partition(":")
    return replace(
        w.community(1, ROOT.sha256, instance=ServerName(instance)),
        id=community_member_id(ROOT.sha256, ServerName(instance), Slug(slug)),
        community=Slug(slug),
        url=f"https://{instance}/{slug}",
    )


def ring_of(*members: RingMember, number: int = 1) -> Ring:
    """A version of the ring with these members."""
    return w.after(ROOT, members=members, now=w.NOW + number)


@dataclass
class Here:
    """An instance that knows them all."""

    db: Database

    async def know(self, *claims: Claim) -> None:
        """Make these all that each of their instances presents."""
        by_instance: dict[ServerName, list[Claim]] = {}
        for each in claims:
            by_instance.setdefault(each.id.instance, []).append(each)
        async with self.db.transaction() as tx:
            for instance, theirs in by_instance.items():
                judged = [(each, dict[str, object](), NOW) for each in theirs]
                touched = await communities.apply(tx, instance, judged, 0)
                await listings.refresh(tx, touched, NOW)

    async def circle(
        self, *members: RingMember, states: Mapping[str, MemberState] | None = None
    ) -> None:
        """A ring lists these; active but for `states`."""
        await keep(self.db, ring_of(*members), states or {}, now=NOW)

    async def look(self, name: str, *, adult: bool = False) -> Neighbours:
        """The neighbours of a community."""
        circles = Circles(self.db, lambda: NOW)
        await circles.refresh()
        found = await communities.get(self.db.reader, CommunityId(name))
        assert found is not None
        return await neighbours(self.db.reader, circles, found, adult=adult)


def shared_space(name: str, /, *rooms: str, **changes: Any) -> Claim:
    """A community whose space holds these rooms."""
    return place(name, rooms=tuple(map(child, rooms)), **changes)
