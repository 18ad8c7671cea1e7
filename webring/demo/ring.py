"""The ring of the sample instances, made as their operators would: by the ordinary commands."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from webring.demo.children import environment
from webring.demo.instances import Place
from webring.demo.watching import Watcher
from webring.errors import Unavailable

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
PATIENCE: Final = 60.0
"""Seconds that each step may take until the instances have told each other."""
LOOK_AGAIN: Final = 0.5


class SampleRing:
    """The ring that the first instance founds, with all of them as its stewards."""

    def __init__(self, places: Sequence[Place], watcher: Watcher) -> None:
        self._places = places
        self._watcher = watcher
        self._founder = places[0]
        self.ring = f"{SLUG}:{self._founder.name}"
        self.page = f"{self._founder.base_url}/rings/{self.ring}"

    async def is_known(self) -> bool:
        """Whether it was founded before: then it is its operators' own."""
        known = await _answer(self._founder, "ring", "list")
        return any(each["ring"] == self.ring for each in known)

    async def found(self) -> int:
        """Found it, and let the communities join; how many members it has then.

        Raises `Unavailable` where a command fails, or the instances tell each other nothing.
        """
        others = [part for place in self._places[1:] for part in ("--steward", place.name)]
        await _run(self._founder, "ring", "create", SLUG, "--name", TITLE, *TERMS, *others)
        await self._cosign(self._places[1])
        await asyncio.gather(*(self._join(place) for place in self._places))
        wanted = sum(map(len, MEMBERS.values()))
        await asyncio.gather(*(self._has(place, wanted) for place in self._places))
        return wanted

    async def _cosign(self, place: Place) -> None:
        """Sign the first version as another operator, once it has come."""

        async def asked() -> bool:
            return bool((await _answer(place, "ring", "requests"))["versions"])

        await _until(asked, f"{place.name} was not asked to sign {self.ring}")
        await _run(place, "ring", "cosign", self.ring)

    async def _join(self, place: Place) -> None:
        await self._has(place, 0)
        for community in MEMBERS[place.key]:
            await _run(place, "ring", "join", self.ring, community, "--yes")

    async def _has(self, place: Place, members: int) -> None:
        """Wait until an instance has the ring, and sends people to so many members."""

        async def there() -> bool:
            found = await self._watcher.members(place.base_url, self.ring)
            return found is not None and found >= members

        await _until(
            there, f"{place.name} does not send people to {members} members of {self.ring}"
        )


async def _until(good: Callable[[], Awaitable[bool]], why: str) -> None:
    """Look until something is so; `Unavailable` with `why` where it does not come to be."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await good():
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(f"{why} within {PATIENCE:g} s")
        await asyncio.sleep(LOOK_AGAIN)


async def _answer(place: Place, *arguments: str) -> Any:
    """What a command of an instance's operator prints as JSON."""
    return msgspec.json.decode(await _run(place, *arguments, "--json"))


async def _run(place: Place, *arguments: str) -> bytes:
    """What a command prints; `Unavailable` where it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "webring", *arguments, "--config", str(place.config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    try:
        printed, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        why = said.decode("utf-8", "replace").strip()
        raise Unavailable(f"webring {' '.join(arguments[:2])} failed at {place.name}: {why}")
    return printed
