"""Asking homeservers as a homeserver: signed requests to where discovery leads.

Source: Matrix specification, server-server API. No request here follows a redirect. Every session
is a visit of its own, so that two server names delegated to one host share no connection, and each
name's certificate is checked for itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from webring.clock import Clock
from webring.documents import canonical
from webring.documents.keys import SigningKey
from webring.errors import IdentityOff, StatusRefused
from webring.matrix.directory import PAGE, DirectoryListing, DirectoryPage, read_all, read_page
from webring.matrix.discovery import AskWellKnown, Destination, Discovery
from webring.matrix.rooms import AliasAnswer, Hierarchy, read_alias, read_federation_hierarchy
from webring.matrix.xmatrix import Request, authorization
from webring.names import RoomAlias, RoomId, ServerName
from webring.net.answer import Answer
from webring.net.budget import DIRECTORY, SMALL, WELL_KNOWN, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher, Visit

PREFIX: Final = "/_matrix/federation/v1"
TRIES: Final = 3
"""How often one page is asked for while the server says that it is asked too much."""
T = TypeVar("T")
_TOO_MANY: Final = 429
_NOT_FOUND: Final = "M_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class MatrixIdentity:
    """Our own Matrix server name, and the key that signs as it."""

    server_name: ServerName
    key: SigningKey


Identify = Callable[[], Awaitable[MatrixIdentity]]
"""Who signs now; raises `IdentityOff` while nobody may."""


async def nobody() -> MatrixIdentity:
    """Sign as nobody: what needs a signature is refused."""
    raise IdentityOff("our requests are not signed here")


class Session:
    """Requests to one homeserver over connections of their own."""

    def __init__(
        self, visit: Visit, destination: Destination, identity: MatrixIdentity | None
    ) -> None:
        self._visit = visit
        self._identity = identity
        self.destination = destination

    async def get(self, uri: str, *, budget: Budget = SMALL, robots: bool = False) -> Answer:
        """GET `uri`, a path and query already encoded: they are signed and sent as they are."""
        return await self._ask("GET", uri, None, budget, robots=robots)

    async def post(self, uri: str, content: dict[str, object], *, budget: Budget = SMALL) -> Answer:
        """POST `content`, which is signed too."""
        return await self._ask("POST", uri, content, budget, robots=False)

    async def ask_leave(self, uri: str) -> None:
        """Raise `RobotsRefused` where robots.txt asks us not to read `uri`."""
        await self._visit.ask_robots(self.destination.base + uri)

    async def _ask(
        self,
        method: str,
        uri: str,
        content: dict[str, object] | None,
        budget: Budget,
        *,
        robots: bool,
    ) -> Answer:
        headers = {"Accept": "application/json"}
        if self._identity is not None:
            name, to = self._identity.server_name, self.destination.server
            request = Request(name, to, method, uri, content)
            headers["Authorization"] = authorization(request, self._identity.key)
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self._visit.request(
            method,
            self.destination.base + uri,
            budget=budget,
            headers=headers,
            content=b"" if content is None else canonical.encode(content),
            robots=robots,
        )


class Federation:
    """The server-server API. What has to be signed raises `IdentityOff` while nobody may sign."""

    def __init__(
        self, fetcher: Fetcher, discovery: Discovery, identify: Identify, clock: Clock
    ) -> None:
        self._fetcher = fetcher
        self._discovery = discovery
        self._identify = identify
        self._clock = clock

    @asynccontextmanager
    async def session(self, server: ServerName, *, signed: bool = True) -> AsyncIterator[Session]:
        """A session with `server`, wherever its federation API is served."""
        identity = await self._identify() if signed else None
        destination = await self._discovery.resolve(server, self._clock())
        async with self._fetcher.visit(destination.routes) as visit:
            yield Session(visit, destination, identity)

    async def directory(self, server: ServerName, *, room_cap: int) -> DirectoryListing:
        """The public rooms of `server`; the `FetchError` of its first page where there is none."""
        async with self.session(server) as session:

            async def fetch(since: str | None) -> DirectoryPage:
                uri = f"{PREFIX}/publicRooms?{page_query(since)}"
                return read_page((await session.get(uri, budget=DIRECTORY, robots=True)).json())

            return await read_all(patiently(fetch), room_cap=room_cap)

    async def ask_leave(self, server: ServerName) -> None:
        """Raise `RobotsRefused` where `server` does not want its directory read by crawlers.

        One whose robots.txt cannot be asked for does not want it either (RFC 9309, 2.3.1.4): then
        the `FetchError` says why.
        """
        async with self.session(server, signed=False) as session:
            await session.ask_leave(f"{PREFIX}/publicRooms")

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        """What the alias's own server says it leads to; None where it says that there is none."""
        uri = f"{PREFIX}/query/directory?room_alias={quote(alias, safe='')}"
        async with self.session(alias.server) as session:
            return await unless_not_found(session.get(uri), read_alias)

    async def hierarchy(self, server: ServerName, room: RoomId) -> Hierarchy | None:
        """A space as `server` shows it: the room and its first 50 children, not recursive."""
        uri = f"{PREFIX}/hierarchy/{quote(room, safe='')}?suggested_only=false"
        async with self.session(server) as session:
            ask = session.get(uri, budget=DIRECTORY)
            return await unless_not_found(ask, read_federation_hierarchy)

    async def where(self, server: ServerName) -> Destination:
        """Where the federation API of `server` is looked for, and what led there."""
        return await self._discovery.resolve(server, self._clock())

    async def version(self, server: ServerName) -> object:
        """What `server` says that it runs."""
        async with self.session(server, signed=False) as session:
            return (await session.get(f"{PREFIX}/version")).json()

    async def keys(self, server: ServerName) -> object:
        """The key document of `server`, unchecked."""
        async with self.session(server, signed=False) as session:
            return (await session.get("/_matrix/key/v2/server")).json()


def ask_well_known(fetcher: Fetcher) -> AskWellKnown:
    """How `Discovery` reads `.well-known/matrix/server`: through the one door."""

    async def ask(server: ServerName) -> Answer:
        async with fetcher.visit() as visit:
            return await visit.get(
                f"{fetcher.site(server)}/.well-known/matrix/server",
                budget=WELL_KNOWN,
                redirects=MAX_REDIRECTS,
            )

    return ask


def page_query(since: str | None, **more: str) -> str:
    """The query of one directory page."""
    query = {"limit": str(PAGE), **more}
    return urlencode(query if since is None else {**query, "since": since}, quote_via=quote)


def patiently(
    fetch: Callable[[str | None], Awaitable[DirectoryPage]],
) -> Callable[[str | None], Awaitable[DirectoryPage]]:
    """`fetch`, asked again while the answer is "too many requests".

    The pause is kept by the door: it waits for a short one and refuses over a long one.
    """

    async def again(since: str | None) -> DirectoryPage:
        for _ in range(TRIES - 1):
            try:
                return await fetch(since)
            except StatusRefused as error:
                if error.status != _TOO_MANY:
                    raise
        return await fetch(since)

    return again


async def unless_not_found(asked: Awaitable[Answer], read: Callable[[object], T]) -> T | None:
    """`read` of what was answered, or None where the answer is Matrix's "not found"."""
    try:
        return read((await asked).json())
    except StatusRefused as error:
        if error.errcode == _NOT_FOUND:
            return None
        raise
