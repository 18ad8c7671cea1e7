"""Servers that mean harm: what each may cost us, and what it is called."""

from __future__ import annotations

import functools
import gzip
import struct
import tracemalloc
import zlib

import pytest

from tests.fakes import hostile as fakes
from tests.fakes.hostile import Behaviour, hostile
from tests.fakes.listener import FakeResolver, listening, respond
from webring.clock import SECOND
from webring.errors import BudgetExceeded, ConnectFailed, FetchError, TimedOut, TypeRefused
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.budget import DIRECTORY, KIB, Budget
from webring.net.fetch import Fetcher

pytestmark = pytest.mark.anyio
BUDGET = Budget(20 * SECOND, 64 * KIB, 64 * KIB)
SHORT = Budget(SECOND // 2, 64 * KIB, 64 * KIB)
MEMORY = 20_000_000
"""Bytes that a bomb may cost."""

CASES: dict[str, tuple[Behaviour, Budget, type[FetchError]]] = {
    "endless headers": (fakes.endless_headers, BUDGET, BudgetExceeded),
    "one endless header": (fakes.one_endless_header, BUDGET, BudgetExceeded),
    "endless interim answers": (fakes.endless_interim_answers, BUDGET, BudgetExceeded),
    "endless body": (fakes.endless_body, BUDGET, BudgetExceeded),
    "endless chunks": (fakes.endless_chunks, BUDGET, BudgetExceeded),
    "padded chunks": (fakes.padded_chunks, BUDGET, BudgetExceeded),
    "endless trailers": (fakes.endless_trailers, BUDGET, FetchError),
    "endless gzip": (fakes.endless_gzip, BUDGET, BudgetExceeded),
    "a drop at a time": (fakes.a_drop_at_a_time, SHORT, TimedOut),
    "silence": (fakes.silence, SHORT, TimedOut),
    "hanging up": (fakes.hanging_up, BUDGET, ConnectFailed),
    "hanging up midway": (fakes.hanging_up_midway, BUDGET, ConnectFailed),
    "another protocol": (fakes.another_protocol, BUDGET, TypeRefused),
    "two lengths": (fakes.two_lengths, BUDGET, TypeRefused),
}


def fetcher() -> Fetcher:
    policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    resolver = FakeResolver({"a.example": ("127.0.0.1",)})
    return Fetcher(policy=policy, resolver=resolver, agent="webring/test")


@pytest.mark.parametrize("case", CASES)
async def test_a_hostile_server_is_named_and_left(case: str) -> None:
    behave, budget, error = CASES[case]
    async with hostile(behave) as server, fetcher().visit() as visit:
        with pytest.raises(error) as refused:
            await visit.get(f"http://a.example:{server.port}/", budget=budget)
        assert refused.value.host in {"a.example", ""}
        assert server.connections == 1


PIECE = bytes(1_000_000)


def zeros(pieces: int) -> bytes:
    """So many megabytes of nothing by gzip: one is packed, and stands there again and again."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(PIECE) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = functools.reduce(lambda sum_, _: zlib.crc32(PIECE, sum_), range(pieces), 0)
    head, tail = gzip.compress(b"")[:10], struct.pack("<II", checksum, pieces * len(PIECE))
    return head + packed * pieces + packer.flush() + tail


def test_a_bomb_is_good_gzip() -> None:
    assert gzip.decompress(zeros(3)) == 3 * PIECE


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
async def test_a_bomb_costs_little_memory(coding: str) -> None:
    body = zeros(500) if coding == "gzip" else gzip.compress(zeros(500))
    bomb = respond(body, f"Content-Encoding: {coding}")
    async with listening({"/": bomb}) as listener, fetcher().visit() as visit:
        tracemalloc.start()
        try:
            with pytest.raises((BudgetExceeded, TypeRefused)):
                await visit.get(f"http://a.example:{listener.port}/", budget=DIRECTORY)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < MEMORY
