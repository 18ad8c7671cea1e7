"""Asking homeservers as a client: open directories without a token, our own homeserver with one.

Source: Matrix specification, client-server API. The token goes to our own homeserver alone, and no
request that carries it follows a redirect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final
from urllib.parse import quote, urlencode

from webring.clock import HOUR, Clock, Millis
from webring.directory.listing import DirectoryRoom
from webring.documents import canonical
from webring.errors import ConfigError, InvalidName, StatusRefused, TypeRefused
from webring.matrix.directory import (
    PAGE,
    DirectoryListing,
    DirectoryPage,
    read_all,
    read_one,
    read_page,
)
from webring.matrix.federation import page_query, patiently, unless_not_found
from webring.matrix.rooms import AliasAnswer, Hierarchy, read_alias, read_client_hierarchy
from webring.names import PeerUrl, RoomAlias, RoomId, ServerName
from webring.net.answer import Answer
from webring.net.budget import DIRECTORY, SMALL, WELL_KNOWN, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher, Visit
from webring.settings import HomeserverSettings

PREFIX: Final = "/_matrix/client"
BASE_TTL: Final[Millis] = HOUR
"""How long we rely on where our own homeserver's client API is."""
MAX_HIERARCHY_PAGES: Final = 20
HIERARCHY_PAGE: Final = 50
_NOT_FOUND: Final = 404
_UNREADABLE: Final = frozenset({403, 404})


async def client_base(fetcher: Fetcher, server: ServerName) -> PeerUrl:
    """Where the client API of `server` is (`.well-known/matrix/client`), without a trailing slash.

    A name with a port, or an address, is asked as it is; so is one that has no such document.
    """
    site = PeerUrl(fetcher.site(server))
    if server.port is not None or server.is_ip:
        return site
    async with fetcher.visit() as visit:
        answer = await visit.request(
            "GET",
            f"{site}/.well-known/matrix/client",
            budget=WELL_KNOWN,
            redirects=MAX_REDIRECTS,
            statuses=(200, _NOT_FOUND),
        )
    if answer.status == _NOT_FOUND:
        return site
    return read_client_base(answer.json(), server, allow_http=site.startswith("http:"))


def read_client_base(content: object, server: ServerName, *, allow_http: bool = False) -> PeerUrl:
    """The base URL in `.well-known/matrix/client` of `server`; `TypeRefused` without one."""
    homeserver = content.get("m.homeserver") if isinstance(content, dict) else None
    url = homeserver.get("base_url") if isinstance(homeserver, dict) else None
    try:
        return PeerUrl.parse(url, allow_http=allow_http)
    except InvalidName as error:
        raise TypeRefused(f"m.homeserver of {server} has no base_url: {error}") from None


class OpenClient:
    """The client API of any homeserver, without a token."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def directory(self, server: ServerName, *, room_cap: int) -> DirectoryListing:
        """The public rooms of `server`, where it lets anybody read them."""
        base = await client_base(self._fetcher, server)
        async with self._fetcher.visit() as visit:

            async def fetch(since: str | None) -> DirectoryPage:
                url = f"{base}{PREFIX}/v3/publicRooms?{page_query(since)}"
                return read_page((await _get(visit, url, DIRECTORY, robots=True)).json())

            return await read_all(patiently(fetch), room_cap=room_cap)

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        """What the alias's own server says it leads to; None where it says that there is none."""
        base = await client_base(self._fetcher, alias.server)
        url = f"{base}{PREFIX}/v3/directory/room/{quote(alias, safe='')}"
        async with self._fetcher.visit() as visit:
            return await unless_not_found(_get(visit, url), read_alias)


