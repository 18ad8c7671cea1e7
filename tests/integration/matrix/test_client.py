"""What is asked of homeservers, and what becomes of their answers, over real connections."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.authority import Authority
from tests.fakes.identities import signing_as
from tests.fakes.listener import FakeResolver, Listener, listening, respond
from webring.clock import Millis
from webring.documents.keys import SigningKey
from webring.errors import (
    AddressRefused,
    BackingOff,
    DnsFailed,
    IdentityOff,
    RobotsRefused,
    StatusRefused,
    TlsFailed,
)
from webring.matrix.client import CLIENT, FEDERATION, PROXY, MatrixClient
from webring.matrix.federation import MatrixIdentity
from webring.matrix.xmatrix import Request, verify
from webring.names import RoomAlias, RoomId, ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.net.hosts import MemoryHostStore
from webring.net.resolver import SrvTarget
from webring.settings import HomeserverSettings

pytestmark = pytest.mark.anyio
START: Millis = 1_792_490_400_000
OURS = ServerName("ring.example")
KEY = SigningKey.generate("ed25519:a")
FED = "/_matrix/federation/v1"
CS = "/_matrix/client"
LOOPBACK = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
STRICT = AddressPolicy()


def entry(room_id: str) -> dict[str, object]:
    return {
        "room_id": room_id,
        "name": "A \ud800 name \0",
        "num_joined_members": 3,
        "world_readable": True,
        "guest_can_join": False,
    }


def answer(content: object, *headers: str, status: str = "200 OK") -> bytes:
    return respond(json.dumps(content).encode(), *headers, status=status)


def page(*rooms: str, next_batch: str | None = None) -> bytes:
    more = {} if next_batch is None else {"next_batch": next_batch}
    return answer({"chunk": [entry(room) for room in rooms], **more})


REFUSED = answer({"errcode": "M_FORBIDDEN", "error": "closed"}, status="403 Forbidden")
NO_ALIAS = answer({"errcode": "M_NOT_FOUND", "error": "no such alias"}, status="404 Not Found")
UNKNOWN = answer({"errcode": "M_UNRECOGNIZED", "error": "what?"}, status="404 Not Found")


def client(
    *,
    own: ServerName | None = None,
    url: str = "",
    token: str = "",
    identity: bool = True,
    resolver: FakeResolver | None = None,
    policy: AddressPolicy = LOOPBACK,
    ca_file: str = "",
) -> MatrixClient:
    names = resolver or FakeResolver({"127.0.0.1": ("127.0.0.1",)})
    fetcher = Fetcher(
        policy=policy,
        resolver=names,
        agent="webring/test",
        ca_file=ca_file,
        hosts=MemoryHostStore(),
        clock=lambda: START,
    )
    settings = HomeserverSettings(name=own or "", client_url=url, access_token=token)
    identify = signing_as(MatrixIdentity(OURS, KEY) if identity else None)
    return MatrixClient(fetcher, names, identify, settings, lambda: START)


@asynccontextmanager
async def homeserver(
    answers: dict[str, bytes | None],
) -> AsyncIterator[tuple[Listener, ServerName]]:
    async with listening(answers) as listener:
        yield listener, ServerName(f"127.0.0.1:{listener.port}")


def asked(listener: Listener) -> list[str]:
    """Method and target of each request, robots.txt apart."""
    lines = [request.split(" HTTP/1.1")[0] for request in listener.requests]
    return [line for line in lines if "robots.txt" not in line]


def authorization(request: str) -> str:
    found = re.search(r"authorization: (.*)\r\n", request, re.IGNORECASE)
    return found[1] if found else ""


async def test_a_directory_is_read_page_by_page_with_signatures_over_what_was_sent() -> None:
    since = "a/b c+d&e=%f"
    second = f"{FED}/publicRooms?limit=100&since=a%2Fb%20c%2Bd%26e%3D%25f"
    answers: dict[str, bytes | None] = {
        f"{FED}/publicRooms?limit=100": page("!1:a.example", next_batch=since),
        second: page("!2:a.example", "!1:a.example"),
    }
    async with homeserver(answers) as (listener, server):
        listing = await client().directory(FEDERATION, server, room_cap=100)
        assert [room.room_id for room in listing.rooms] == ["!1:a.example", "!2:a.example"]
        assert listing.complete
        assert listing.rooms[0].name == "A \N{REPLACEMENT CHARACTER} name \N{REPLACEMENT CHARACTER}"
        signed = [request for request in listener.requests if "publicRooms" in request]
        for request in signed:
            method, uri, _ = request.split(" ", 2)
            verify(
                authorization(request),
                Request(OURS, server, method, uri),
                {KEY.id: KEY.verify_key},
            )
        assert signed[1].split(" ")[1] == second
        assert listener.connections == 1


async def test_what_has_to_be_signed_is_not_asked_while_nobody_may_sign() -> None:
    space, alias = RoomId("!s"), "%23a%3A127.0.0.1%3A{}"
    async with homeserver({}) as (listener, server):
        ours = client(identity=False)
        with pytest.raises(IdentityOff):
            await ours.directory(FEDERATION, server, room_cap=100)
        with pytest.raises(IdentityOff):
            await ours.hierarchy(space, (server,))
        listener.answers = {
            f"{CS}/v3/directory/room/{alias.format(listener.port)}": answer({"room_id": "!r"}),
            f"{FED}/version": answer({"server": {"name": "x"}}),
        }
        found = await ours.alias(RoomAlias(f"#a:{server}"))
        assert found is not None
        assert await ours.federation.version(server) == {"server": {"name": "x"}}
        assert not any(authorization(request) for request in listener.requests)


async def test_a_closed_server_says_so() -> None:
    answers: dict[str, bytes | None] = {f"{FED}/publicRooms?limit=100": REFUSED}
    async with homeserver(answers) as (_, server):
        with pytest.raises(StatusRefused, match="403 M_FORBIDDEN: closed") as refused:
            await client().directory(FEDERATION, server, room_cap=100)
        assert refused.value.errcode == "M_FORBIDDEN"


@pytest.mark.parametrize("way", [FEDERATION, CLIENT])
async def test_robots_is_honoured(way: str) -> None:
    async with homeserver({"/robots.txt": respond(b"User-agent: *\nDisallow: /_matrix")}) as (
        listener,
        server,
    ):
        with pytest.raises(RobotsRefused):
            await client().directory(way, server, room_cap=100)
        assert asked(listener) == []


async def test_a_federation_request_follows_no_redirect() -> None:
    moved = respond(b"", "Location: /elsewhere", status="302 Found")
    async with homeserver({f"{FED}/publicRooms?limit=100": moved}) as (listener, server):
        with pytest.raises(StatusRefused, match="302"):
            await client().directory(FEDERATION, server, room_cap=100)
        assert len(asked(listener)) == 1


async def test_a_page_that_fails_leaves_the_listing_incomplete() -> None:
    answers: dict[str, bytes | None] = {
        f"{FED}/publicRooms?limit=100": page("!1:a.example", next_batch="x"),
        f"{FED}/publicRooms?limit=100&since=x": respond(b"<html>"),
    }
    async with homeserver(answers) as (_, server):
        listing = await client().directory(FEDERATION, server, room_cap=100)
        assert len(listing.rooms) == 1
        assert not listing.complete
        assert "page 2 failed" in listing.why_incomplete


async def test_a_long_pause_in_the_middle_ends_the_listing() -> None:
    busy = answer({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 60_000}, status="429 Busy")
    answers: dict[str, bytes | None] = {
        f"{FED}/publicRooms?limit=100": page("!1:a.example", next_batch="x"),
        f"{FED}/publicRooms?limit=100&since=x": busy,
    }
    async with homeserver(answers) as (listener, server):
        listing = await client().directory(FEDERATION, server, room_cap=100)
        assert not listing.complete
        assert isinstance(listing.failure, BackingOff)
        assert len(asked(listener)) == 2


async def test_a_short_pause_is_waited_for() -> None:
    busy = answer({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1_000}, status="429 Busy")
    async with homeserver({f"{FED}/publicRooms?limit=100": busy}) as (listener, server):
        ours = client()
        listener.after(2, {f"{FED}/publicRooms?limit=100": page("!1:a.example")})
        listing = await ours.directory(FEDERATION, server, room_cap=100)
        assert listing.complete
        assert len(asked(listener)) == 2


async def test_an_open_directory_is_read_without_signature_or_token() -> None:
    answers: dict[str, bytes | None] = {f"{CS}/v3/publicRooms?limit=100": page("!1:a.example")}
    async with homeserver(answers) as (listener, server):
        listing = await client(token="secret").directory(CLIENT, server, room_cap=100)
        assert listing.complete
        assert not any(authorization(request) for request in listener.requests)


async def test_our_own_homeserver_reads_others_for_us() -> None:
    async with homeserver({}) as (far, server), homeserver({}) as (listener, own):
        target = f"{CS}/v3/publicRooms?server=127.0.0.1%3A{far.port}"
        listener.answers[target] = page("!1:far.example")
        ours = client(own=own, token="secret")
        assert ours.ways == (FEDERATION, CLIENT, PROXY)
        listing = await ours.directory(PROXY, server, room_cap=100)
        assert listing.complete
        assert asked(listener) == [f"POST {target}"]
        assert listener.bodies == [b'{"limit":100}']
        assert authorization(listener.requests[0]) == "Bearer secret"
        assert asked(far) == []


async def test_our_own_homeserver_does_not_read_for_us_what_robots_forbids() -> None:
    robots = {"/robots.txt": respond(b"User-agent: webring\nDisallow: /_matrix/federation")}
    async with homeserver({}) as (far, server), homeserver({}) as (listener, own):
        far.answers.update(robots)
        ours = client(own=own, token="secret")
        with pytest.raises(RobotsRefused):
            await ours.directory(PROXY, server, room_cap=100)
        with pytest.raises(DnsFailed):
            await ours.directory(PROXY, ServerName("nowhere.example:8448"), room_cap=100)
        assert listener.requests == []


def test_ways_are_those_that_we_have() -> None:
    assert client().ways == (FEDERATION, CLIENT)
    assert client(own=ServerName("a.example")).ways == (FEDERATION, CLIENT)


ALIAS_CASES: dict[str, tuple[bytes, bytes, str | None]] = {
    "federation knows": (answer({"room_id": "!r", "servers": []}), UNKNOWN, "!r"),
    "federation knows of none": (NO_ALIAS, answer({"room_id": "!other"}), None),
    "federation refuses, a client may": (REFUSED, answer({"room_id": "!r"}), "!r"),
    "federation refuses, a client is told of none": (REFUSED, NO_ALIAS, None),
}


@pytest.mark.parametrize("case", ALIAS_CASES)
async def test_an_alias_is_asked_of_its_own_server(case: str) -> None:
    federation, open_, expected = ALIAS_CASES[case]
    async with homeserver({}) as (listener, server):
        alias = RoomAlias.parse(f"#\N{SEEDLING} a/b:{server}".replace(" ", "_"))
        quoted = f"%23%F0%9F%8C%B1_a%2Fb%3A127.0.0.1%3A{listener.port}"
        listener.answers[f"{FED}/query/directory?room_alias={quoted}"] = federation
        listener.answers[f"{CS}/v3/directory/room/{quoted}"] = open_
        found = await client().alias(alias)
        assert (found.room_id if found else None) == expected


async def test_an_alias_that_nobody_answers_for_is_no_missing_one() -> None:
    async with homeserver({}) as (_, server):
        with pytest.raises(StatusRefused):
            await client().alias(RoomAlias(f"#a:{server}"))


async def test_summary_state_and_hierarchy_come_from_our_own_homeserver() -> None:
    space = RoomId("!s:a.example")
    link = {"type": "m.space.child", "state_key": "!c:a.example", "content": {"via": ["a.example"]}}
    rooms = [{**entry(space), "room_type": "m.space", "children_state": [link]}]
    walk = f"{CS}/v1/rooms/%21s%3Aa.example/hierarchy?limit=50&max_depth=1"
    answers: dict[str, bytes | None] = {
        f"{CS}/v1/room_summary/%21s%3Aa.example?via=b.example": answer(entry(space)),
        f"{CS}/v1/room_summary/%21x": NO_ALIAS,
        f"{CS}/v3/rooms/%21s%3Aa.example/state/org.commune.webring/": answer({"listed": True}),
        f"{CS}/v3/rooms/%21x/state/org.commune.webring/": REFUSED,
        walk: answer({"rooms": rooms, "next_batch": "p"}),
        f"{walk}&from=p": answer({"rooms": [entry("!c:a.example")]}),
    }
    async with homeserver(answers) as (listener, own):
        ours = client(own=own, token="secret")
        summary = await ours.summary(space, (ServerName("b.example"),))
        assert summary is not None
        assert summary.members == 3
        assert await ours.summary(RoomId("!x")) is None
        assert await ours.own.state(space, "org.commune.webring") == {"listed": True}
        assert await ours.own.state(RoomId("!x"), "org.commune.webring") is None
        hierarchy = await ours.hierarchy(space)
        assert hierarchy is not None
        assert [room.room_id for room in hierarchy.rooms] == [space, "!c:a.example"]
        assert [child.room_id for child in hierarchy.children] == ["!c:a.example"]
        assert {authorization(request) for request in listener.requests} == {"Bearer secret"}


async def test_a_notice_is_posted_under_its_own_transaction() -> None:
    target = f"{CS}/v3/rooms/%21r%3Aa.example/send/m.room.message/webring%2F1"
    answers: dict[str, bytes | None] = {target: answer({"event_id": "$e"})}
    async with homeserver(answers) as (listener, own):
        ours = client(own=own, token="secret").own
        await ours.send_notice(RoomId("!r:a.example"), "It is listed.", "webring/1")
        assert asked(listener) == [f"PUT {target}"]
        (body,) = listener.bodies
        assert body == b'{"body":"It is listed.","m.mentions":{},"msgtype":"m.notice"}'
        assert authorization(listener.requests[0]) == "Bearer secret"
        listener.answers[target] = REFUSED
        with pytest.raises(StatusRefused, match="403 M_FORBIDDEN"):
            await ours.send_notice(RoomId("!r:a.example"), "It is listed.", "webring/1")


async def test_without_a_token_a_hierarchy_is_asked_of_another_server() -> None:
    space = RoomId("!s")
    payload = {"room": {**entry(space), "children_state": []}, "children": []}
    answers: dict[str, bytes | None] = {
        f"{FED}/hierarchy/%21s?suggested_only=false": answer(payload)
    }
    async with homeserver(answers) as (_, server):
        found = await client().hierarchy(space, (server,))
        assert found is not None
        assert found.rooms[0].room_id == space
        assert await client().hierarchy(space) is None


class Delegation(FakeResolver):
    """Every server name's federation is a route to one address and port."""

    port = 0

    async def srv(self, name: str) -> tuple[SrvTarget, ...]:
        return (SrvTarget("node.example", self.port, 1, 1),)


