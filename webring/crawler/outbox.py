"""Telling peers that our manifest changed. A courtesy: whoever misses it sees it within a cycle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence

from webring.clock import Clock
from webring.crawler.publisher import Publisher
from webring.documents import message as messages
from webring.documents.keys import KeySet
from webring.documents.manifest import read_manifest
from webring.documents.message import MAX_WITHDRAWN, MessageDraft
from webring.documents.parts import Withdrawn
from webring.errors import WebringError
from webring.names import PeerUrl, ServerName
from webring.net.budget import SMALL
from webring.net.fetch import Fetcher
from webring.storage import facts, peers
from webring.storage.database import Database
from webring.storage.models import Peer
from webring.storage.sql import Connection

INBOX_PATH = "/webring/v1/inbox"
ANNOUNCED = "announced_sequence"
"""The fact that holds the sequence of the manifest that peers were told of."""

_TOLD = frozenset({"new", "verified", "stale", "unreachable"})

log = logging.getLogger(__name__)


class Outbox:
    """Announces our manifest, and what it withdrew, to the peers that we know.

    `sharing` names those with whom we share a ring: they hear of it whether or not our operator
    accepted them.
    """

    def __init__(
        self,
        db: Database,
        fetcher: Fetcher,
        publisher: Publisher,
        keys: KeySet,
        name: ServerName,
        clock: Clock,
        sharing: Callable[[Connection], Awaitable[Collection[ServerName]]],
    ) -> None:
        self._db = db
        self._sharing = sharing
        self._fetcher = fetcher
        self._publisher = publisher
        self._keys = keys
        self._name = name
        self._clock = clock

    async def announce(self) -> int:
        """Tell every peer whose address is known, once for each manifest; how many heard it."""
        manifest = await self._publisher.current()
        told = int(await facts.get(self._db.reader, ANNOUNCED) or 0)
        if manifest is None or manifest.sequence <= told:
            return 0
        gone = [each for each in read_manifest(manifest.body).withdrawn if each.at > told]
        sharing = await self._sharing(self._db.reader)
        addresses = [
            (ServerName(row.name), self._base(row))
            for row in await peers.all(self._db.reader)
            if _is_told(row, sharing)
        ]
        heard = await asyncio.gather(*(self._tell(name, url, gone) for name, url in addresses))
        async with self._db.transaction() as tx:
            await facts.put(tx, ANNOUNCED, manifest.sequence)
        return sum(heard)

    def _base(self, peer: Peer) -> PeerUrl:
        return PeerUrl(peer.base_url or self._fetcher.site(ServerName(peer.name)))

    async def _tell(self, name: ServerName, base: PeerUrl, gone: Sequence[Withdrawn]) -> bool:
        drafts = [messages.announce(self._name, name)]
        if gone:
            drafts.append(messages.withdraw(self._name, name, gone[:MAX_WITHDRAWN]))
        try:
            for draft in drafts:
                await self._send(base, draft)
        except WebringError as error:
            log.info("%s did not take our message: %s", name, error.sentence)
            return False
        return True

    async def _send(self, base: PeerUrl, draft: MessageDraft) -> None:
        now = self._clock()
        body = messages.sign_message(draft, self._keys.signers(now), now)
        async with self._fetcher.visit() as visit:
            await visit.request(
                "POST",
                f"{base}{INBOX_PATH}",
                budget=SMALL,
                headers={"Content-Type": "application/json"},
                content=body,
                statuses=(200, 202),
            )


def _is_told(peer: Peer, sharing: Collection[ServerName]) -> bool:
    """Whether a peer hears of us: one that the operator trusts, or that shares a ring with us."""
    return peer.state in _TOLD and (peer.accepted or peer.name in sharing)
