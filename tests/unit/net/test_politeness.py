"""Slots, gaps and pauses, with a clock and a sleep of the test's own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.errors import BackingOff
from webring.net.hosts import HostBook, HostState, MemoryHostStore
from webring.net.politeness import BURST, LONGEST_PAUSE, PER_HOST, Politeness

pytestmark = pytest.mark.anyio
START: Millis = 1_792_490_400_000


@dataclass
class World:
    """A clock that only sleeping moves."""

    now: Millis = START
    slept: list[float] = field(default_factory=list)
    store: MemoryHostStore = field(default_factory=MemoryHostStore)
    saves: int = 0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += int(seconds * SECOND)

    def politeness(self, *, concurrency: int = 32, chance: float = 1.0) -> Politeness:
        return Politeness(
            HostBook(self.store),
            lambda: self.now,
            concurrency=concurrency,
            sleep=self.sleep,
            chance=lambda: chance,
        )


async def ask(politeness: Politeness, host: str) -> None:
    async with politeness.slot(host):
        pass


async def test_a_rested_host_gets_a_burst_and_then_a_gap() -> None:
    world = World()
    politeness = world.politeness()
    for _ in range(BURST + 1):
        await ask(politeness, "a.example")
    assert world.slept == []
    await ask(politeness, "a.example")
    assert world.slept == [0.1]
    await ask(politeness, "b.example")
    assert world.slept == [0.1]


async def test_a_dead_host_holds_up_nobody_else() -> None:
    politeness = World().politeness(concurrency=PER_HOST + 1)
    release = asyncio.Event()

    async def hang() -> None:
        async with politeness.slot("dead.example"):
            await release.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.wait_for(ask(politeness, "alive.example"), 5)
    release.set()
    await asyncio.gather(*hanging)


async def test_the_ceiling_holds_over_all_hosts() -> None:
    politeness = World().politeness(concurrency=3)
    inside, most = 0, 0

    async def work(host: str) -> None:
        nonlocal inside, most
        async with politeness.slot(host):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(f"h{n}.example") for n in range(20)))
    assert most == 3


async def test_pauses_double_up_to_five_minutes_and_success_forgives() -> None:
    world = World()
    politeness = world.politeness()
    pauses = []
    for _ in range(20):
        await politeness.failed("a.example", "connect")
        pauses.append(world.store.states["a.example"].not_before - world.now)
    assert pauses[:4] == [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert pauses[-1] == LONGEST_PAUSE
    with pytest.raises(BackingOff, match=r"300 s more, after 20 failures in a row \(connect\)"):
        await ask(politeness, "a.example")
    world.now += LONGEST_PAUSE
    await ask(politeness, "a.example")
    await politeness.succeeded("a.example")
    assert world.store.states["a.example"] == HostState()


async def test_half_of_a_pause_is_left_to_chance() -> None:
    world = World()
    await world.politeness(chance=0.0).failed("a.example", "connect")
    assert world.store.states["a.example"].not_before - world.now == SECOND // 2


async def test_a_short_pause_is_waited_for() -> None:
    world = World()
    politeness = world.politeness()
    await politeness.failed("a.example", "status", 2_500)
    await ask(politeness, "a.example")
    assert world.slept == [2.5]


async def test_a_pause_that_was_asked_for_is_kept_and_survives_a_restart() -> None:
    world = World()
    await world.politeness().failed("a.example", "status", HOUR)
    with pytest.raises(BackingOff) as refused:
        await ask(world.politeness(), "a.example")
    assert refused.value.until == START + HOUR
    assert refused.value.host == "a.example"


async def test_a_clock_that_was_turned_back_by_years_keeps_nobody_away() -> None:
    world = World()
    politeness = world.politeness()
    await politeness.failed("a.example", "connect", MINUTE)
    world.now -= 1_000 * DAY
    await ask(politeness, "a.example")
    assert world.slept == []


async def test_success_writes_nothing_where_nothing_was_wrong() -> None:
    world = World()
    politeness = world.politeness()
    await ask(politeness, "a.example")
    await politeness.succeeded("a.example")
    assert world.store.states == {}


async def test_a_slot_is_given_back_after_an_error() -> None:
    politeness = World().politeness(concurrency=1)
    for _ in range(PER_HOST + 1):
        with pytest.raises(ValueError, match="boom"):
            async with politeness.slot("a.example"):
                raise ValueError("boom")
    await asyncio.wait_for(ask(politeness, "a.example"), 5)
