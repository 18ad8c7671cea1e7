"""Everything an instance is made of, opened together and closed together."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final

from webring import __version__
from webring.check.matrix import open_signing
from webring.clock import Clock, Millis, now_ms
from webring.crawler import frontier
from webring.crawler.choosing import Chooser
from webring.crawler.evidence import Witnesses
from webring.crawler.fetching import ManifestFetcher
from webring.crawler.homeserver_crawler import HomeserverCrawler
from webring.crawler.inbox import Inbox
from webring.crawler.outbox import Outbox
from webring.crawler.peers import PeerVisitor
from webring.crawler.publisher import Publisher
from webring.crawler.signing import Signing
from webring.matrix.client import MatrixClient
from webring.moderation.desk import Desk
from webring.moderation.reporting import Reporting
from webring.names import PeerUrl, ServerName
from webring.net.addresses import AddressPolicy
from webring.net.fetch import Fetcher, user_agent
from webring.net.mail import Mailer
from webring.net.resolver import DnsResolver
from webring.ring_services import RingServices, RingTools, open_ring_services
from webring.rings.circles import Circles
from webring.rings.noticing import Noticing
from webring.rings.sending import Sender
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.search.service import SearchService
from webring.settings import Settings
from webring.storage import changes, homeservers, identity, peers
from webring.storage.database import Database
from webring.storage.hosts import StoredHosts
from webring.storage.identity import Identity

INDEX_DIRECTORY: Final = "index"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running instance."""

    settings: Settings
    clock: Clock
    identity: Identity
    db: Database
    fetcher: Fetcher
    signing: Signing
    matrix: MatrixClient
    index: SearchIndex
    search: SearchService
    follower: Follower
    publisher: Publisher
    homeservers: HomeserverCrawler
    peers: PeerVisitor
    inbox: Inbox
    outbox: Outbox
    sender: Sender
    noticing: Noticing
    desk: Desk
    reporting: Reporting
    circles: Circles
    rings: RingServices
    agent: str
    holder: str


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock = now_ms) -> AsyncIterator[Services]:
    """Open an instance; everything is closed again at the end, whatever happens.

    Raises `ConfigError` where there is no identity, and `StorageError` where there is no database.
    """
    data_dir = settings.instance.data_dir
    keys = identity.load(data_dir)
    db = await Database.open(settings.instance.database, data_dir)
    try:
        await _seed(db, settings, clock())
        index = SearchIndex.open(data_dir / INDEX_DIRECTORY)
        try:
            yield _assemble(settings, clock, keys, db, index)
        finally:
            index.close()
    finally:
        await db.close()


@asynccontextmanager
async def open_search(settings: Settings) -> AsyncIterator[tuple[SearchService, Follower]]:
    """Open what a command needs to search or to reindex, beside a running instance or without one.

    The index is only read, so that a running instance keeps its place as the writer. Where it is
    missing or behind, and nobody else writes it, it is brought up to date first. Raises as
    `open_services`, and `SearchError` where there is no index yet and another process builds it.
    """
    data_dir = settings.instance.data_dir
    identity.load(data_dir)
    db = await Database.open(settings.instance.database, data_dir)
    try:
        index = SearchIndex.open(data_dir / INDEX_DIRECTORY, write=False)
        try:
            if index.needs_rebuild or index.sequence != await changes.latest(db.reader):
                index.close()
                index = SearchIndex.open(data_dir / INDEX_DIRECTORY)
                await Follower(db, index).catch_up()
            yield SearchService(index, db), Follower(db, index)
        finally:
            index.close()
    finally:
        await db.close()


@dataclass(frozen=True, slots=True)
class OpenRings:
    """What commands about rings work with, beside a running instance or without one."""

    settings: Settings
    db: Database
    rings: RingServices

    @property
    def own(self) -> ServerName:
        """Our own name."""
        return self.settings.instance.name

    @property
    def base_url(self) -> PeerUrl:
        """Where we serve."""
        return self.settings.instance.base_url


@asynccontextmanager
async def open_rings(settings: Settings, clock: Clock = now_ms) -> AsyncIterator[OpenRings]:
    """Open what commands about rings need. Raises as `open_services`."""
    keys = identity.load(settings.instance.data_dir)
    db = await Database.open(settings.instance.database, settings.instance.data_dir)
    try:
        yield OpenRings(settings, db, _Parts.open(settings, keys, db, clock).rings)
    finally:
        await db.close()


