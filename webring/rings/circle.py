"""A circle in memory: who comes after whom, and who is asking. Pure; a hop is two look-ups.

The laws (`tests/unit/rings/test_circle.py`), for callers that are navigable: next then previous is
where one was, and a full walk visits every navigable slot once. A caller that is not navigable
continues from its slot, also after its removal. A lone navigable slot leads to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from webring.documents.ring_parts import MemberKind
from webring.names import CommunityId, RingId, ServerName, Slug
from webring.rings.places import MAX_URL, Address, read_address
from webring.rings.states import MemberState

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
REMEMBERED: Final = 1_024
"""Callers' addresses that need not be parsed again: the same sites ask again and again."""
_NONE: Final = -1
_AFTER_SCHEME: Final = len("https://")


@dataclass(frozen=True, slots=True)
class Slot:
    """A member's place in a circle. `url` is the ring document's, `title` raw text."""

    id: str
    url: str
    title: str
    kind: MemberKind
    instance: ServerName | None
    community: Slug | None
    state: MemberState

    @property
    def community_id(self) -> CommunityId | None:
        """The community that is the member; None for a site."""
        if self.instance is None or self.community is None:
            return None
        return CommunityId(f"{self.community}:{self.instance}")

    @property
    def navigable(self) -> bool:
        """Whether anybody is sent there."""
        return self.state.is_navigable


class Walk:
    """Slots in their order, closed to a circle.

    `ghosts` names for every member that is gone the member before it, slot or ghost ("" for the
    start); `past` their last URLs, where they are still known. `aliases` are further ids of slots.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        ghosts: Mapping[str, str] = NOBODY,
        past: Mapping[str, str] = NOBODY,
        aliases: Mapping[str, str] = NOBODY,
    ) -> None:
        self.slots = tuple(slots)
        self.ghosts = ghosts
        self.past = past
        self._at = {slot.id: at for at, slot in enumerate(self.slots)}
        self._at |= {alias: self._at[own] for alias, own in aliases.items() if own in self._at}
        self._ghosts = _resolved(ghosts, self._at, len(self.slots))
        self._open = [at for at, slot in enumerate(self.slots) if slot.navigable]
        self._rank = {at: rank for rank, at in enumerate(self._open)}
        self._after = _neighbours(range(len(self.slots) - 1, -1, -1), self._rank)
        self._before = _neighbours(range(len(self.slots)), self._rank)
        self._callers = _Callers(_urls(self.slots))
        self._past = _Callers((ghost, past[ghost]) for ghost in self._ghosts if ghost in past)

    def __len__(self) -> int:
        return len(self.slots)

    def get(self, member_id: str) -> Slot | None:
        """The slot of a member; None for a ghost or a stranger."""
        at = self._at.get(member_id)
        return None if at is None else self.slots[at]

    def next(self, member_id: str) -> Slot | None:
        """Where next leads from a member or a ghost; None for a stranger, or if nobody is left."""
        at = self._at.get(member_id)
        if at is None:
            at = self._ghosts.get(member_id)
        return None if at is None else self._slot(self._after[at])

    def previous(self, member_id: str) -> Slot | None:
        """Where previous leads from a member or a ghost; None as for `next`."""
        at = self._at.get(member_id)
        if at is not None:
            return self._slot(self._before[at])
        at = self._ghosts.get(member_id)
        if at is None:
            return None
        return self._slot(at if at in self._rank else self._before[at])

    def random(self, member_id: str | None, choose: Callable[[int], int]) -> Slot | None:
        """A navigable slot, never the caller's if there is another.

        `choose(n)` picks an integer from 0 below n.
        """
        rank = None if member_id is None else self._rank.get(self._at.get(member_id, _NONE))
        count = len(self._open)
        if rank is None or count == 1:
            return self.slots[self._open[choose(count)]] if count else None
        return self.slots[self._open[(rank + 1 + choose(count - 1)) % count]]

    def find(self, caller: str) -> str | None:
        """The id of the member or ghost that `caller` names by its id or its URL.

        A URL is matched by parsed host and path, never by prefix; one that could be several
        members' is nobody's.
        """
        if caller in self._at or caller in self._ghosts:
            return caller
        known = self._callers.by_url.get(caller)
        if known is not None:
            return known
        address = _address(caller[: MAX_URL + 1])
        if address is None:
            return None
        return self._callers.find(address) or self._past.find(address)

    def of_origin(self, origin: str) -> tuple[str, ...]:
        """The ids of all members whose URL has the host and port of `origin`, a URL.

        Ghosts only where no member is left there.
        """
        known = self._callers.by_origin.get(_origin(origin))
        if known is not None:
            return tuple(known)
        address = _address(origin[: MAX_URL + 1])
        if address is None:
            return ()
        return self._callers.of(address) or self._past.of(address)

    def _slot(self, at: int) -> Slot | None:
        return None if at == _NONE else self.slots[at]


class Circle(Walk):
    """A ring as it is walked: one version of it, on one day.

    `label` is the ring's name, raw text. A `stale` ring is still walked, and labelled; where it is
    `lapsed` nobody is sent anywhere, whatever its slots say.
    """

    def __init__(
        self,
        ring: RingId,
        root: str,
        slots: Sequence[Slot],
        ghosts: Mapping[str, str],
        version: int,
        label: str,
        stale: bool,
        *,
        past: Mapping[str, str] = NOBODY,
        lapsed: bool = False,
    ) -> None:
        super().__init__(slots, ghosts, past)
        self.ring = ring
        self.root = root
        self.version = version
        self.label = label
        self.stale = stale
        self.lapsed = lapsed

    def next(self, member_id: str) -> Slot | None:
        """See `Walk.next`."""
        return None if self.lapsed else super().next(member_id)

    def previous(self, member_id: str) -> Slot | None:
        """See `Walk.previous`."""
        return None if self.lapsed else super().previous(member_id)

    def random(self, member_id: str | None, choose: Callable[[int], int]) -> Slot | None:
        """See `Walk.random`."""
        return None if self.lapsed else super().random(member_id, choose)


class _Callers:
    """Ids by the addresses that they call from.

    `by_url` and `by_origin` know them as they are written in members' own URLs, which is how most
    write them: what stands there need not be parsed.
    """

    def __init__(self, urls: Iterable[tuple[str, str]]) -> None:
        self.by_url: dict[str, str] = {}
        self.by_origin: dict[str, list[str]] = {}
        self._exact: dict[Address, str] = {}
        self._loose: dict[object, list[str]] = {}
        self._origins: dict[object, list[str]] = {}
        for member_id, url in urls:
            address = read_address(url)
            if address is None:
                continue
            if address not in self._exact:
                self._exact[address] = member_id
                self._loose.setdefault(address.loose, []).append(member_id)
                self._origins.setdefault(address.origin, []).append(member_id)
            self.by_url[url] = self._exact[address]
            self.by_origin[_origin(url)] = self._origins[address.origin]

    def find(self, address: Address) -> str | None:
        """Whose address this is: exactly, or else loosely one member's and no other's."""
        exact = self._exact.get(address)
        if exact is not None:
            return exact
        loose = self._loose.get(address.loose, ())
        return loose[0] if len(loose) == 1 else None

    def of(self, address: Address) -> tuple[str, ...]:
        """Everybody of this address's origin."""
        return tuple(self._origins.get(address.origin, ()))


