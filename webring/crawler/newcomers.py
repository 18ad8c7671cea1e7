"""Instances that announce themselves although nobody knows them.

An announcement proves nothing: whoever likes can send one under any name. So there are few places
for such names until they verify, the one that fails for longest is given up first, and a client
brings only so many in an hour. Whoever is real is visited within minutes, and needs no place then.
"""

from __future__ import annotations

from typing import Final

from webring.clock import HOUR, MINUTE, Clock, Millis
from webring.crawler import frontier
from webring.crawler.replies import InboxReply
from webring.documents.message import MessageState
from webring.errors import RateLimited
from webring.limiter import RateLimiter
from webring.names import ServerName
from webring.settings import PeersSettings
from webring.storage import inbox, peers
from webring.storage.sql import Connection

PLACES: Final = 200
"""Instances that announced themselves and never verified."""
PER_HOUR: Final = 30
"""Unknown instances that one client may announce in an hour, in the long run."""
AT_ONCE: Final = 10
"""Unknown instances that one client may announce at once."""


class Newcomers:
    """Takes unknown instances in; they are visited later, by a job."""

    def __init__(self, settings: PeersSettings, clock: Clock) -> None:
        self._settings = settings
        self._limiter = RateLimiter(PER_HOUR * MINUTE / HOUR, clock, AT_ONCE)

    async def admit(
        self, tx: Connection, name: ServerName, client: str | None, now: Millis
    ) -> InboxReply:
        """Remember an instance that is not known, and have it visited.

        `client` is the address that its announcement came from, where it came just now. Raises
        `RateLimited` where that announces too many, or all places are taken by names that were not
        tried yet.
        """
        if not self._settings.discover:
            return InboxReply(MessageState.REFUSED, "this instance takes no new peers by itself")
        if client is not None and (wait := self._limiter.take(client)):
            raise RateLimited("too many unknown instances announce themselves", retry_after=wait)
        new = frontier.candidates([name], frontier.ANNOUNCED)
        most, of_domain = frontier.MAX_PEERS, self._settings.per_domain
        if not await peers.add(tx, new, now, now, cap=most, per_domain=of_domain):
            return InboxReply(
                MessageState.REFUSED, "too many instances are known, or of its domain"
            )
        await _make_room(tx)
        return InboxReply(MessageState.QUEUED, "a first visit is due")


async def _make_room(tx: Connection) -> None:
    """Give up names that fail, and what was sent in them, until there are no more than places."""
    for _ in range(max(await peers.strangers(tx) - PLACES, 0)):
        given_up = await peers.give_up_stranger(tx)
        if given_up is None:
            raise RateLimited(
                f"{PLACES} unknown instances wait for a first visit: come again",
                retry_after=MINUTE,
            )
        await inbox.drop_sender(tx, given_up)
