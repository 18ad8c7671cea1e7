"""From a server name to where it answers, by the specification's steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from webring.clock import DAY, HOUR, MINUTE
from webring.errors import DnsFailed, FetchError, StatusRefused, TimedOut, UrlRefused
from webring.matrix import discovery as module
from webring.matrix.discovery import Discovery
from webring.names import ServerName
from webring.net.fetch import Answer
from webring.net.place import Place
from webring.net.resolver import SrvTarget

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
NAME = ServerName("a.example")


@dataclass
class World:
    """What the network would answer."""

    well_known: bytes | FetchError = field(
        default_factory=lambda: StatusRefused("none", status=404)
    )
    cache_control: str = ""
    records: Mapping[str, tuple[SrvTarget, ...]] = field(default_factory=dict)
    dns_fails: bool = False
    asked: int = 0

    async def ask(self, server: ServerName) -> Answer:
        self.asked += 1
        if isinstance(self.well_known, FetchError):
            raise self.well_known
        headers = MappingProxyType({"cache-control": self.cache_control})
        return Answer(200, headers, self.well_known, f"https://{server}/")

    async def addresses(self, host: str) -> tuple[str, ...]:
        raise DnsFailed(host)

    async def srv(self, name: str) -> tuple[SrvTarget, ...]:
        if self.dns_fails:
            raise DnsFailed(name)
        return self.records.get(name, ())

    def discovery(self, spread: float = 0.5) -> Discovery:
        return Discovery(self.ask, self, lambda: spread)


FED = {"_matrix-fed._tcp.a.example": (SrvTarget("node.example", 444, 1, 1),)}
OLD = {"_matrix._tcp.a.example": (SrvTarget("old.example", 445, 1, 1),)}
DELEGATED = {"_matrix-fed._tcp.b.example": (SrvTarget("node.example", 444, 1, 1),)}

STEPS: dict[str, tuple[str, World, str, tuple[str, int] | None]] = {
    "an IP literal": ("1.2.3.4", World(), "https://1.2.3.4", ("1.2.3.4", 8448)),
    "an IP literal with a port": ("1.2.3.4:99", World(), "https://1.2.3.4:99", None),
    "an explicit port": ("a.example:8449", World(), "https://a.example:8449", None),
    "delegated with a port": (
        "a.example",
        World(b'{"m.server":"b.example:443"}'),
        "https://b.example:443",
        None,
    ),
    "delegated to an IP literal": (
        "a.example",
        World(b'{"m.server":"1.2.3.4"}'),
        "https://1.2.3.4",
        ("1.2.3.4", 8448),
    ),
    "delegated, SRV": (
        "a.example",
        World(b'{"m.server":"b.example"}', records=DELEGATED),
        "https://b.example",
        ("node.example", 444),
    ),
    "delegated, no SRV": (
        "a.example",
        World(b'{"m.server":"b.example"}'),
        "https://b.example",
        ("b.example", 8448),
    ),
    "SRV": ("a.example", World(records=FED), "https://a.example", ("node.example", 444)),
    "the new SRV before the old": (
        "a.example",
        World(records=FED | OLD),
        "https://a.example",
        ("node.example", 444),
    ),
    "the old SRV": ("a.example", World(records=OLD), "https://a.example", ("old.example", 445)),
    "nothing": ("a.example", World(), "https://a.example", ("a.example", 8448)),
    "SRV cannot be asked": (
        "a.example",
        World(dns_fails=True),
        "https://a.example",
        ("a.example", 8448),
    ),
    "not JSON": ("a.example", World(b"<html>"), "https://a.example", ("a.example", 8448)),
    "not an object": ("a.example", World(b"[]"), "https://a.example", ("a.example", 8448)),
    "a wrong name": (
        "a.example",
        World(b'{"m.server":"https://b.example"}'),
        "https://a.example",
        ("a.example", 8448),
    ),
}


@pytest.mark.parametrize("case", STEPS)
async def test_the_specifications_steps(case: str) -> None:
    name, world, base, place = STEPS[case]
    found = await world.discovery().resolve(ServerName.parse(name), NOW)
    assert (found.server, found.base) == (name, base)
    assert list(found.routes.values()) == ([(Place(*place),)] if place else [])


TTLS = {
    "by default a day": ("", DAY),
    "as asked": ("public, max-age=7200", 2 * HOUR),
    "quoted": ('max-age="7200"', 2 * HOUR),
    "never shorter than five minutes": ("max-age=0", 5 * MINUTE),
    "not stored": ("no-store", 5 * MINUTE),
    "never longer than two days": ("max-age=99999999999999999999", 2 * DAY),
    "not a number": ("max-age=soon", DAY),
}


@pytest.mark.parametrize("case", TTLS)
async def test_an_answer_is_kept_for_its_time(case: str) -> None:
    cache_control, ttl = TTLS[case]
    world = World(b'{"m.server":"b.example:443"}', cache_control)
    discovery = world.discovery()
    for now, asked in ((NOW, 1), (NOW + ttl - 1, 1), (NOW + ttl, 2)):
        await discovery.resolve(NAME, now)
        assert world.asked == asked


async def test_times_to_live_differ() -> None:
    for spread, ttl in ((0.0, 0.9), (1.0, 1.1)):
        world = World(b'{"m.server":"b.example:443"}')
        discovery = world.discovery(spread)
        await discovery.resolve(NAME, NOW)
        await discovery.resolve(NAME, NOW + int(DAY * ttl) - 1)
        assert world.asked == 1


async def test_a_passing_failure_uses_the_old_answer_for_a_while_and_a_lasting_one_does_not() -> (
    None
):
    world = World(b'{"m.server":"b.example:443"}')
    discovery = world.discovery()
    await discovery.resolve(NAME, NOW)
    world.well_known = TimedOut("too slow")
    assert (await discovery.resolve(NAME, NOW + DAY)).base == "https://b.example:443"
    assert (await discovery.resolve(NAME, NOW + 4 * DAY)).base == "https://a.example"
    world.well_known = UrlRefused("gone astray")
    assert (await discovery.resolve(NAME, NOW + 5 * DAY)).base == "https://a.example"


async def test_a_passing_failure_is_tried_again_soon() -> None:
    world = World(TimedOut("too slow"))
    discovery = world.discovery()
    await discovery.resolve(NAME, NOW)
    world.well_known = b'{"m.server":"b.example:443"}'
    assert (await discovery.resolve(NAME, NOW + 1)).base == "https://a.example"
    assert (await discovery.resolve(NAME, NOW + 2 * MINUTE)).base == "https://b.example:443"


async def test_plain_http_is_for_tests_only() -> None:
    world = World()
    discovery = Discovery(world.ask, world, lambda: 0.5, lambda host, _: host == "127.0.0.1")
    assert (await discovery.resolve(ServerName("127.0.0.1:8201"), NOW)).base.startswith("http://")
    assert (await discovery.resolve(ServerName("b.example:8201"), NOW)).base.startswith("https://")


async def test_made_up_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    world = World()
    discovery = world.discovery()
    for n in range(10):
        await discovery.resolve(ServerName(f"n{n}.example"), NOW)
    assert len(discovery._known) == 3
    await discovery.resolve(ServerName("n9.example"), NOW)
    assert world.asked == 10
