"""Why a homeserver's rooms are listed, or are not: what we know, for its page and for operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.moderation.blocklist import Blocklist
from webring.names import ServerName
from webring.storage import homeservers, listings, sightings
from webring.storage.sql import Connection

SENTENCES: Final[Mapping[str, str]] = {
    "unknown": "Nobody has mentioned this homeserver here yet.",
    "new": "It is known, and will be visited within the hour.",
    "open": "Its public room directory can be read, so its public rooms are listed.",
    "closed": (
        "It does not publish its room directory to the federation, which is how homeservers "
        "are set up at first. Its rooms are not listed."
    ),
    "unreachable": "It could not be reached. What was listed before stays for a while.",
    "robots": ("Its robots.txt asks crawlers to stay away, and we do. Its rooms are not listed."),
    "identity": (
        "This instance cannot sign its requests at the moment, so it could not ask as "
        "homeservers ask each other."
    ),
    "failed": (
        "It answered, but not with a room directory that we can read. What was listed before "
        "stays for a while."
    ),
    "blocked": "The operator of this instance, or of that homeserver, keeps it out.",
}
MENDING: Final[Mapping[str, str]] = {
    "closed": (
        "To have its public rooms found, set allow_public_rooms_over_federation: true in "
        "Synapse's homeserver.yaml (other homeservers have a setting like it)."
    ),
    "robots": "To let us in, allow /_matrix/ for the user agent webring in robots.txt.",
    "identity": (
        "The operator of that homeserver need change nothing; the operator of this instance "
        "learns more from webring check."
    ),
    "unreachable": "Check it with any federation tester: its name, certificate and port 8448.",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one homeserver. Times are milliseconds, None where it never happened.

    `reasons` say for each way to its directory why it did not work; `dropped` count wrong entries
    by reason; `listed` are the listings that it publishes.
    """

    name: ServerName
    state: str
    sentence: str
    mending: str
    way: str | None
    reasons: Mapping[str, str]
    dropped: Mapping[str, int]
    rooms: int
    listed: int
    complete: bool
    origin: str
    tried_at: Millis | None
    answered_at: Millis | None
    next_at: Millis | None


async def homeserver(conn: Connection, name: ServerName) -> Explanation:
    """Explain one homeserver; one that is unknown has a state too."""
    row = await homeservers.get(conn, name)
    blocked = (await Blocklist.load(conn)).server(name)
    state = "blocked" if not blocked.allowed else row.state if row else "unknown"
    sentence = blocked.why or SENTENCES.get(state, "")
    listed = await sightings.count(conn, name)
    if row is None:
        return Explanation(
            name, state, sentence, "", None, {}, {}, 0, listed, False, "", None, None, None
        )
    return Explanation(
        name=name,
        state=state,
        sentence=sentence,
        mending=MENDING.get(state, ""),
        way=row.way if state == "open" else None,
        reasons=row.reasons,
        dropped=row.dropped,
        rooms=row.rooms,
        listed=listed,
        complete=row.complete,
        origin=row.origin,
        tried_at=row.tried_at,
        answered_at=row.answered_at,
        next_at=row.next_at if state != "blocked" else None,
    )


async def overview(conn: Connection) -> dict[str, int]:
    """The numbers of an instance: listings by standing and kind, and homeservers by state."""
    numbers = {f"listings_{key.value}": n for key, n in (await listings.by_standing(conn)).items()}
    numbers |= {f"kind_{key}": n for key, n in (await listings.by_kind(conn)).items()}
    numbers |= {f"homeservers_{key}": n for key, n in (await homeservers.counts(conn)).items()}
    return numbers
