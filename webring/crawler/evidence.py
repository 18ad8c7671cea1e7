"""Asking who speaks for a room: the answers that `documents.authority` judges by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webring.documents import authority
from webring.documents.authority import AuthorityEvidence, RoomState, Witness
from webring.documents.community import ManifestCommunity
from webring.documents.wellknown import PATH, read_well_known
from webring.errors import DocumentError, FetchError
from webring.matrix.client import MatrixClient
from webring.names import RoomAlias, RoomId, ServerName
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import MAX_REDIRECTS, Fetcher
from webring.storage import sightings
from webring.storage.database import Database
from webring.text import read_markers


@dataclass(frozen=True, slots=True)
class Claimant:
    """The instance whose claims are judged. `named` are all servers that its manifest mentions;
    `accepted` tells whether the operator accepted it, or an instance that shares a ring with it.
    """

    instance: ServerName
    named: frozenset[ServerName]
    accepted: bool


@dataclass
class Witnesses:
    """Gathers evidence for the claims of one manifest; each server is asked once for its name."""

    db: Database
    fetcher: Fetcher
    matrix: MatrixClient
    home: ServerName | None
    allow_http: bool = False
    _delegates: dict[ServerName, ServerName | None] = field(default_factory=dict)

    async def gather(self, community: ManifestCommunity, claimant: Claimant) -> AuthorityEvidence:
        """Everything that there is to know about this claim. It does not fail: what could not be
        asked is absent from the evidence.
        """
        alias, room_id = community.alias, community.room_id
        answered, leads_to = await self._alias(alias)
        seen = await sightings.of_room(self.db.reader, room_id)
        topics = {each.server: each.room.topic for each in seen}
        summary = await self._summary(room_id, community.via)
        shown = [Witness(each.server, each.room.alias) for each in seen]
        return AuthorityEvidence(
            instance=claimant.instance,
            room_id=room_id,
            alias=alias,
            alias_answered=answered,
            alias_room=leads_to,
            delegate=await self._delegate(alias, claimant.instance),
            marker=read_markers(topics.get(alias.server, "")).instance if alias else None,
            state=await self._state(room_id),
            named=claimant.named,
            witnesses=(*shown, *summary),
            accepted=claimant.accepted,
        )

    async def _alias(self, alias: RoomAlias | None) -> tuple[bool, RoomId | None]:
        if alias is None:
            return True, None
        try:
            answer = await self.matrix.alias(alias)
        except FetchError:
            return False, None
        return True, answer.room_id if answer else None

    async def _delegate(self, alias: RoomAlias | None, claimed: ServerName) -> ServerName | None:
        """The instance that the alias's server names; not asked where it is that itself."""
        if alias is None or alias.server == claimed:
            return None
        if alias.server not in self._delegates:
            self._delegates[alias.server] = await self._ask_delegate(alias.server)
        return self._delegates[alias.server]

    async def _ask_delegate(self, server: ServerName) -> ServerName | None:
        try:
            async with self.fetcher.visit() as visit:
                url = f"{self.fetcher.site(server)}{PATH}"
                answer = await visit.get(url, budget=WELL_KNOWN, redirects=MAX_REDIRECTS)
            return read_well_known(answer.body, allow_http=self.allow_http).instance
        except (FetchError, DocumentError):
            return None

    async def _summary(self, room_id: RoomId, via: tuple[ServerName, ...]) -> list[Witness]:
        try:
            summary = await self.matrix.summary(room_id, via)
        except FetchError:
            return []
        if summary is None or self.home is None:
            return []
        return [Witness(self.home, summary.alias, is_ours=True)]

    async def _state(self, room_id: RoomId) -> RoomState | None:
        if not self.matrix.own.has_token:
            return None
        try:
            content: Mapping[str, object] | None = await self.matrix.own.state(
                room_id, authority.STATE_TYPE
            )
        except FetchError:
            return None
        return authority.read_state(content)
