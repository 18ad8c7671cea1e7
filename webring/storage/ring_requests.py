"""Wishes to join a ring: who asked, what was decided, by whom and why. Invitations as well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from webring.clock import DAY, Millis
from webring.documents.message import is_id
from webring.names import RingId, ServerName, Slug
from webring.storage import ring_models as models
from webring.storage.models import NAME
from webring.storage.sql import Connection, rows
from webring.storage.table import Table

KEPT: Final[Millis] = 365 * DAY
"""How long a request that was decided is remembered."""

_requests: Final = Table(models.RingRequest)


class RequestState(StrEnum):
    """How a request stands. `passed` went on to the stewards, and is decided there."""

    PENDING = "pending"
    PASSED = "passed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INVITED = "invited"
    WITHDRAWN = "withdrawn"


OPEN: Final = (RequestState.PENDING, RequestState.PASSED)
"""The states of requests that nobody has decided yet."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request of a community (`instance` and `community`) or of a site (`url`).

    `instance` of a site's is the one that passed it on, None where it asked here. `id` is its
    message's, or 128 random bits; `member` the id that it has or will have; `origin` how it came
    (message, form, command); `title` and `note` are raw text. `code`, `decider` and `reason` tell
    the decision.
    """

    id: str
    ring: RingId
    root: str
    kind: str
    instance: ServerName | None
    community: Slug | None
    url: str
    title: str
    note: str
    origin: str
    state: RequestState
    member: str
    at: Millis
    code: str = ""
    decider: str = ""
    reason: str = ""
    decided_at: Millis | None = None


_HEX: Final = frozenset("0123456789abcdef")
_FIELDS: Final = tuple(StoredRequest.__dataclass_fields__)


async def add(tx: Connection, request: StoredRequest) -> bool:
    """Keep a request; False if its id is there already, which stays as it is."""
    if await get(tx, request.id):
        return False
    values: dict[str, object] = {name: getattr(request, name) for name in _FIELDS}
    await _requests.insert(tx, [values | {"state": request.state.value}], keep=True)
    return True


async def get(conn: Connection, request_id: str) -> StoredRequest | None:
    """One request; None for what is no id as well."""
    if not is_id(request_id):
        return None
    row = await _requests.get(conn, "id = ?", request_id)
    return _read(row) if row else None


async def beginning(conn: Connection, letters: str, limit: int = 10) -> list[StoredRequest]:
    """Undecided requests whose id begins so; none for what no id begins with."""
    if not letters or not set(letters) <= _HEX:
        return []
    where = "state IN ('pending', 'passed', 'invited') AND substr(id, 1, ?) = ?"
    found = await _requests.select(
        conn, where, [len(letters), letters, limit], tail="ORDER BY at, id LIMIT ?"
    )
    return [_read(row) for row in found]


async def of_member(conn: Connection, ring: RingId, member: str) -> list[StoredRequest]:
    """What was asked for one member, newest first."""
    where, tail = "ring = ? AND member = ?", "ORDER BY at DESC, id"
    return [_read(row) for row in await _requests.select(conn, where, [ring, member], tail=tail)]


async def in_state(
    conn: Connection, state: RequestState, ring: RingId | None = None, limit: int = 1_000
) -> list[StoredRequest]:
    """Requests in one state, of one ring or of all, oldest first."""
    where = "state = ?" if ring is None else "state = ? AND ring = ?"
    values: list[object] = [state.value, *([] if ring is None else [ring]), limit]
    found = await _requests.select(conn, where, values, tail="ORDER BY at, id LIMIT ?")
    return [_read(row) for row in found]


async def of_ring(conn: Connection, ring: RingId, limit: int = 1_000) -> list[StoredRequest]:
    """Every request for a ring, newest first."""
    tail = "ORDER BY at DESC, id LIMIT ?"
    found = await _requests.select(conn, "ring = ?", [ring, limit], tail=tail)
    return [_read(row) for row in found]


async def of_community(
    conn: Connection, ring: RingId, instance: ServerName, community: Slug, limit: int = 50
) -> list[StoredRequest]:
    """What was asked for one community in one ring, newest first."""
    where = "ring = ? AND instance = ? AND community = ?"
    values: list[object] = [ring, instance, community, limit]
    found = await _requests.select(conn, where, values, tail="ORDER BY at DESC, id LIMIT ?")
    return [_read(row) for row in found]


async def asked_by(conn: Connection, instance: ServerName) -> set[tuple[Slug, RingId]]:
    """The communities of an instance for which something was asked, and in which rings."""
    statement = (
        "SELECT DISTINCT community, ring FROM ring_request "
        "WHERE instance = ? AND community IS NOT NULL"
    )
    return {(Slug(row[0]), RingId(row[1])) for row in await rows(conn, statement, [instance])}


async def count_open(conn: Connection, ring: RingId) -> int:
    """How many requests for a ring wait."""
    return await _requests.count(conn, "ring = ? AND state IN ('pending', 'passed')", [ring])


async def waiting(conn: Connection) -> list[StoredRequest]:
    """Every request that nobody has decided, of all rings, oldest first."""
    found = await _requests.select(conn, "state IN ('pending', 'passed')", tail="ORDER BY at, id")
    return [_read(row) for row in found]


async def untold(conn: Connection) -> list[StoredRequest]:
    """Decided requests that came by a message whose sender is not told of the decision yet."""
    found = await rows(
        conn,
        "SELECT ring_request.id FROM ring_request JOIN message ON message.message = "
        "ring_request.id AND message.instance = ring_request.instance "
        "WHERE message.state = 'waiting' AND message.kind = 'join' "
        "AND ring_request.state NOT IN ('pending', 'passed')",
    )
    requests = [await get(conn, str(row[0])) for row in found]
    return [each for each in requests if each is not None]


async def rename(tx: Connection, request_id: str, new_id: str, note: str) -> bool:
    """Give a request that was asked anew the id and the note of the later message; False where
    that id is taken, or the request is gone.
    """
    if await get(tx, new_id):
        return False
    changes = {"id": new_id, "note": note}
    return bool(await _requests.update(tx, changes, "id = ?", [request_id]))


async def decide(
    tx: Connection,
    request_id: str,
    state: RequestState,
    *,
    code: str,
    decider: str,
    reason: str,
    now: Millis,
) -> bool:
    """Write down what was decided; whether the request is there."""
    changes = {
        "state": state.value,
        "code": code,
        "decider": decider[:NAME],
        "reason": reason,
        "decided_at": now,
    }
    return bool(await _requests.update(tx, changes, "id = ?", [request_id]))


async def note(tx: Connection, request_id: str, *, title: str, reason: str) -> bool:
    """Write down what a look at the asker came to; whether the request is there."""
    changes = {"title": title, "reason": reason}
    return bool(await _requests.update(tx, changes, "id = ?", [request_id]))


async def prune(tx: Connection, now: Millis) -> None:
    """Forget what was decided `KEPT` ago. An invitation stands until it is used or taken back."""
    where = "decided_at <= ? AND state <> 'invited'"
    await _requests.delete(tx, where, [now - KEPT])


def _read(row: models.RingRequest) -> StoredRequest:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    instance, community = values["instance"], values["community"]
    typed: dict[str, Any] = {
        "ring": RingId(values["ring"]),
        "instance": None if instance is None else ServerName(instance),
        "community": None if community is None else Slug(community),
        "state": RequestState(values["state"]),
    }
    return StoredRequest(**{**values, **typed})
