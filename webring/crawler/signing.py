"""The right to sign Matrix requests: made sure of on a schedule, written down, and read where used.

Nothing is ever signed as a server whose keys are not ours. What was found is stored, so that every
process, `webring check` and the pages go by the same; nobody asks in the middle of a request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.errors import IdentityOff
from webring.matrix.client import FEDERATION
from webring.matrix.federation import MatrixIdentity
from webring.matrix.ownership import Ownership
from webring.names import ServerName
from webring.storage import facts, homeservers
from webring.storage.database import Database
from webring.storage.sql import Connection

SURE_FOR: Final[Millis] = 15 * MINUTE
"""How long an answer is relied on, while nobody can be asked again."""
AGAIN: Final[Millis] = 5 * MINUTE
FIRST_AGAIN: Final[Millis] = 2 * SECOND
"""How soon we ask again where there was no answer: a start is faster than its proxy."""
UNSIGNED: Final = "identity"
"""The state of a homeserver that could not be asked by a signed request."""
_FACT: Final = "matrix_identity"
_DOUBLINGS: Final = 16

Ask = Callable[[], Awaitable[Ownership]]


@dataclass(frozen=True, slots=True)
class Certainty:
    """What is known of our Matrix identity: a server name, and the id of the key that signs as it.

    `asked_at` and `sure_at` are when it was looked at, and when it was found to be ours; None once
    it was found not to be. `why` is what was wrong at the last look, if anything.
    """

    name: ServerName
    key: str
    asked_at: Millis
    sure_at: Millis | None
    why: str

    def is_sure(self, now: Millis) -> bool:
        """Whether we may sign."""
        return self.sure_at is not None and 0 <= now - self.sure_at < SURE_FOR

    def is_known(self, now: Millis) -> bool:
        """Whether it was looked at lately, whatever was found."""
        return 0 <= now - self.asked_at < SURE_FOR


def judge(
    before: Certainty | None, owned: Ownership, identity: MatrixIdentity, now: Millis
) -> Certainty:
    """What is known after another look. No answer leaves what was known, until that is too old."""
    sure_at = None if owned.why else now
    if not owned.answered and before is not None and before.is_sure(now):
        sure_at = before.sure_at
    return Certainty(identity.server_name, identity.key.id, now, sure_at, owned.why)


class Signing:
    """Who we are to homeservers, while we are sure of it."""

    def __init__(self, db: Database, identity: MatrixIdentity, ask: Ask, clock: Clock) -> None:
        self._db = db
        self._identity = identity
        self._ask = ask
        self._clock = clock
        self._asked = False
        self._silent = 0

    async def identity(self) -> MatrixIdentity:
        """What signs; raises `IdentityOff` while we are not sure."""
        known = await self.certainty()
        if known is None:
            name = self._identity.server_name
            raise IdentityOff(f"we have not made sure yet that the keys of {name} are ours")
        if not known.is_sure(self._clock()):
            raise IdentityOff(f"our requests are not signed: {known.why}")
        return self._identity

    async def certainty(self) -> Certainty | None:
        """What is known; None where nobody has looked lately."""
        known = await self._stored(self._db.reader)
        return known if known is not None and known.is_known(self._clock()) else None

    async def make_sure(self) -> bool:
        """Look again where it is time; whether we may sign now, and could not before.

        The first call of a process always looks. Whatever waited for a signature is due then.
        """
        before = await self._stored(self._db.reader)
        if self._asked and before and 0 <= self._clock() - before.asked_at < self._pause():
            return False
        self._asked = True
        owned = await self._ask()
        self._silent = 0 if owned.answered else self._silent + 1
        now = self._clock()
        after = judge(before, owned, self._identity, now)
        begins = after.is_sure(now) and not (before is not None and before.is_sure(now))
        async with self._db.transaction() as tx:
            await facts.put(tx, _FACT, _stored(after))
            if begins:
                await homeservers.hasten_state(tx, UNSIGNED, now)
                await homeservers.forget_ways(tx, FEDERATION)
        return begins

    def _pause(self) -> Millis:
        silent = min(self._silent, _DOUBLINGS)
        return min(FIRST_AGAIN << (silent - 1), AGAIN) if silent else AGAIN

    async def _stored(self, conn: Connection) -> Certainty | None:
        """What was found of this name and this key, however long ago."""
        value: dict[str, Any] | None = await facts.get(conn, _FACT)
        ours = (self._identity.server_name, self._identity.key.id)
        if value is None or (value["name"], value["key"]) != ours:
            return None
        return Certainty(*ours, value["asked_at"], value["sure_at"], value["why"])


def _stored(known: Certainty) -> dict[str, Any]:
    return {
        "name": known.name,
        "key": known.key,
        "asked_at": known.asked_at,
        "sure_at": known.sure_at,
        "why": known.why,
    }