async def test_names_delegated_to_one_server_are_each_certified(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.context("a.example")
    lookup = f"{FED}/query/directory?room_alias=%23x%3Aa.example"
    async with listening({lookup: answer({"room_id": "!r"})}, context) as listener:
        resolver = Delegation({"node.example": ("127.0.0.1",)})
        resolver.port = listener.port
        ours = client(
            resolver=resolver,
            policy=AddressPolicy((Exemption("127.0.0.0/8", None),)),
            ca_file=str(authority.ca_file),
        )
        found = await ours.federation.alias(RoomAlias("#x:a.example"))
        assert found is not None
        with pytest.raises(TlsFailed):
            await ours.federation.alias(RoomAlias("#x:b.example"))
        (request,) = listener.requests
        assert "host: a.example\r\n" in request.lower()
        assert 'destination="a.example"' in authorization(request)


async def test_the_configured_homeserver_may_be_at_a_private_address_and_no_other() -> None:
    private = FakeResolver({"hs.internal": ("127.0.0.1",), "a.example": ("127.0.0.1",)})
    async with homeserver({f"{CS}/v3/publicRooms?limit=100": page("!1:a.example")}) as (
        listener,
        place,
    ):
        base = f"http://hs.internal:{place.port}"
        ours = client(own=ServerName("a.example"), url=base, resolver=private, policy=STRICT).own
        assert (await ours.directory(room_cap=10)).rooms
        other = client(own=ServerName("a.example"), resolver=private, policy=STRICT)
        with pytest.raises(AddressRefused):
            await other.own.directory(room_cap=10)
        with pytest.raises(AddressRefused):
            await other.directory(CLIENT, ServerName(f"hs.internal:{place.port}"), room_cap=10)
        assert len(asked(listener)) == 1


async def test_plain_http_to_the_configured_homeserver_stays_off_the_internet() -> None:
    public = FakeResolver({"hs.example": ("93.184.216.34",)})
    base = "http://hs.example:8008"
    ours = client(own=ServerName("a.example"), url=base, resolver=public, policy=STRICT).own
    with pytest.raises(AddressRefused, match="plain HTTP"):
        await ours.directory(room_cap=10)