class OwnHomeserver:
    """Our own homeserver, with the operator's token."""

    def __init__(self, fetcher: Fetcher, settings: HomeserverSettings, clock: Clock) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._clock = clock
        self._base = PeerUrl(settings.client_url.rstrip("/"))
        self._base_until: Millis | None = None if settings.client_url else 0

    @property
    def is_configured(self) -> bool:
        """Whether there is a homeserver to ask."""
        return bool(self._settings.name)

    @property
    def has_token(self) -> bool:
        """Whether it lets us read other servers' directories, state and hierarchies."""
        return self.is_configured and bool(self._settings.access_token)

    async def proxied_directory(self, server: ServerName, *, room_cap: int) -> DirectoryListing:
        """The public rooms of `server`, as our own homeserver reads them for us."""
        url = f"{await self._url()}/v3/publicRooms?{urlencode({'server': server})}"
        async with self._visit() as visit:

            async def fetch(since: str | None) -> DirectoryPage:
                content: dict[str, object] = {"limit": PAGE}
                content |= {} if since is None else {"since": since}
                return read_page((await self._send(visit, "POST", url, content, DIRECTORY)).json())

            return await read_all(patiently(fetch), room_cap=room_cap)

    async def directory(self, *, room_cap: int) -> DirectoryListing:
        """Its own public rooms."""
        base = await self._url()
        async with self._visit() as visit:

            async def fetch(since: str | None) -> DirectoryPage:
                url = f"{base}/v3/publicRooms?{page_query(since)}"
                return read_page((await _get(visit, url, DIRECTORY, headers=self._token())).json())

            return await read_all(patiently(fetch), room_cap=room_cap)

    async def summary(
        self, room: RoomId | RoomAlias, via: Sequence[ServerName] = ()
    ) -> DirectoryRoom | None:
        """What it shows of a room, unlisted ones too; None where it knows nothing of it."""
        query = f"?{urlencode([('via', name) for name in via])}" if via else ""
        url = f"{await self._url()}/v1/room_summary/{quote(room, safe='')}{query}"
        async with self._visit() as visit:
            ask = _get(visit, url, headers=self._token())
            return await unless_not_found(ask, read_one)

    async def state(
        self, room: RoomId, event_type: str, state_key: str = ""
    ) -> Mapping[str, object] | None:
        """The content of a state event; None where it is absent or not ours to read."""
        path = "/".join(quote(part, safe="") for part in (event_type, state_key))
        url = f"{await self._url()}/v3/rooms/{quote(room, safe='')}/state/{path}"
        async with self._visit() as visit:
            try:
                content = (await _get(visit, url, headers=self._token())).json()
            except StatusRefused as error:
                if error.status in _UNREADABLE:
                    return None
                raise
        return content if isinstance(content, dict) else None

    async def hierarchy(self, space: RoomId) -> Hierarchy | None:
        """A space and its direct children, page by page; None where it knows nothing of it."""
        url = f"{await self._url()}/v1/rooms/{quote(space, safe='')}/hierarchy"
        whole = Hierarchy((), ())
        async with self._visit() as visit:
            for _ in range(MAX_HIERARCHY_PAGES):
                page = await self._hierarchy_page(visit, url, space, whole.next_batch)
                if page is None:
                    return None
                whole = Hierarchy(
                    whole.rooms + page.rooms, whole.children + page.children, page.next_batch
                )
                if page.next_batch is None:
                    break
        return whole

    async def send_notice(self, room: RoomId, text: str, transaction: str) -> None:
        """Post a notice in a room as our user, which must be in it (else `StatusRefused` 403).

        One `transaction` is posted once, however often it is tried (client-server API,
        "Transaction identifiers"). Nobody is rung up, whatever names stand in it ("User and room
        mentions").
        """
        path = f"{quote(room, safe='')}/send/m.room.message/{quote(transaction, safe='')}"
        url = f"{await self._url()}/v3/rooms/{path}"
        async with self._visit() as visit:
            content: dict[str, object] = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
            await self._send(visit, "PUT", url, content, SMALL)

    async def _hierarchy_page(
        self, visit: Visit, url: str, space: RoomId, token: str | None
    ) -> Hierarchy | None:
        query = {"limit": str(HIERARCHY_PAGE), "max_depth": "1"}
        query |= {} if token is None else {"from": token}
        ask = _get(visit, f"{url}?{urlencode(query)}", DIRECTORY, headers=self._token())
        return await unless_not_found(ask, lambda payload: read_client_hierarchy(payload, space))

    async def _send(
        self, visit: Visit, method: str, url: str, content: dict[str, object], budget: Budget
    ) -> Answer:
        return await visit.request(
            method,
            url,
            budget=budget,
            headers={**self._token(), "Content-Type": "application/json"},
            content=canonical.encode(content),
        )

    def _visit(self) -> AbstractAsyncContextManager[Visit]:
        """A visit of ours: where the settings say, also at a private address."""
        return self._fetcher.visit(configured=self._settings.client_url)

    async def _url(self) -> str:
        """The prefix of its client API."""
        if not self.is_configured:
            raise ConfigError("no homeserver is configured: set [homeserver] name")
        now = self._clock()
        if self._base_until is not None and now >= self._base_until:
            self._base = await client_base(self._fetcher, ServerName.parse(self._settings.name))
            self._base_until = now + BASE_TTL
        return f"{self._base}{PREFIX}"

    def _token(self) -> dict[str, str]:
        token = self._settings.access_token
        return {"Authorization": f"Bearer {token}"} if token else {}


async def _get(
    visit: Visit,
    url: str,
    budget: Budget = SMALL,
    *,
    headers: Mapping[str, str] | None = None,
    robots: bool = False,
) -> Answer:
    accepted = {"Accept": "application/json", **(headers or {})}
    return await visit.request("GET", url, budget=budget, headers=accepted, robots=robots)
