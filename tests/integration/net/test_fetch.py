"""The door, against real listeners on loopback: what it refuses, it refuses before it harms."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.authority import Authority
from tests.fakes.listener import FakeResolver, Listener, listening, respond
from webring.clock import SECOND
from webring.errors import (
    AddressRefused,
    BudgetExceeded,
    ConnectFailed,
    DnsFailed,
    FetchError,
    RedirectRefused,
    StatusRefused,
    TimedOut,
    TlsFailed,
    TypeRefused,
    UrlRefused,
)
from webring.guards import holding_transaction
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import KIB, Answer, Budget, Fetcher, Visit
from webring.net.place import Place

pytestmark = pytest.mark.anyio
LOOPBACK = Exemption("127.0.0.0/8", None)
BUDGET = Budget(5 * SECOND, 64 * KIB, 64 * KIB)
NAMES = {"a.example": ("127.0.0.1",), "b.example": ("127.0.0.1",)}


def fetcher(
    *exemptions: Exemption,
    names: Mapping[str, tuple[str, ...]] = NAMES,
    http: bool = True,
    ca_file: str = "",
    own: tuple[str, ...] = (),
) -> Fetcher:
    policy = AddressPolicy(exemptions, http)
    resolver = FakeResolver(names)
    return Fetcher(policy=policy, resolver=resolver, agent="webring/test", ca_file=ca_file, own=own)


@asynccontextmanager
async def visiting(answers: Mapping[str, bytes | None]) -> AsyncIterator[tuple[Visit, Listener]]:
    async with listening(answers) as listener, fetcher(LOOPBACK).visit() as visit:
        yield visit, listener


async def get(
    visit: Visit, listener: Listener, path: str = "/", redirects: int = 3, budget: Budget = BUDGET
) -> Answer:
    return await visit.get(
        f"http://a.example:{listener.port}{path}", budget=budget, redirects=redirects
    )


async def test_it_answers_and_keeps_the_connection_within_a_visit() -> None:
    async with visiting({"/": respond(b'{"a":1}', "ETag: x")}) as (visit, listener):
        assert (await get(visit, listener)).json() == {"a": 1}
        assert (await get(visit, listener)).headers["etag"] == "x"
        assert listener.connections == 1
        assert f"host: a.example:{listener.port}" in listener.requests[0].lower()
        assert "user-agent: webring/test" in listener.requests[0].lower()


async def test_two_names_at_one_address_share_no_connection() -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        await get(visit, listener)
        await visit.get(f"http://b.example:{listener.port}/", budget=BUDGET)
        assert listener.connections == 2


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("1.1.1.1", "127.0.0.1"), ("127.0.0.1", "1.1.1.1"), ("::ffff:127.0.0.1",)],
)
async def test_one_address_that_is_not_public_refuses_the_name(addresses: tuple[str, ...]) -> None:
    async with listening({"/": respond(b"secret")}) as listener:
        closed = fetcher(names={"a.example": addresses})
        async with closed.visit() as visit:
            with pytest.raises(AddressRefused):
                await get(visit, listener)
        assert listener.connections == 0


async def test_a_redirect_to_an_address_that_is_not_public_is_refused() -> None:
    async with listening({"/": respond(b"secret")}) as hidden:
        moved = respond(b"", f"Location: http://b.example:{hidden.port}/", status="302 Found")
        async with listening({"/": moved}) as listener:
            only = fetcher(Exemption("127.0.0.1/32", listener.port))
            async with only.visit() as visit:
                with pytest.raises(AddressRefused):
                    await get(visit, listener)
        assert hidden.connections == 0


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "https://me@a.example/", "http://2130706433/", "https://["]
)
async def test_a_redirect_astray_is_refused(location: str) -> None:
    moved = respond(b"", f"Location: {location}", status="302 Found")
    async with visiting({"/": moved}) as (visit, listener):
        with pytest.raises(RedirectRefused):
            await get(visit, listener)


async def test_redirects_are_counted_and_may_be_forbidden() -> None:
    moved = respond(b"", "Location: /", status="302 Found")
    async with visiting({"/": moved}) as (visit, listener):
        with pytest.raises(RedirectRefused):
            await get(visit, listener)
        assert len(listener.requests) == 4
        with pytest.raises(StatusRefused) as refused:
            await get(visit, listener, redirects=0)
        assert refused.value.status == 302


async def test_credentials_do_not_follow_to_another_origin_and_cookies_are_not_kept() -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        moved = f"Location: http://b.example:{listener.port}/"
        listener.answers["/a"] = respond(b"", moved, "Set-Cookie: a=b", status="307 Temporary")
        await visit.request(
            "GET",
            f"http://a.example:{listener.port}/a",
            budget=BUDGET,
            headers={"Authorization": "Bearer secret"},
            redirects=1,
        )
        first, second = (request.lower() for request in listener.requests)
        assert "bearer secret" in first
        assert "authorization" not in second
        assert "cookie" not in second


async def test_the_path_is_sent_exactly_as_written() -> None:
    path = "/a%2Fb/%7e?since=a%2Fb%20c&x=!%21"
    async with visiting({path: respond(b"x")}) as (visit, listener):
        await get(visit, listener, path)
        assert listener.requests[0].startswith(f"GET {path} HTTP/1.1\r\n")


BOMB = gzip.compress(bytes(50_000_000))
HOSTILE: dict[str, tuple[bytes, type[FetchError]]] = {
    "a gzip bomb": (respond(BOMB[: 60 * KIB], "Content-Encoding: gzip"), BudgetExceeded),
    "a body over the budget": (respond(bytes(65 * KIB)), BudgetExceeded),
    "a deflate bomb": (
        respond(zlib.compress(bytes(9_000_000)), "Content-Encoding: deflate"),
        BudgetExceeded,
    ),
    "two layers": (respond(b"x", "Content-Encoding: gzip, gzip"), TypeRefused),
    "brotli": (respond(b"x", "Content-Encoding: br"), TypeRefused),
    "packed and cut short": (
        respond(gzip.compress(b"abc" * 50)[:-9], "Content-Encoding: gzip"),
        TypeRefused,
    ),
    "packed and followed by more": (
        respond(gzip.compress(b"a") + b"more", "Content-Encoding: gzip"),
        TypeRefused,
    ),
    "not packed at all": (respond(b"plain", "Content-Encoding: gzip"), TypeRefused),
    "large headers": (respond(b"", "X: " + "a" * 40_000), BudgetExceeded),
    "endless headers": (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 50_000, BudgetExceeded),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", TypeRefused),
    "a wrong length": (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", TypeRefused),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_answers_are_refused(case: str) -> None:
    answer, error = HOSTILE[case]
    async with visiting({"/": answer}) as (visit, listener):
        with pytest.raises(error):
            await get(visit, listener)


async def test_one_packed_layer_is_read() -> None:
    packed = respond(gzip.compress(b'{"a":1}'), "Content-Encoding: gzip")
    async with visiting({"/": packed}) as (visit, listener):
        assert (await get(visit, listener)).json() == {"a": 1}


async def test_the_budget_of_time_is_for_the_whole_exchange() -> None:
    async with visiting({"/": None}) as (visit, listener):
        with pytest.raises(TimedOut):
            await get(visit, listener, budget=Budget(200, KIB, KIB))


async def test_a_refusal_carries_matrix_own_word() -> None:
    body = b'{"errcode":"M_FORBIDDEN","error":"closed"}'
    async with visiting({"/": respond(body, status="403 Forbidden")}) as (visit, listener):
        with pytest.raises(StatusRefused) as refused:
            await get(visit, listener)
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


async def test_unknown_names_and_closed_ports_have_their_own_errors() -> None:
    async with listening({}) as listener:
        port = listener.port
    async with fetcher(LOOPBACK).visit() as visit:
        with pytest.raises(DnsFailed):
            await visit.get("http://nowhere.example/", budget=BUDGET)
        with pytest.raises(ConnectFailed):
            await visit.get(f"http://a.example:{port}/", budget=BUDGET)


async def test_we_never_ask_ourselves() -> None:
    async with fetcher(LOOPBACK, own=("a.example:8080",)).visit() as visit:
        with pytest.raises(UrlRefused):
            await visit.get("http://a.example:8080/", budget=BUDGET)


async def test_no_request_leaves_while_a_transaction_is_held() -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        token = holding_transaction.set(True)
        try:
            with pytest.raises(RuntimeError):
                await get(visit, listener)
        finally:
            holding_transaction.reset(token)
        assert listener.connections == 0


async def test_each_name_needs_a_certificate_of_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with listening({"/": respond(b"x")}, authority.context("a.example")) as listener:
        trusting = fetcher(LOOPBACK, ca_file=str(authority.ca_file))
        async with trusting.visit() as visit:
            answer = await visit.get(f"https://a.example:{listener.port}/", budget=BUDGET)
            assert answer.body == b"x"
            with pytest.raises(TlsFailed):
                await visit.get(f"https://b.example:{listener.port}/", budget=BUDGET)
        async with fetcher(LOOPBACK).visit() as visit:
            with pytest.raises(TlsFailed):
                await visit.get(f"https://a.example:{listener.port}/", budget=BUDGET)


async def test_a_route_moves_the_dial_and_not_the_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with listening({"/": respond(b"x")}, authority.context("a.example")) as listener:
        trusting = fetcher(LOOPBACK, ca_file=str(authority.ca_file))
        routes = {Place("a.example", 8448): (Place("b.example", listener.port),)}
        async with trusting.visit(routes) as visit:
            answer = await visit.get("https://a.example:8448/", budget=BUDGET)
        assert answer.body == b"x"
        assert "host: a.example:8448" in listener.requests[0].lower()
