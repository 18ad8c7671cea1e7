"""Hops along rings of several sizes, beside the same server answering a constant redirect.

One process serves, another one asks over 200 connections, each again as soon as it is answered.
Rounds of the one and of the other take turns, so that what else the machine does counts for both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import quote

from bench import asking, serving
from bench.asking import Order, Report
from bench.serving import FIXED, FIXED_URL, Place

SIZES: Final = (10, 1_000, 10_000)
CONNECTIONS: Final = 200
ROUNDS: Final = 10
SECONDS: Final = 0.5
"""How long each round counts."""
_BROWSER: Final = (
    "Host: ring.bench.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: cross-site\r\n"
)


@dataclass(frozen=True, slots=True)
class Round:
    """What a client saw, the server's processor time for one answer, and how busy it was."""

    report: Report
    cost: float
    busy: float


@dataclass(frozen=True, slots=True)
class HopRow:
    """A figure: hops beside constant redirects, by the processor's time: what else the machine does
    takes answers from both, but not evenly.
    """

    size: int
    ours: Sequence[Round]
    bare: Sequence[Round]

    @property
    def ratio(self) -> float:
        """The median over pairs of rounds, one after the other."""
        return median(o.cost / b.cost for o, b in zip(self.ours, self.bare, strict=True))

    def __str__(self) -> str:
        what, cost = f"hops in a ring of {self.size:,}", median(each.cost for each in self.ours)
        return (
            f"{what:<44} {self.ratio:>7.2f} x  {cost * 1e6:>7.1f} us  "
            f"a constant redirect: {1 / self.ratio:.0%} of its rate on a busy processor\n"
            f"{'':<8}hops      {_best(self.ours)}\n{'':<8}constant  {_best(self.bare)}"
        )


def _best(rounds: Sequence[Round]) -> str:
    """The round with the most answers."""
    best = max(rounds, key=lambda each: each.report.rate)
    seen = best.report
    times = ", ".join(f"{each * 1e3:.0f}" for each in (seen.p50, seen.p95, seen.p99))
    busy = f"server {best.busy:.0%}, client {seen.busy:.0%}"
    return f"{seen.rate:>7,.0f}/s; p50, p95, p99: {times} ms; busy: {busy}"


def run() -> Iterator[HopRow]:
    """Each size of ring."""
    with tempfile.TemporaryDirectory() as folder, _started(Path(folder)) as (server, client):
        port, places = server.recv()
        for size in SIZES:
            ring = serving.name(size)
            ours = _questions(f"/rings/{ring}", places[size])
            bare = _questions(f"{FIXED}{ring}", [replace(p, after=FIXED_URL) for p in places[size]])
            rounds: dict[bool, list[Round]] = {True: [], False: []}
            for number in range(ROUNDS * 2):
                hopping = number % 4 in {0, 3}
                order = Order(port, CONNECTIONS, SECONDS, ours if hopping else bare)
                rounds[hopping].append(_round(server, client, order))
            yield HopRow(size, rounds[True], rounds[False])


def _round(server: Connection, client: Connection, order: Order) -> Round:
    began, worked = time.perf_counter(), _worked(server)
    client.send(order)
    report = client.recv()
    worked = _worked(server) - worked
    return Round(report, worked / report.answers, worked / (time.perf_counter() - began))


def _worked(server: Connection) -> float:
    server.send("how long have you worked?")
    return float(server.recv())


def _questions(path: str, places: Sequence[Place]) -> list[tuple[bytes, bytes]]:
    """Hops of all members: half by path, as snippets have it, the others by URL and by Referer."""
    found = []
    for at, place in enumerate(places):
        target, referer = f"{path}/{place.id}/next", place.url
        if at % 4 == 1:
            target = f"{path}/next?from={quote(place.url, safe='')}"
        elif at % 4 == 3:
            target, referer = f"{path}/next", place.url.partition("~")[0]
        request = f"GET {target} HTTP/1.1\r\n{_BROWSER}Referer: {referer}\r\n\r\n"
        found.append((request.encode(), f"location: {place.after}\r\n".encode()))
    return found


@contextmanager
def _started(folder: Path) -> Iterator[tuple[Connection, Connection]]:
    """Pipes to a server and to a client, each in a process."""
    context = get_context("spawn")
    server, served = context.Pipe()
    client, asked = context.Pipe()
    processes = [
        context.Process(target=serving.work, args=(folder, SIZES, served)),
        context.Process(target=asking.work, args=(asked,)),
    ]
    for process, pipe in zip(processes, (served, asked), strict=True):
        process.start()
        pipe.close()
    try:
        yield server, client
    finally:
        for process, pipe in zip(processes, (server, client), strict=True):
            with suppress(OSError):
                pipe.send(None)
            process.join()
