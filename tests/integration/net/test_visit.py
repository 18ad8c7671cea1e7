"""What a visit does on its way: robots, turns, pauses, ourselves, redirects, stale connections."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.authority import Authority
from tests.fakes.listener import FakeResolver, Listener, listening, respond
from webring.clock import DAY, HOUR, SECOND, Millis
from webring.errors import (
    AddressRefused,
    BackingOff,
    ConnectFailed,
    RedirectRefused,
    RobotsRefused,
    StatusRefused,
    TlsFailed,
    TypeRefused,
    UrlRefused,
)
from webring.names import ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.answer import Answer
from webring.net.budget import KIB, Budget
from webring.net.fetch import Fetcher, user_agent
from webring.net.hosts import MemoryHostStore
from webring.net.place import Place
from webring.net.visit import Visit

pytestmark = pytest.mark.anyio
START: Millis = 1_792_490_400_000
BUDGET = Budget(5 * SECOND, 64 * KIB, 64 * KIB)
LOOPBACK = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
NAMES = {
    "a.example": ("127.0.0.1",),
    "b.example": ("127.0.0.1",),
    "node.example": ("127.0.0.1",),
    "public.example": ("1.1.1.1",),
}
OUT = respond(b"User-agent: *\nDisallow: /private")


class World:
    """A clock and a store that outlive a fetcher."""

    def __init__(self) -> None:
        self.now = START
        self.hosts = MemoryHostStore()

    def fetcher(
        self, *, own: tuple[str, ...] = (), policy: AddressPolicy = LOOPBACK, ca_file: str = ""
    ) -> Fetcher:
        return Fetcher(
            policy=policy,
            resolver=FakeResolver(NAMES),
            agent=user_agent("1.0", "https://ring.example/about", "mailto:op@ring.example"),
            ca_file=ca_file,
            own=own,
            hosts=self.hosts,
            clock=lambda: self.now,
        )


@asynccontextmanager
async def visiting(
    answers: dict[str, bytes | None], world: World | None = None
) -> AsyncIterator[tuple[Visit, Listener]]:
    async with listening(answers) as listener, (world or World()).fetcher().visit() as visit:
        yield visit, listener


async def get(visit: Visit, listener: Listener, path: str = "/", *, robots: bool = False) -> Answer:
    url = f"http://a.example:{listener.port}{path}"
    return await visit.request("GET", url, budget=BUDGET, redirects=3, robots=robots)


def paths(listener: Listener) -> list[str]:
    return [request.split(" ")[1] for request in listener.requests]


async def test_robots_is_asked_once_and_obeyed() -> None:
    answers: dict[str, bytes | None] = {"/robots.txt": OUT, "/": respond(b"x")}
    async with visiting(answers) as (visit, listener):
        with pytest.raises(RobotsRefused, match="/private/x"):
            await get(visit, listener, "/private/x?a=1", robots=True)
        assert (await get(visit, listener, robots=True)).body == b"x"
        assert paths(listener) == ["/robots.txt", "/"]


async def test_robots_is_asked_again_at_every_hop() -> None:
    async with visiting({"/robots.txt": OUT}) as (visit, listener):
        moved = f"Location: http://b.example:{listener.port}/private"
        listener.answers["/"] = respond(b"", moved, status="302 Found")
        with pytest.raises(RobotsRefused, match=r"b\.example"):
            await get(visit, listener, robots=True)
        assert paths(listener) == ["/robots.txt", "/", "/robots.txt"]


async def test_a_robots_file_that_is_too_long_counts_as_far_as_it_is_read() -> None:
    long = b"User-agent: *\nDisallow: /private\n" + b"# more\n" * 100_000
    async with visiting({"/robots.txt": respond(long), "/": respond(b"x")}) as (visit, listener):
        with pytest.raises(RobotsRefused):
            await get(visit, listener, "/private", robots=True)
        assert (await get(visit, listener, robots=True)).body == b"x"


async def test_robots_that_goes_round_in_circles_counts_as_absent() -> None:
    round_ = respond(b"", "Location: /robots.txt", status="302 Found")
    async with visiting({"/robots.txt": round_, "/": respond(b"x")}) as (visit, listener):
        assert (await get(visit, listener, robots=True)).body == b"x"
        assert len(paths(listener)) == 7


async def test_retry_after_is_told_and_kept_across_restarts() -> None:
    world = World()
    busy = respond(b"{}", "Retry-After: 3600", status="429 Too Many Requests")
    async with visiting({"/": busy}, world) as (visit, listener):
        with pytest.raises(StatusRefused) as refused:
            await get(visit, listener)
        assert refused.value.retry_after == HOUR
        async with world.fetcher().visit() as after_restart:
            with pytest.raises(BackingOff) as resting:
                await get(after_restart, listener)
            assert resting.value.until >= START + HOUR
        assert len(listener.requests) == 1
        world.now += DAY
        listener.answers["/"] = respond(b"x")
        assert (await get(visit, listener)).body == b"x"
    assert all(state.failures == 0 for state in world.hosts.states.values())


async def test_a_dead_host_earns_a_pause_and_another_none() -> None:
    world = World()
    async with listening({}) as listener:
        dead = listener.port
    async with visiting({"/": respond(b"x")}, world) as (visit, alive):
        for _ in range(4):
            world.now += HOUR
            with pytest.raises(ConnectFailed):
                await visit.get(f"http://a.example:{dead}/", budget=BUDGET)
        with pytest.raises(BackingOff, match="connect"):
            await visit.get(f"http://a.example:{dead}/", budget=BUDGET)
        assert (await get(visit, alive)).body == b"x"


async def test_a_refusal_by_policy_earns_no_pause() -> None:
    world = World()
    async with world.fetcher(policy=AddressPolicy()).visit() as visit:
        with pytest.raises(AddressRefused):
            await visit.get("https://a.example/", budget=BUDGET)
    assert world.hosts.states == {}


async def test_plain_http_goes_to_exempted_addresses_only() -> None:
    async with World().fetcher().visit() as visit:
        with pytest.raises(AddressRefused, match="plain HTTP"):
            await visit.get("http://public.example:8080/", budget=BUDGET)


OURSELVES = {
    "directly": ("https://a.example:8443/", {}),
    "through a route": (
        "https://b.example/",
        {Place("b.example", 443): (Place("a.example", 8443),)},
    ),
}


@pytest.mark.parametrize("case", OURSELVES)
async def test_we_never_ask_ourselves(case: str) -> None:
    url, routes = OURSELVES[case]
    async with World().fetcher(own=("a.example:8443",)).visit(routes) as visit:
        with pytest.raises(UrlRefused, match="this instance itself"):
            await visit.get(url, budget=BUDGET)


async def test_we_are_not_redirected_to_ourselves() -> None:
    world = World()
    async with listening({}) as listener:
        moved = "Location: https://b.example:8443/"
        listener.answers["/"] = respond(b"", moved, status="302 Found")
        async with world.fetcher(own=("b.example:8443",)).visit() as visit:
            with pytest.raises(UrlRefused, match="this instance itself"):
                await get(visit, listener)


async def test_a_post_is_never_redirected() -> None:
    moved = respond(b"", "Location: /elsewhere", status="307 Temporary Redirect")
    async with visiting({"/": moved}) as (visit, listener):
        url = f"http://a.example:{listener.port}/"
        with pytest.raises(RedirectRefused):
            await visit.request("POST", url, budget=BUDGET, content=b"{}", redirects=3)
        assert listener.bodies == [b"{}"]


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization"])
async def test_no_header_that_could_be_a_credential_crosses_origins(name: str) -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        moved = f"Location: http://b.example:{listener.port}/"
        listener.answers["/a"] = respond(b"", moved, status="301 Moved")
        await visit.request(
            "GET",
            f"http://a.example:{listener.port}/a",
            budget=BUDGET,
            headers={name: "secret", "If-None-Match": '"1"'},
            redirects=1,
        )
        assert ["secret" in request for request in listener.requests] == [True, False]
        assert all('if-none-match: "1"' in request.lower() for request in listener.requests)


async def test_cookies_are_not_kept() -> None:
    async with visiting({"/": respond(b"x", "Set-Cookie: id=1")}) as (visit, listener):
        for _ in range(2):
            await get(visit, listener)
        assert not any("cookie" in request.lower() for request in listener.requests)


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening({}) as proxy, visiting({"/": respond(b"x")}) as (visit, listener):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await get(visit, listener)
        assert (proxy.connections, listener.connections) == (0, 1)


async def test_a_connection_that_went_stale_is_opened_again() -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        await get(visit, listener)
        listener.hang_up()
        assert (await get(visit, listener)).body == b"x"
        assert listener.connections == 2


async def test_the_crawler_says_who_it_is() -> None:
    async with visiting({"/": respond(b"x")}) as (visit, listener):
        await get(visit, listener)
        agent = "webring/1.0 (+https://ring.example/about; mailto:op@ring.example)"
        assert f"user-agent: {agent}" in listener.requests[0].lower()


def test_a_contact_cannot_break_out_of_the_user_agent() -> None:
    agent = user_agent("1.0", "https://a.example/about", "me\r\nX: y (z)\N{SNOWMAN}")
    assert agent == "webring/1.0 (+https://a.example/about; meX: y z)"


JSON = {
    "wrong UTF-8 in one name": (b'{"a":"\xff"}', {"a": "\N{REPLACEMENT CHARACTER}"}),
    "a lone surrogate": (b'{"a":"\\ud800"}', {"a": "\ud800"}),
    "nothing": (b"", None),
    "NaN": (b"[NaN]", None),
    "too deep": (b"[" * 100_000, None),
    "a number with no end": (b"9" * 10_000, None),
    "cut short": (b'{"a":', None),
}


@pytest.mark.parametrize("case", JSON)
def test_json(case: str) -> None:
    body, expected = JSON[case]
    answer = Answer(200, {}, body, "https://a.example/")
    if expected is not None:
        assert answer.json() == expected
        return
    with pytest.raises(TypeRefused, match="did not answer JSON"):
        answer.json()


SITES = {
    "a name": ("a.example", "https://a.example"),
    "an exempted address": ("127.0.0.1:8101", "http://127.0.0.1:8101"),
    "an exempted name": ("one.localhost:8101", "http://one.localhost:8101"),
    "another address": ("10.0.0.1:8101", "https://10.0.0.1:8101"),
}


@pytest.mark.parametrize("case", SITES)
def test_where_a_server_name_is_asked(case: str) -> None:
    name, site = SITES[case]
    assert World().fetcher().site(ServerName(name)) == site


def test_without_the_setting_nothing_goes_over_plain_http() -> None:
    policy = replace(LOOPBACK, http=False)
    assert World().fetcher(policy=policy).scheme_for("127.0.0.1", 8101) == "https"


async def test_two_names_behind_one_target_are_each_checked_for_themselves(tmp_path: Path) -> None:
    """An SRV record may point anybody's name at anybody's server."""
    authority = Authority(tmp_path)
    context = authority.context("a.example")
    async with listening({"/": respond(b"x")}, context) as listener:
        fetcher = World().fetcher(ca_file=str(authority.ca_file))
        target = (Place("node.example", listener.port),)
        async with fetcher.visit({Place("a.example", 443): target}) as visit:
            assert (await visit.get("https://a.example/", budget=BUDGET)).body == b"x"
        async with fetcher.visit({Place("b.example", 443): target}) as visit:
            with pytest.raises(TlsFailed):
                await visit.get("https://b.example/", budget=BUDGET)
        assert all("host: a.example\r\n" in request.lower() for request in listener.requests)


async def test_two_names_with_certificates_at_one_address_share_no_connection(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    contexts = {name: authority.context(name) for name in ("a.example", "b.example")}
    seen: list[str | None] = []

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        seen.append(name)
        connection.context = contexts[name or "a.example"]

    front = authority.context("a.example")
    front.sni_callback = choose
    async with listening({"/": respond(b"x")}, front) as listener:
        fetcher = World().fetcher(ca_file=str(authority.ca_file))
        async with fetcher.visit() as visit:
            for name in ("a.example", "b.example", "a.example"):
                await visit.get(f"https://{name}:{listener.port}/", budget=BUDGET)
        assert seen == ["a.example", "b.example"]
        assert listener.connections == 2


async def test_the_next_place_is_tried_where_nobody_answers_at_the_first(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = Place("node.example", closed.getsockname()[1])
        context = authority.context("a.example")
        async with listening({"/": respond(b"x")}, context) as listener:
            places = (dead, Place("node.example", listener.port))
            routes = {Place("a.example", 443): places}
            ca_file = str(authority.ca_file)
            async with World().fetcher(ca_file=ca_file).visit(routes) as visit:
                for _ in range(2):
                    assert (await visit.get("https://a.example/", budget=BUDGET)).body == b"x"
            async with World().fetcher(ca_file=ca_file).visit(routes) as visit:
                with pytest.raises(ConnectFailed):
                    await visit.request("POST", "https://a.example/", budget=BUDGET)
            assert len(listener.requests) == 2
