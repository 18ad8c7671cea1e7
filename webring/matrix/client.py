"""All that we ask of homeservers: as a homeserver, as anybody, and as our own user."""

from __future__ import annotations

from secrets import SystemRandom
from typing import Final

from webring.clock import Clock
from webring.directory.listing import DirectoryRoom
from webring.errors import FetchError
from webring.matrix.directory import DirectoryListing
from webring.matrix.discovery import Discovery
from webring.matrix.federation import Federation, MatrixIdentity, ask_well_known
from webring.matrix.homeserver import OpenClient, OwnHomeserver
from webring.matrix.rooms import AliasAnswer, Hierarchy
from webring.names import RoomAlias, RoomId, ServerName
from webring.net.fetch import Fetcher
from webring.net.resolver import Resolver
from webring.settings import HomeserverSettings

FEDERATION: Final = "federation"
CLIENT: Final = "client"
PROXY: Final = "proxy"


class MatrixClient:
    """The three ways to a directory, and single questions by the best way there is.

    Without an `identity` the federation way is off; without a token, the proxy way.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        resolver: Resolver,
        identity: MatrixIdentity | None,
        homeserver: HomeserverSettings,
        clock: Clock,
    ) -> None:
        discovery = Discovery(
            ask_well_known(fetcher),
            resolver,
            SystemRandom().random,
            lambda host, port: fetcher.scheme_for(host, port) == "http",
        )
        self.federation = Federation(fetcher, discovery, identity, clock)
        self.open = OpenClient(fetcher)
        self.own = OwnHomeserver(fetcher, homeserver, clock)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to a directory that are open to us, in the order to try them."""
        federation = (FEDERATION,) if self.federation.identity else ()
        return (*federation, CLIENT, *((PROXY,) if self.own.has_token else ()))

    async def directory(self, way: str, server: ServerName, *, room_cap: int) -> DirectoryListing:
        """The public rooms of `server` by one of `ways`; the `FetchError` of its first page."""
        if way == FEDERATION:
            return await self.federation.directory(server, room_cap=room_cap)
        if way == CLIENT:
            return await self.open.directory(server, room_cap=room_cap)
        return await self.own.proxied_directory(server, room_cap=room_cap)

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        """Where an alias leads, asked of its own server; None where that knows no such alias.

        Federation first; a server that refuses or fails there is asked as anybody may.
        """
        if self.federation.identity is not None:
            try:
                return await self.federation.alias(alias)
            except FetchError:
                pass
        return await self.open.alias(alias)

    async def summary(
        self, room: RoomId | RoomAlias, via: tuple[ServerName, ...] = ()
    ) -> DirectoryRoom | None:
        """What our own homeserver shows of a room; None where it, or a homeserver, is not there."""
        return await self.own.summary(room, via) if self.own.is_configured else None

    async def hierarchy(self, space: RoomId, via: tuple[ServerName, ...] = ()) -> Hierarchy | None:
        """A space and its children: by our own homeserver's token, else of the first of `via`."""
        if self.own.has_token:
            return await self.own.hierarchy(space)
        if self.federation.identity is not None and via:
            return await self.federation.hierarchy(via[0], space)
        return None
