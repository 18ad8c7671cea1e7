"""Crawling a simulated federation, beside bare httpx that asks the same of the same servers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bench import crawler, homeservers
from bench.crawler import MANY, Crawled
from bench.homeservers import HALF_GONE, Ground, Plan, Seen

SERVERS: Final = 2_600
SEEDS: Final = 10
FULL: Final = Plan(25_000, rooms=24, sorts=HALF_GONE)
"""About 250,000 rooms, and half of the servers are dead or closed."""
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """A crawl: what it took, what it asked, and what the bare requests took."""

    what: str
    crawl: Crawled
    seen: Seen
    bare: tuple[float, float] | None = None

    @property
    def ratio(self) -> float | None:
        """The processor's time for it, as a multiple of that of the bare requests."""
        return self.crawl.worked / self.bare[1] if self.bare else None

    def __str__(self) -> str:
        crawl, servers = self.crawl, max(self.crawl.servers, 1)
        ratio = f"{self.ratio:>7.2f} x" if self.ratio else f"{'':>9}"
        cost = crawl.worked / servers * 1e3
        asked, dialled = self.seen.requests / servers, self.seen.connections / servers
        lines = [
            f"{self.what:<44} {ratio}  {cost:>7.2f} ms  a server, beside httpx asking the same",
            f"{crawl.seconds:,.0f} s: {servers / crawl.seconds:,.0f} servers/s; {_states(crawl)}",
            f"{crawl.rooms:,} rooms, {crawl.changes:,} changes; peak {crawl.peak / _MIB:,.0f} MiB",
            f"{asked:.2f} requests and {dialled:.2f} connections a server",
        ]
        if self.bare:
            lines.append(f"httpx: {self.bare[0]:,.0f} s, {self.bare[1]:,.0f} s of the processor's")
        if crawl.many_after:
            lines.append(f"{MANY} servers were visited after {crawl.many_after:,.1f} s")
        return "\n        ".join(lines)


def _states(crawl: Crawled) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in sorted(crawl.states.items()))


def run() -> Iterator[CrawlRow]:
    """Everything for the first time from a few seeds, and again with nothing changed."""
    yield from _rows(Plan(SERVERS), SEEDS)


def run_full() -> Iterator[CrawlRow]:
    """A federation ten times as large; minutes."""
    yield from _rows(FULL, SEEDS)


def _rows(plan: Plan, seeds: int) -> Iterator[CrawlRow]:
    with tempfile.TemporaryDirectory() as folder, _federation(plan, Path(folder)) as pipe:
        ground: Ground = pipe.recv()
        first = [ground.name(number * 20 + 19) for number in range(seeds)]
        data = Path(folder) / "data"
        data.mkdir()
        with _process(crawler.work, data, ground, first) as crawling:
            crawl, seen = _crawl(crawling, pipe)
            yield CrawlRow("crawling for the first time", crawl, seen, _bare(ground, seen))
            pipe.send("what was asked?")
            pipe.recv()
            crawl, seen = _crawl(crawling, pipe)
            yield CrawlRow("again, nothing changed", crawl, seen, _bare(ground, seen))


def _crawl(crawling: Connection, federation: Connection) -> tuple[Crawled, Seen]:
    crawling.send("crawl")
    crawl: Crawled = crawling.recv()
    federation.send("what was asked?")
    return crawl, federation.recv()


def _bare(ground: Ground, seen: Seen) -> tuple[float, float]:
    with _process(crawler.work_bare, ground, seen.asked) as pipe:
        seconds, worked = pipe.recv()
    return seconds, worked


@contextmanager
def _federation(plan: Plan, folder: Path) -> Iterator[Connection]:
    with _process(homeservers.work, plan, folder) as pipe:
        yield pipe


@contextmanager
def _process(work: Any, *arguments: object) -> Iterator[Connection]:
    """A process of its own, which is told None at the end."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        with suppress(OSError):
            ours.send(None)
        process.join(10)
        if process.is_alive():
            process.terminate()
            process.join()
        ours.close()
