"""What a restore must not forget of vouches, and what it must not lose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from webring.clock import DAY
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, RoomId, Slug
from webring.storage import decisions, identity, own_vouches
from webring.storage.backup import backup
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.own_vouches import OwnAcceptance, OwnVouch
from webring.storage.restore import restore
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
LATER = NOW + DAY
SOIL, MOSS, HAY = Slug("soil"), RoomId("!moss"), CommunityId("hay:meadow.example")
Step = Callable[[Connection], Awaitable[object]]


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Database]:
    db = await Database.open("", data)
    try:
        yield db
    finally:
        await db.close()


async def say(tx: Connection, sentence: str, at: int) -> None:
    await own_vouches.put(tx, OwnVouch(SOIL, Vouch(sentence, MOSS), at))
    await own_vouches.accept(tx, OwnAcceptance(SOIL, AcceptedVouch(HAY, sentence), at))
    await log(tx, own_vouches.VOUCHED, own_vouches.ACCEPTED, at)


async def take_back(tx: Connection, at: int) -> None:
    await lose(tx)
    await log(tx, own_vouches.VOUCHED_NO_MORE, own_vouches.ACCEPTED_NO_MORE, at)


async def log(tx: Connection, said: str, agreed: str, at: int) -> None:
    for action, other in ((said, MOSS), (agreed, HAY)):
        target = own_vouches.target(SOIL, other)
        await decisions.log(tx, Decision(at, "operator", action, target, ""))


async def lose(tx: Connection) -> None:
    await own_vouches.remove(tx, SOIL, MOSS)
    await own_vouches.unaccept(tx, SOIL, HAY)


async def said_anew(tx: Connection) -> None:
    await take_back(tx, LATER)
    await say(tx, "Softer.", LATER + 1)


AFTERWARDS: dict[str, tuple[Step, list[str]]] = {
    "it stays": (lambda tx: say(tx, "Soft.", NOW), ["Soft."]),
    "another sentence is the last word": (lambda tx: say(tx, "Softer.", LATER), ["Softer."]),
    "what was taken back stays so": (lambda tx: take_back(tx, LATER), []),
    "what was said anew is said": (said_anew, ["Softer."]),
    "what was lost comes back": (lose, ["Soft."]),
}


@pytest.mark.parametrize("case", AFTERWARDS)
async def test_the_last_word_holds(case: str, tmp_path: Path) -> None:
    step, expected = AFTERWARDS[case]
    data = tmp_path / "data"
    identity.create(data)
    async with opened(data) as db:
        async with db.transaction() as tx:
            await say(tx, "Soft.", NOW)
        await backup(db, data, tmp_path / "backup", NOW)
        async with db.transaction() as tx:
            await step(tx)
    await restore(tmp_path / "backup", data, LATER)
    async with opened(data) as db:
        said = [each.vouch.sentence for each in await own_vouches.all(db.reader)]
        agreed = [each.accepted.sentence for each in await own_vouches.acceptances(db.reader)]
        assert (said, agreed) == (expected, expected)
