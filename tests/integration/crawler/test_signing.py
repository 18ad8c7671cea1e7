"""Who may sign: what was found is stored, and whatever waited for it is due."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.crawler.signing import AGAIN, FIRST_AGAIN, SURE_FOR, Signing
from webring.documents.keys import SigningKey
from webring.errors import IdentityOff
from webring.matrix.federation import MatrixIdentity
from webring.matrix.ownership import Ownership
from webring.names import ServerName
from webring.storage import homeservers
from webring.storage.database import Database
from webring.storage.homeservers import Candidate, HomeserverResult

pytestmark = pytest.mark.anyio
NOW: Millis = 1_790_000_000_000
IDENTITY = MatrixIdentity(ServerName("ring.example"), SigningKey.generate("ed25519:a"))
OURS = Ownership("")
ANOTHERS = Ownership("the key server of ring.example answers for another server")
SILENT = Ownership("the key server of ring.example cannot be asked", answered=False)


@dataclass
class World:
    """The key server as it answers, and processes that look at it."""

    db: Database
    answer: Ownership = OURS
    now: Millis = NOW
    asked: int = 0
    process: Signing = field(init=False)

    def __post_init__(self) -> None:
        self.process = self.start()

    def start(self, identity: MatrixIdentity = IDENTITY) -> Signing:
        return Signing(self.db, identity, self._ask, lambda: self.now)

    async def _ask(self) -> Ownership:
        self.asked += 1
        return self.answer

    async def signs(self, process: Signing | None = None) -> bool:
        try:
            return bool(await (process or self.process).identity())
        except IdentityOff:
            return False


@pytest.fixture
def here(db: Database) -> World:
    return World(db)


async def test_nobody_signs_before_somebody_has_looked(here: World) -> None:
    assert await here.process.certainty() is None
    with pytest.raises(IdentityOff, match="not made sure yet"):
        await here.process.identity()
    assert here.asked == 0, "nothing is asked in the middle of a request"
    assert await here.process.make_sure()
    assert await here.process.identity() == IDENTITY


async def test_what_another_answers_for_is_never_signed(here: World) -> None:
    here.answer = ANOTHERS
    assert not await here.process.make_sure()
    with pytest.raises(IdentityOff, match="answers for another server"):
        await here.process.identity()


async def test_every_process_goes_by_what_one_has_found(here: World) -> None:
    other = here.start()
    await here.process.make_sure()
    assert await here.signs(other)
    here.answer, here.now = ANOTHERS, NOW + MINUTE
    await other.make_sure()
    assert not await here.signs()


async def test_another_name_or_key_has_to_be_looked_at_itself(here: World) -> None:
    await here.process.make_sure()
    for changed in (
        replace(IDENTITY, server_name=ServerName("new.example")),
        replace(IDENTITY, key=SigningKey.generate("ed25519:b")),
    ):
        assert await here.start(changed).certainty() is None


async def test_a_start_looks_at_once_and_then_on_a_schedule(here: World) -> None:
    await here.process.make_sure()
    here.now += AGAIN - 1
    await here.process.make_sure()
    assert here.asked == 1
    here.now += 1
    await here.process.make_sure()
    assert here.asked == 2
    await here.start().make_sure()
    assert here.asked == 3


async def test_where_nobody_answers_we_ask_again_soon_and_then_seldom(here: World) -> None:
    here.answer = SILENT
    pauses = []
    for _ in range(12):
        before, began = here.asked, here.now
        while here.asked == before:
            await here.process.make_sure()
            here.now += SECOND
        pauses.append(here.now - began)
    assert pauses[1] == FIRST_AGAIN
    assert pauses == sorted(pauses)
    assert pauses[-1] == AGAIN


async def test_a_moment_of_silence_ends_nothing_and_a_long_one_does(here: World) -> None:
    await here.process.make_sure()
    here.answer, here.now = SILENT, NOW + AGAIN
    await here.process.make_sure()
    assert await here.signs()
    here.now = NOW + SURE_FOR
    assert not await here.signs()


async def visited(db: Database, name: str, state: str, way: str | None) -> None:
    server = ServerName(name)
    async with db.transaction() as tx:
        await homeservers.add(tx, [Candidate(server, name, "seed")], NOW, NOW)
        job = await homeservers.claim_one(tx, server, "test", NOW, HOUR)
        assert job is not None
        result = HomeserverResult(
            state, way, {}, {}, 0, False, 0, HOUR, NOW + DAY, answered=True, changed=False
        )
        await homeservers.finish(tx, job, result, NOW)


async def test_what_waited_for_a_signature_is_due_once_we_sign(here: World) -> None:
    here.answer = ANOTHERS
    await here.process.make_sure()
    await visited(here.db, "waiting.example", "identity", None)
    await visited(here.db, "closed.example", "closed", None)
    await visited(here.db, "clients.example", "open", "client")
    await visited(here.db, "signed.example", "open", "federation")
    here.answer, here.now = OURS, NOW + AGAIN
    assert await here.process.make_sure()
    rows = {row.name: (row.next_at, row.way) for row in await homeservers.all(here.db.reader)}
    assert rows == {
        "waiting.example": (here.now, None),
        "closed.example": (NOW + DAY, None),
        "clients.example": (NOW + DAY, None),
        "signed.example": (NOW + DAY, "federation"),
    }
