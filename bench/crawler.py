"""The crawler in a process of its own, as an instance has it; and the bare requests beside it."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import dns.asyncresolver
import dns.resolver
import httpx

from bench.homeservers import HOST, Ground
from bench.material import SERVER
from webring.clock import DAY, Millis, now_ms
from webring.crawler import frontier
from webring.crawler.homeserver_crawler import HomeserverCrawler, Tally
from webring.crawler.homeservers import Reading, Visited
from webring.documents.keys import SigningKey
from webring.matrix.client import MatrixClient
from webring.matrix.federation import MatrixIdentity
from webring.names import PeerUrl, ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher, user_agent
from webring.net.resolver import CACHED, DnsResolver
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.settings import HomeserverSettings, InstanceSettings, Settings
from webring.storage import changes, homeservers
from webring.storage.database import Database
from webring.storage.hosts import StoredHosts

AT_ONCE: Final = 32
MANY: Final = 500
"""Servers whose number tells how fast a federation is found."""
_AGENT: Final = user_agent("1.0", "https://bench.example/about")


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl: seconds, seconds of the processor, what came of it, and how many changes it made.

    `many_after` are the seconds until `MANY` servers were visited, None where there were fewer;
    `peak` is the most memory that the process had by then, in bytes.
    """

    seconds: float
    worked: float
    servers: int
    rooms: int
    states: dict[str, int]
    changes: int
    many_after: float | None
    peak: int


@dataclass
class _Watch:
    """Sees visits go by."""

    began: float = field(default_factory=time.perf_counter)
    servers: int = 0
    many_after: float | None = None

    def __call__(self, _visited: Visited, _reading: Reading) -> None:
        self.servers += 1
        if self.servers == MANY:
            self.many_after = time.perf_counter() - self.began


class _Clock:
    """The time, which can be put forward."""

    ahead: Millis = 0

    def __call__(self) -> Millis:
        return now_ms() + self.ahead


def work(folder: Path, ground: Ground, seeds: Sequence[str], pipe: Connection) -> None:
    """Crawl from `seeds` when told to, a day later each time; ends when it is sent None."""
    logging.disable(logging.WARNING)
    asyncio.run(_work(folder, ground, seeds, pipe))


async def _work(folder: Path, ground: Ground, seeds: Sequence[str], pipe: Connection) -> None:
    clock = _Clock()
    db = await Database.open("", folder)
    index = SearchIndex.open(folder / "index")
    crawler, follower = _crawler(db, ground, clock), Follower(db, index)
    async with db.transaction() as tx:
        first = frontier.candidates(map(ServerName, seeds), "seed")
        await homeservers.add(tx, first, clock(), clock())
    try:
        while await asyncio.to_thread(pipe.recv) is not None:
            pipe.send(await _crawled(db, crawler, follower))
            clock.ahead += DAY
            async with db.transaction() as tx:
                await homeservers.hasten(tx, None, clock())
    finally:
        index.close()
        await db.close()


async def _crawled(db: Database, crawler: HomeserverCrawler, follower: Follower) -> Crawled:
    before = await changes.latest(db.reader)
    watch, worked = _Watch(), time.process_time()
    following = asyncio.create_task(follower.run())
    try:
        tally: Tally = await crawler.crawl_due(watch)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    await follower.catch_up()
    return Crawled(
        seconds=time.perf_counter() - watch.began,
        worked=time.process_time() - worked,
        servers=tally.servers,
        rooms=tally.rooms,
        states=dict(tally.states),
        changes=await changes.latest(db.reader) - before,
        many_after=watch.many_after,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _crawler(db: Database, ground: Ground, clock: _Clock) -> HomeserverCrawler:
    system = dns.asyncresolver.Resolver(configure=False)
    system.nameservers = [HOST]
    system.port = ground.dns
    system.cache = dns.resolver.LRUCache(CACHED)
    resolver = DnsResolver(system)
    fetcher = Fetcher(
        policy=AddressPolicy((Exemption("127.0.0.0/8", None),)),
        resolver=resolver,
        agent=_AGENT,
        ca_file=ground.ca_file,
        hosts=StoredHosts(db),
        clock=clock,
        concurrency=AT_ONCE,
    )
    identity = MatrixIdentity(SERVER, SigningKey.generate("ed25519:bench"))

    async def identify() -> MatrixIdentity:
        return identity

    matrix = MatrixClient(fetcher, resolver, identify, HomeserverSettings(), clock)
    settings = Settings(InstanceSettings(SERVER, PeerUrl(f"https://{SERVER}"), Path("unused")))
    return HomeserverCrawler(db, matrix, settings, clock, "bench", lambda: 0.5)


def work_bare(ground: Ground, asked: Sequence[tuple[str, int, str]], pipe: Connection) -> None:
    """Ask the same by httpx alone, connections of its own for every server. Sends the seconds that
    it took, and those of the processor.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(ground.ca_file)
    by_host: dict[str, list[tuple[int, str]]] = {}
    for host, port, path in asked:
        by_host.setdefault(host, []).append((port, path))
    began, worked = time.perf_counter(), time.process_time()
    asyncio.run(_ask_all(context, by_host))
    pipe.send((time.perf_counter() - began, time.process_time() - worked))


async def _ask_all(context: ssl.SSLContext, by_host: dict[str, list[tuple[int, str]]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(host: str, requests: list[tuple[int, str]]) -> None:
        async with turns, httpx.AsyncClient(verify=context, trust_env=False, timeout=30) as client:
            for port, path in requests:
                await _ask(client, host, port, path)

    await asyncio.gather(*(ask(host, requests) for host, requests in by_host.items()))


async def _ask(client: httpx.AsyncClient, host: str, port: int, path: str) -> None:
    try:
        answer = await client.get(
            f"https://{HOST}:{port}{path}",
            headers={"Host": host},
            extensions={"sni_hostname": host},
        )
        json.loads(answer.content or b"{}")
    except (httpx.HTTPError, ValueError, RecursionError):
        return
