"""Everything an instance is made of, opened together and closed together."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final

from webring import __version__
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
from webring.matrix.client import MatrixClient
from webring.matrix.federation import MatrixIdentity
from webring.moderation.desk import Desk
from webring.names import ServerName
from webring.net.addresses import AddressPolicy
from webring.net.fetch import Fetcher, user_agent
from webring.net.resolver import DnsResolver
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.search.service import SearchService
from webring.settings import Settings
from webring.storage import homeservers, identity, peers
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
    matrix: MatrixClient
    index: SearchIndex
    search: SearchService
    follower: Follower
    publisher: Publisher
    homeservers: HomeserverCrawler
    peers: PeerVisitor
    inbox: Inbox
    outbox: Outbox
    desk: Desk
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


def _assemble(
    settings: Settings, clock: Clock, keys: Identity, db: Database, index: SearchIndex
) -> Services:
    resolver = DnsResolver()
    spread = SystemRandom().random
    holder = f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"
    base = settings.instance.base_url
    contact = settings.profile.contact
    agent = user_agent(__version__, f"{base}/about", contact[0] if contact else "")
    fetcher = _fetcher(settings, resolver, StoredHosts(db), clock, agent)
    matrix_identity = MatrixIdentity(base.server_name, keys.matrix_keys.current)
    matrix = MatrixClient(fetcher, resolver, matrix_identity, settings.homeserver, clock)
    http = settings.testing.http
    home = ServerName(settings.homeserver.name) if settings.homeserver.name else None

    def witnesses() -> Witnesses:
        return Witnesses(db, fetcher, matrix, home, http)

    name = settings.instance.name
    chooser = Chooser(matrix, settings.communities, name)
    publisher = Publisher(db, chooser, witnesses, keys, settings, clock)
    fetching = ManifestFetcher(fetcher, allow_http=http)
    return Services(
        settings=settings,
        clock=clock,
        identity=keys,
        db=db,
        fetcher=fetcher,
        matrix=matrix,
        index=index,
        search=SearchService(index, db),
        follower=Follower(db, index),
        publisher=publisher,
        homeservers=HomeserverCrawler(db, matrix, settings.crawl, clock, holder, spread),
        peers=PeerVisitor(db, fetching, witnesses, settings, clock, holder, spread),
        inbox=Inbox(db, settings, clock),
        outbox=Outbox(db, fetcher, publisher, keys.instance_keys, name, clock),
        desk=Desk(db, clock),
        agent=agent,
        holder=holder,
    )


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
