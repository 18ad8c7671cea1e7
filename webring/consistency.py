"""Settings that are right one by one and wrong together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from webring.settings import Settings

_DIRECTORIES = ("none", "marked", "all")


def contradictions(settings: Settings) -> list[str]:
    """A sentence for everything that cannot work, each saying how to mend it."""
    return [
        *_testing(settings),
        *_homeserver(settings),
        *_communities(settings),
        *_numbers(settings),
        *_web(settings),
        *_database(settings),
    ]


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _testing(settings: Settings) -> Iterator[str]:
    if settings.is_testing and not is_loopback(settings.instance.base_url):
        yield (
            f"[testing] is for loopback only, and base_url is {settings.instance.base_url}: "
            "remove the [testing] section"
        )
    if settings.testing.http and not settings.testing.allow:
        yield '[testing] http needs the addresses in allow, for example ["127.0.0.0/8:*"]'


def _homeserver(settings: Settings) -> Iterator[str]:
    homeserver = settings.homeserver
    if not homeserver.name and (homeserver.client_url or homeserver.access_token):
        yield "[homeserver] client_url and access_token need its name: add name"
    plain = homeserver.client_url.startswith("http://")
    if plain and not is_loopback(homeserver.client_url):
        yield "[homeserver] client_url begins with https://: a token is not sent in the clear"


def _communities(settings: Settings) -> Iterator[str]:
    chosen = settings.communities
    if chosen.directory not in _DIRECTORIES:
        words = ", ".join(f'"{word}"' for word in _DIRECTORIES)
        yield f'[communities] directory is one of {words}, not "{chosen.directory}"'
    wants = chosen.aliases or chosen.community or chosen.directory in {"marked", "all"}
    if wants and not settings.homeserver.name:
        yield "[communities] are read from your homeserver: add [homeserver] name, or choose none"
    ids = [each.id for each in chosen.community]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        yield f'[[communities.community]] has the id "{twice}" twice: an id names one community'


def _numbers(settings: Settings) -> Iterator[str]:
    crawl, peers = settings.crawl, settings.peers
    if crawl.shortest_interval > crawl.longest_interval:
        yield (
            f"[crawl] shortest_interval ({crawl.shortest_interval}) is longer than "
            f"longest_interval ({crawl.longest_interval}): exchange them"
        )
    if crawl.forget_after < crawl.longest_interval:
        yield (
            f"[crawl] forget_after ({crawl.forget_after}) is shorter than longest_interval "
            f"({crawl.longest_interval}): rooms would go before they are seen again"
        )
    counts = {
        "[crawl] concurrency": crawl.concurrency,
        "[crawl] rooms_per_server": crawl.rooms_per_server,
        "[crawl] servers": crawl.servers,
        "[peers] per_peer": peers.per_peer,
        "[peers] per_domain": peers.per_domain,
        "[web] requests_per_minute": settings.web.requests_per_minute,
    }
    for name, number in counts.items():
        if number < 1:
            yield f"{name} is at least 1, not {number}"


def _web(settings: Settings) -> Iterator[str]:
    if not 0 < settings.web.port < 65_536:
        yield f"[web] port is 1 to 65535, not {settings.web.port}"
    for proxy in settings.web.trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            yield f'[web] trusted_proxies are like "10.0.0.1" or "10.0.0.0/8", not "{proxy}"'


def _database(settings: Settings) -> Iterator[str]:
    url = settings.instance.database
    if url and not url.startswith(("postgres://", "postgresql://")):
        # What was seen is not shown: it may hold a password.
        yield '[instance] database is empty (SQLite) or begins with "postgres://"'
