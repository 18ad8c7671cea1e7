"""A sample homeserver on HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.clock import Clock
from webring.demo.homeserver import Homeserver, Page
from webring.demo.signatures import KeyRing
from webring.errors import BadRequest, NotFound, RequestError
from webring.matrix.xmatrix import key_document

CLIENT: Final = "/_matrix/client/v3"
FEDERATION: Final = "/_matrix/federation/v1"
VERSION: Final = {"server": {"name": "webring-sample", "version": "1"}}


class _Door:
    """The endpoints of one homeserver; `instance_url` is where its instance serves, or empty."""

    def __init__(
        self, homeserver: Homeserver, keyring: KeyRing, clock: Clock, instance_url: str
    ) -> None:
        self._homeserver = homeserver
        self._keyring = keyring
        self._clock = clock
        self._instance_url = instance_url

    async def well_known_server(self, _: Request) -> object:
        return {"m.server": self._homeserver.name}

    async def well_known_client(self, _: Request) -> object:
        return {"m.homeserver": {"base_url": f"http://{self._homeserver.name}"}}

    async def well_known_webring(self, _: Request) -> object:
        instance = self._homeserver.federation.instance_of(self._homeserver.server.key)
        if instance is None:
            raise NotFound("this homeserver belongs to no instance")
        return {"instance": instance, "base_url": self._instance_url}

    async def keys(self, _: Request) -> object:
        return key_document(self._homeserver.name, self._homeserver.keys, self._clock())

    async def version(self, _: Request) -> object:
        return VERSION

    async def client_versions(self, _: Request) -> object:
        return {"versions": ["v1.11", "v1.16"], "unstable_features": {}}

    async def federation_directory(self, request: Request) -> object:
        content = await _content(request) if request.method == "POST" else None
        await self._signed(request, content)
        return self._homeserver.federation_directory(_page(request, content))

    async def client_directory(self, request: Request) -> object:
        content = await _content(request) if request.method == "POST" else None
        page = _page(request, content)
        header = request.headers.get("authorization", "")
        server = request.query_params.get("server", "")
        if request.method == "POST" or server:
            return self._homeserver.proxied_directory(server, page, header)
        return self._homeserver.client_directory(page, header)

    async def client_alias(self, request: Request) -> object:
        return self._homeserver.resolve(request.path_params["alias"])

    async def federation_alias(self, request: Request) -> object:
        await self._signed(request)
        return self._homeserver.own_alias(request.query_params.get("room_alias", ""))

    async def federation_hierarchy(self, request: Request) -> object:
        await self._signed(request)
        return self._homeserver.hierarchy(request.path_params["room"])

    async def client_hierarchy(self, request: Request) -> object:
        self._homeserver.check_token(request.headers.get("authorization", ""))
        since = request.query_params.get("from", "")
        limit = _number(request.query_params.get("limit", "50"))
        return self._homeserver.walk(request.path_params["room"], since, limit)

    async def summary(self, request: Request) -> object:
        return self._homeserver.summary(request.path_params["room"])

    async def state(self, request: Request) -> object:
        self._homeserver.check_token(request.headers.get("authorization", ""))
        return self._homeserver.state(request.path_params["room"])

    async def state_content(self, request: Request) -> object:
        self._homeserver.check_token(request.headers.get("authorization", ""))
        path = request.path_params
        return self._homeserver.state_content(path["room"], path["type"], path.get("key", ""))

    async def register(self, request: Request) -> object:
        if request.query_params.get("kind") != "guest":
            raise BadRequest("only guests are taken in here")
        return self._homeserver.guest()

    async def _signed(self, request: Request, content: object = None) -> None:
        query = request.scope["query_string"].decode("ascii")
        uri = request.scope["raw_path"].decode("ascii") + (f"?{query}" if query else "")
        header = request.headers.get("authorization", "")
        await self._keyring.check(header, self._homeserver.name, request.method, uri, content)


def create_homeserver(
    homeserver: Homeserver, keyring: KeyRing, clock: Clock, instance_url: str = ""
) -> Starlette:
    """The application of one sample homeserver."""
    door = _Door(homeserver, keyring, clock, instance_url)
    both = ["GET", "POST"]
    room = f"{CLIENT}/rooms/{{room}}"
    routes = [
        _route("/.well-known/matrix/server", door.well_known_server),
        _route("/.well-known/matrix/client", door.well_known_client),
        _route("/.well-known/federated-webring", door.well_known_webring),
        _route("/_matrix/key/v2/server", door.keys),
        _route("/_matrix/client/versions", door.client_versions),
        _route(f"{FEDERATION}/version", door.version),
        _route(f"{FEDERATION}/publicRooms", door.federation_directory, both),
        _route(f"{FEDERATION}/query/directory", door.federation_alias),
        _route(f"{FEDERATION}/hierarchy/{{room}}", door.federation_hierarchy),
        _route(f"{CLIENT}/publicRooms", door.client_directory, both),
        _route(f"{CLIENT}/directory/room/{{alias}}", door.client_alias),
        _route(f"{CLIENT}/register", door.register, ["POST"]),
        _route("/_matrix/client/v1/room_summary/{room}", door.summary),
        _route("/_matrix/client/v1/rooms/{room}/hierarchy", door.client_hierarchy),
        _route(f"{room}/state", door.state),
        _route(f"{room}/state/{{type}}", door.state_content),
        _route(f"{room}/state/{{type}}/{{key:path}}", door.state_content),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={RequestError: _refused, 404: _unrecognised, 405: _unrecognised},
    )


def _route(
    path: str, handler: Callable[[Request], Awaitable[object]], methods: list[str] | None = None
) -> Route:
    async def endpoint(request: Request) -> Response:
        return _json(await handler(request))

    return Route(path, endpoint, methods=methods or ["GET"])


async def _content(request: Request) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("Content not JSON.") from error
    if not isinstance(content, dict):
        raise BadRequest("Content must be a JSON object.")
    return content


def _page(request: Request, content: dict[str, Any] | None) -> Page:
    """Paging by query (GET) or by body (POST)."""
    given: dict[str, Any] = {**request.query_params, **(content or {})}
    wanted = given.get("filter")
    wanted = wanted if isinstance(wanted, dict) else {}
    types = wanted.get("room_types")
    return Page(
        since=str(given.get("since") or ""),
        limit=_number(given.get("limit", 100)),
        term=str(wanted.get("generic_search_term") or ""),
        types=tuple(types) if isinstance(types, list) else None,
    )


def _number(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise BadRequest(f"`limit` is a number, not {ascii(text)[:40]}") from None


def _json(content: object, status: int = 200) -> Response:
    body = msgspec.json.encode(content, enc_hook=str)
    return Response(body, status, media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestError):
        raise error
    return _json({"errcode": error.errcode, "error": error.sentence}, error.status)


async def _unrecognised(_: Request, __: Exception) -> Response:
    return _json({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, 404)