@dataclass(frozen=True, slots=True)
class _Doors:
    """What everything that asks others asks through."""

    fetcher: Fetcher
    fetching: ManifestFetcher
    signing: Signing
    matrix: MatrixClient
    agent: str

    @classmethod
    def open(cls, settings: Settings, keys: Identity, db: Database, clock: Clock) -> _Doors:
        resolver = DnsResolver()
        base, contact = settings.instance.base_url, settings.profile.contact
        agent = user_agent(__version__, f"{base}/about", contact[0] if contact else "")
        fetcher = _fetcher(settings, resolver, StoredHosts(db), clock, agent)
        signing = open_signing(settings, keys.matrix_keys, db, resolver, clock)
        matrix = MatrixClient(fetcher, resolver, signing.identity, settings.homeserver, clock)
        fetching = ManifestFetcher(fetcher, allow_http=settings.testing.http)
        return cls(fetcher, fetching, signing, matrix, agent)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What commands about rings need as well as a running instance."""

    doors: _Doors
    noticing: Noticing
    witnesses: Callable[[], Witnesses]
    circles: Circles
    peers: PeerVisitor
    rings: RingServices
    holder: str
    spread: Callable[[], float]

    @classmethod
    def open(cls, settings: Settings, keys: Identity, db: Database, clock: Clock) -> _Parts:
        doors = _Doors.open(settings, keys, db, clock)
        spread, holder = SystemRandom().random, _holder()
        witnesses = _witnesses(settings, doors, db)
        noticing = _noticing(settings, clock, db, doors.matrix)
        circles = Circles(db, clock, loopback=settings.is_testing)
        visitor = PeerVisitor(db, doors.fetching, witnesses, settings, clock, holder, spread)
        tools = RingTools(
            db=db,
            fetcher=doors.fetcher,
            fetching=doors.fetching,
            meet=visitor.visit,
            circles=circles,
            notes=noticing,
            settings=settings,
            clock=clock,
            holder=holder,
            spread=spread,
        )
        rings = open_ring_services(keys, tools)
        return cls(doors, noticing, witnesses, circles, visitor, rings, holder, spread)


def _assemble(
    settings: Settings, clock: Clock, keys: Identity, db: Database, index: SearchIndex
) -> Services:
    parts = _Parts.open(settings, keys, db, clock)
    fetcher, fetching = parts.doors.fetcher, parts.doors.fetching
    matrix, rings = parts.doors.matrix, parts.rings
    spread, holder, signers = parts.spread, parts.holder, keys.instance_keys
    name = settings.instance.name
    chooser = Chooser(matrix, settings.communities, name)
    publisher = Publisher(db, chooser, parts.witnesses, keys, settings, clock, parts.noticing)
    return Services(
        settings=settings,
        clock=clock,
        identity=keys,
        db=db,
        fetcher=fetcher,
        signing=parts.doors.signing,
        matrix=matrix,
        index=index,
        search=SearchService(index, db),
        follower=Follower(db, index),
        publisher=publisher,
        homeservers=HomeserverCrawler(db, matrix, settings, clock, holder, spread),
        peers=parts.peers,
        inbox=Inbox(db, settings, clock, rings.receiving),
        outbox=Outbox(db, fetcher, publisher, signers, name, clock, rings.sharing),
        sender=Sender(db, fetcher, fetching, signers, name, clock, spread, rings.heard),
        noticing=parts.noticing,
        desk=Desk(db, clock),
        reporting=Reporting(db, clock),
        circles=parts.circles,
        rings=rings,
        agent=parts.doors.agent,
        holder=holder,
    )


def _witnesses(settings: Settings, doors: _Doors, db: Database) -> Callable[[], Witnesses]:
    home = ServerName(settings.homeserver.name) if settings.homeserver.name else None
    http = settings.testing.http
    return lambda: Witnesses(db, doors.fetcher, doors.matrix, home, http)


def _noticing(settings: Settings, clock: Clock, db: Database, matrix: MatrixClient) -> Noticing:
    mailer = Mailer(settings.mail, clock, settings.testing.ca_file)
    return Noticing(db, matrix, mailer, settings, clock)


def _holder() -> str:
    """What this process is called in leases: its machine, its number, and a word of its own."""
    return f"{platform.node()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"


def _fetcher(
    settings: Settings, resolver: DnsResolver, hosts: StoredHosts, clock: Clock, agent: str
) -> Fetcher:
    base = settings.instance.base_url
    return Fetcher(
        policy=AddressPolicy.from_settings(settings.testing),
        resolver=resolver,
        agent=agent,
        ca_file=settings.testing.ca_file,
        own=(base.partition("://")[2].partition("/")[0],),
        hosts=hosts,
        clock=clock,
        concurrency=settings.crawl.concurrency,
    )


async def _seed(db: Database, settings: Settings, now: Millis) -> None:
    """Make sure that whatever the settings name is known; the first start finds it due."""
    servers = [
        *settings.crawl.seeds,
        *([settings.homeserver.name] * bool(settings.homeserver.name)),
    ]
    async with db.transaction() as tx:
        seeds = frontier.candidates(map(ServerName, servers), "seed")
        await homeservers.add(tx, seeds, now, now)
        await peers.add(tx, frontier.candidates(settings.peers.seeds, "configured"), now, now)
        for name in settings.peers.seeds:
            await peers.set_origin(tx, name, "configured")
            row = await peers.get(tx, name)
            if row is not None and not row.accepted:
                await peers.set_accepted(tx, name, True, now)
