"""robots.txt: what it means, how long it is kept, and what a hostile one costs."""

from __future__ import annotations

import pytest

from webring.clock import DAY, HOUR, Millis
from webring.errors import ConnectFailed, RobotsRefused
from webring.net.hosts import HostBook, MemoryHostStore
from webring.net.robots import MAX_RULES, STAY_AWAY, ReadRobots, Robots, for_us

pytestmark = pytest.mark.anyio
START: Millis = 1_792_490_400_000
ROOMS = "/_matrix/federation/v1/publicRooms"

FILES: dict[str, tuple[int, str, bool]] = {
    "empty": (200, "", True),
    "everybody out": (200, "User-agent: *\nDisallow: /", False),
    "everybody in": (200, "User-agent: *\nDisallow:", True),
    "us out": (200, "User-agent: webring\nDisallow: /", False),
    "us out, in capitals": (200, "USER-AGENT: WebRing\nDISALLOW: /", False),
    "us out, with a version": (200, "User-agent: webring/2.0\nDisallow: /", False),
    "us in, others out": (
        200,
        "User-agent: *\nDisallow: /\n\nUser-agent: webring\nAllow: /",
        True,
    ),
    "another out": (200, "User-agent: otherbot\nDisallow: /", True),
    "another whose name holds ours": (200, "User-agent: webringer\nDisallow: /", True),
    "another and we in one group": (
        200,
        "User-agent: otherbot\nUser-agent: webring\nDisallow: /",
        False,
    ),
    "another's group after ours": (
        200,
        "User-agent: webring\nAllow: /\nUser-agent: otherbot\nDisallow: /",
        True,
    ),
    "Matrix out": (200, "User-agent: *\nDisallow: /_matrix/", False),
    "the longest rule wins": (
        200,
        f"User-agent: *\nDisallow: /_matrix/\nAllow: {ROOMS}",
        True,
    ),
    "a wildcard": (200, "User-agent: *\nDisallow: /*/publicRooms", False),
    "an end": (200, "User-agent: *\nDisallow: /_matrix$", True),
    "a comment": (200, "User-agent: * # all\nDisallow: / # please", False),
    "rules of nobody": (200, "Disallow: /", True),
    "HTML": (200, "<!doctype html><title>Hello</title>", True),
    "NUL": (200, "User-agent: *\0\nDisallow: /\0", True),
    "not found": (404, "User-agent: *\nDisallow: /", True),
    "forbidden": (403, "", True),
    "gone": (410, "", True),
    "unavailable": (503, "", False),
    "broken": (500, "", False),
    "too many requests": (429, "", False),
}


class World:
    def __init__(self) -> None:
        self.now = START
        self.store = MemoryHostStore()
        self.reads = 0

    def robots(self) -> Robots:
        return Robots(HostBook(self.store), lambda: self.now)

    def answering(self, status: int, text: str) -> ReadRobots:
        async def read() -> tuple[int, str]:
            self.reads += 1
            return status, text

        return read


@pytest.mark.parametrize("name", FILES)
async def test_what_a_file_allows(name: str) -> None:
    status, text, allowed = FILES[name]
    world = World()
    check = world.robots().check("a.example", f"{ROOMS}?limit=100", world.answering(status, text))
    if allowed:
        await check
        return
    with pytest.raises(RobotsRefused, match=ROOMS) as refused:
        await check
    assert refused.value.host == "a.example"


async def test_it_is_kept_a_day_across_restarts() -> None:
    world = World()
    for _ in range(3):
        await world.robots().check("a.example", "/", world.answering(404, ""))
    assert world.reads == 1
    world.now += DAY
    await world.robots().check("a.example", "/", world.answering(404, ""))
    assert world.reads == 2


@pytest.mark.parametrize("text", [STAY_AWAY, "User-agent: *\nDisallow: /"])
async def test_a_file_that_disallows_is_certain(text: str) -> None:
    world = World()
    with pytest.raises(RobotsRefused) as refused:
        await world.robots().check("a.example", "/", world.answering(200, text))
    assert refused.value.certain


async def test_a_failure_is_asked_again_after_an_hour() -> None:
    world = World()
    for _ in range(2):
        with pytest.raises(RobotsRefused, match="could not be read") as refused:
            await world.robots().check("a.example", "/", world.answering(503, ""))
        assert not refused.value.certain
    world.now += HOUR
    await world.robots().check("a.example", "/", world.answering(404, ""))


async def test_a_failure_keeps_what_was_known() -> None:
    world = World()
    await world.robots().check("a.example", "/", world.answering(200, ""))
    world.now += DAY
    await world.robots().check("a.example", "/", world.answering(503, ""))


async def test_a_host_that_nobody_reaches_is_not_said_to_refuse() -> None:
    world = World()

    async def read() -> tuple[int, str]:
        raise ConnectFailed("nobody answers")

    with pytest.raises(ConnectFailed):
        await world.robots().check("a.example", "/", read)
    assert world.store.states == {}


async def test_a_clock_turned_back_asks_again() -> None:
    world = World()
    await world.robots().check("a.example", "/", world.answering(404, ""))
    world.now -= 1_000 * DAY
    await world.robots().check("a.example", "/", world.answering(404, ""))
    assert world.reads == 2


def test_a_file_of_many_agents_and_rules_is_cut_to_what_concerns_us() -> None:
    agents = "".join(f"User-agent: bot{n}\n" for n in range(10_000))
    rules = "".join(f"Disallow: /{n}*a*a*a*a\n" for n in range(10_000))
    assert for_us(agents + rules) == ""
    kept = for_us(f"{agents}User-agent: *\n{rules}").split("\n")
    assert len(kept) == MAX_RULES
    assert kept[0] == "User-agent: *"
