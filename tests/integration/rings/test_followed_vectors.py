"""The golden vectors of chains, offered over HTTP: they end as they do in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.rings.kept import keep
from tests.integration.rings.ring_peers import RingWorld, ring_world
from tests.vectors.world import FIRST, FOREST, GARDEN, THIRD
from webring.documents.ring import Ring, read_ring, with_members
from webring.names import RingId
from webring.storage import ring_versions, rings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
FILE: Final = Path(__file__).parents[2] / "vectors/chains.json"
CHAINS: Final[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
OFFERS: Final = {each["name"]: each for each in CHAINS["offers"]}
PAGES: Final[dict[str, bytes]] = {
    sha256: body.encode()
    for replay in CHAINS["replays"]
    for sha256, body in replay["pages"].items()
    if body is not None
}
SOIL: Final = RingId("soil:garden.example")
NOT_SERVED: Final = {
    "first sight of version 2": "not_served",
    "a chain with a hole": "not_served",
    "too far ahead": "not_served",
}
"""Where a version is missing that is asked for: nothing that was offered is judged then."""


def version(name: str) -> Ring:
    return read_ring(CHAINS["versions"][name].encode())


async def hold(here: RingWorld, pinned: str) -> None:
    """Hold a version and those before it."""
    sequence = version(pinned).sequence
    async with here.db.transaction() as tx:
        await ring_versions.put_pages(tx, SOIL, PAGES)
    for name in [str(number) for number in range(1, sequence)] + [pinned]:
        await keep(here.db, with_members(version(name), PAGES))


@pytest.mark.parametrize("name", OFFERS)
async def test_an_offer_over_http(db: Database, name: str) -> None:
    offer = OFFERS[name]
    async with ring_world(db, names=(FOREST,), ring=SOIL) as here:
        here.times[0] = offer["now"]
        await here.know(GARDEN, key=FIRST if offer["founder"] else THIRD)
        if offer["pinned"]:
            await hold(here, offer["pinned"])
        mirror = here.instances[FOREST]
        mirror.serve(*map(version, offer["versions"]), pages=False)
        for sha256, body in PAGES.items():
            mirror.answer(f"/webring/v1/pages/{sha256}", body)
        found = await here.following.follow(SOIL, via=mirror.base)
        stored = await rings.get(db.reader, SOIL)
        assert found.outcome == NOT_SERVED.get(name, offer["expected"]), found.why
        assert (stored.sha256 if stored else "") == offer["head"]
        assert bool(await here.evidence()) is offer["evidence"]
