"""The ring of the sample instances, made as their operators would: by the ordinary commands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from webring.demo import commands
from webring.demo.instances import Place
from webring.demo.watching import Watcher

SLUG: Final = "by-hand"
TITLE: Final = "Made by Hand"
TERMS: Final = (
    *("--description", "Bread, boats, seams and small machines: people who make things, slowly."),
    *("--interest", "crafts", "--interest", "diy", "--policy", "open"),
    *("--criteria", "You make something with your hands, and tell others how."),
)
MEMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "meadow": ("slow-bread", "stoff-und-faden"),
        "harbour": ("small-boats", "shortwave"),
        "lantern": ("tiny-computers", "atelier-papier"),
    }
)
"""The communities that join, by the key of their instance."""
_UNSIGNED: Final = frozenset({"arrived", "held"})


class SampleRing:
    """The ring that the first instance founds, with all of them as its stewards."""

    def __init__(self, places: Sequence[Place], watcher: Watcher) -> None:
        self._places = places
        self._watcher = watcher
        self._founder = places[0]
        self.ring = f"{SLUG}:{self._founder.name}"
        self.page = f"{self._founder.base_url}/rings/{self.ring}"

    async def found(self) -> int:
        """Found it, and let the communities join; how many members it has then.

        What is done already is not done again: it goes on where it was interrupted. Raises
        `Unavailable` where a command fails, or the instances tell each other nothing.
        """
        if await self._sequence() is None:
            others = [part for place in self._places[1:] for part in ("--steward", place.name)]
            name = ("--name", TITLE)
            await commands.run(self._founder, "ring", "create", SLUG, *name, *TERMS, *others)
        await self._cosign(self._places[1])
        await asyncio.gather(*(self._join(place) for place in self._places))
        wanted = sum(map(len, MEMBERS.values()))
        await asyncio.gather(*(self._has(place, wanted) for place in self._places))
        return wanted

    async def _sequence(self) -> int | None:
        """The version that its founder has: 0 before enough have signed, None before it began."""
        known = await commands.answer(self._founder, "ring", "list")
        return next((each["sequence"] for each in known if each["ring"] == self.ring), None)

    async def _cosign(self, place: Place) -> None:
        """Sign the first version as another operator, once it has come."""

        async def asked() -> bool:
            if await self._sequence():
                return True
            waiting = (await commands.answer(place, "ring", "requests"))["versions"]
            unsigned = any(each["state"] in _UNSIGNED for each in waiting)
            if unsigned:
                await commands.run(place, "ring", "cosign", self.ring)
            return unsigned or any(each["state"] == "signed" for each in waiting)

        await commands.until(asked, f"{place.name} was not asked to sign {self.ring}")

    async def _join(self, place: Place) -> None:
        await self._has(place, 0)
        shown = await commands.answer(place, "ring", "show", self.ring)
        asked = (await commands.answer(place, "ring", "requests", self.ring))["requests"]
        there = {f"{each['community']}:{each['instance']}" for each in shown["members"]}
        there |= {each["who"] for each in asked}
        for community in MEMBERS[place.key]:
            if f"{community}:{place.name}" not in there:
                await commands.run(place, "ring", "join", self.ring, community, "--yes")

    async def _has(self, place: Place, members: int) -> None:
        """Wait until an instance has the ring, and sends people to so many members."""

        async def there() -> bool:
            found = await self._watcher.members(place.base_url, self.ring)
            return found is not None and found >= members

        await commands.until(
            there, f"{place.name} does not send people to {members} members of {self.ring}"
        )
