"""Visitors in a process of their own: connections that ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

WARM: Final = 5
"""How often each connection is answered, by and large, before anything counts."""
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Order:
    """What to do: every connection begins with another of `questions` and goes through them all.

    Each is a request, and what the head of its answer has to contain.
    """

    port: int
    connections: int
    seconds: float
    questions: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Report:
    """Answers in all, and per second while they counted; when half, 95 and 99 in 100 of these were
    there (seconds); how busy we were.
    """

    answers: int
    rate: float
    p50: float
    p95: float
    p99: float
    busy: float


def work(pipe: Connection) -> None:
    """Carry out orders until there are no more."""
    gc.disable()
    while (order := pipe.recv()) is not None:
        pipe.send(asyncio.run(_carry_out(order)))
        gc.collect()


async def _carry_out(order: Order) -> Report:
    visits = _Visits(order)
    loop = asyncio.get_running_loop()
    for _ in range(order.connections):
        await loop.create_connection(visits.another, "127.0.0.1", order.port)
    await visits.warm.wait()
    warming = len(visits.taken)
    began, busy = time.perf_counter(), time.process_time()
    await asyncio.sleep(order.seconds)
    length, busy = time.perf_counter() - began, time.process_time() - busy
    taken = sorted(visits.taken[warming:])
    visits.over = True
    await visits.gone.wait()
    if visits.wrong or not taken:
        raise AssertionError(f"answered with {visits.wrong!r}" if visits.wrong else "not answered")
    p50, p95, p99 = (taken[len(taken) * share // 100] for share in (50, 95, 99))
    return Report(len(visits.taken), len(taken) / length, p50, p95, p99, busy / length)


class _Visits:
    """What all connections have in common."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.taken: list[float] = []
        self.over = False
        self.warm = asyncio.Event()
        self.gone = asyncio.Event()
        self.left = 0
        self.wrong = b""

    def another(self) -> _Visitor:
        """One more connection."""
        self.left += 1
        return _Visitor(self, self.left * 7_919)

    def answered(self, taken: float) -> None:
        """Somebody was answered after so many seconds."""
        self.taken.append(taken)
        if len(self.taken) == WARM * self.order.connections:
            self.warm.set()

    def lost(self) -> None:
        """One connection is closed."""
        self.left -= 1
        if not self.left:
            self.warm.set()
            self.gone.set()


class _Visitor(asyncio.Protocol):
    """One connection; answers come whole or in parts, one at a time."""

    def __init__(self, visits: _Visits, first: int) -> None:
        self._visits = visits
        self._next = first
        self._seen = self._expected = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(_END)
        if not end:
            return
        length = head.partition(_LENGTH)[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        visits = self._visits
        visits.answered(time.perf_counter() - self._began)
        if self._expected not in head:
            visits.wrong = head
        if visits.over or visits.wrong:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._visits.lost()

    def _ask(self) -> None:
        questions = self._visits.order.questions
        self._next = (self._next + 1) % len(questions)
        request, self._expected = questions[self._next]
        self._seen = b""
        self._began = time.perf_counter()
        self._transport.write(request)