def _origin(url: str) -> str:
    """Scheme, host and port as they are written, where a slash ends them."""
    end = url.find("/", _AFTER_SCHEME)
    return url if end < 0 else url[:end]


_address = lru_cache(maxsize=REMEMBERED)(read_address)


def _urls(slots: Iterable[Slot]) -> list[tuple[str, str]]:
    """Ids and URLs. Whoever is navigable comes first: nobody steals a member's address by asking
    to join with it.
    """
    ranked = sorted(slots, key=lambda slot: not slot.navigable)
    return [(slot.id, slot.url) for slot in ranked]


def _neighbours(ats: Iterable[int], open_slots: Collection[int]) -> list[int]:
    """For each slot the open one that comes before it in the order of `ats`, around the circle."""
    order = list(ats)
    found = [_NONE] * len(order)
    last = next((at for at in reversed(order) if at in open_slots), _NONE)
    for at in order:
        found[at] = last
        if at in open_slots:
            last = at
    return found


def _resolved(ghosts: Mapping[str, str], at: Mapping[str, int], size: int) -> dict[str, int]:
    """For each ghost the slot that it stands behind, followed through further ghosts.

    Where that leads nowhere, or round and round, it stands at the start: behind the last.
    """
    found: dict[str, int] = {}
    for ghost in ghosts:
        trail: dict[str, None] = {}
        here = ghost
        while here not in at and here not in found and here in ghosts and here not in trail:
            trail[here] = None
            here = ghosts[here]
        place = at.get(here, found.get(here, size - 1))
        found |= dict.fromkeys(trail, place)
    return found if size else {}
