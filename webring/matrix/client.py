"""All that we ask of homeservers: as a homeserver, as anybody, and as our own user."""

from __future__ import annotations

from secrets import SystemRandom
from typing import Final

from webring.clock import Clock
from webring.directory.listing import DirectoryRoom
from webring.errors import FetchError
from webring.matrix.directory import DirectoryListing
from webring.matrix.discovery import Discovery
from webring.matrix.federation import Federation, Identify, ask_well_known
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

    `identify` says who signs what federation APIs are asked. Without a token there is no proxy way.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        resolver: Resolver,
        identify: Identify,
        homeserver: HomeserverSettings,
        clock: Clock,
    ) -> None:
        discovery = Discovery(
            ask_well_known(fetcher),
            resolver,
            SystemRandom().random,
            lambda host, port: fetcher.scheme_for(host, port) == "http",
        )
        self.federation = Federation(fetcher, discovery, identify, clock)
        self.open = OpenClient(fetcher)
        self.own = OwnHomeserver(fetcher, homeserver, clock)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to a directory that are open to us, in the order to try them."""
        return (FEDERATION, CLIENT, *((PROXY,) if self.own.has_token else ()))

    @property
    def signs_for_spaces(self) -> bool:
        """Whether it takes a signature to read the children of our own homeserver's spaces."""
        return self.own.is_configured and not self.own.has_token

    async def directory(self, way: str, server: ServerName, *, room_cap: int) -> DirectoryListing:
        """The public rooms of `server` by one of `ways`; the `FetchError` of its first page.

        Our own homeserver reads for us only what robots.txt lets us read.
        """
        if way == FEDERATION:
            return await self.federation.directory(server, room_cap=room_cap)
        if way == CLIENT:
            return await self.open.directory(server, room_cap=room_cap)
        await self.federation.ask_leave(server)
        return await self.own.proxied_directory(server, room_cap=room_cap)

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        """Where an alias leads, asked of its own server; None where that knows no such alias.

        Federation first; a server that refuses or fails there is asked as anybody may.
        """
        try:
            return await self.federation.alias(alias)
        except FetchError:
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
        return await self.federation.hierarchy(via[0], space) if via else None
