"""Settings that are right one by one and wrong together."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from webring.clock import DAY, MINUTE, Millis
from webring.durations import Duration
from webring.errors import InvalidName
from webring.names import PeerUrl, ServerName
from webring.settings import Settings

SHORTEST_VISIT: Final[Millis] = 10 * MINUTE
"""No homeserver, peer or member of a ring is visited more often than this, but in tests."""
LONGEST_CHECK: Final[Millis] = 7 * DAY
"""No member of a ring goes unseen for longer."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
"""The shape of a BCP 47 tag."""
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
"""The shape of a mail address that needs no quoting."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]*")
"""What a bearer token is made of (RFC 6750, section 2.1)."""
_CONTACTS: Final = ("matrix:", "mailto:")


def contradictions(settings: Settings) -> list[str]:
    """A sentence for everything that cannot work, each saying how to mend it."""
    return [
        *_testing(settings),
        *_profile(settings),
        *_homeserver(settings),
        *_communities(settings),
        *_intervals(settings),
        *_counts(settings),
        *_ourselves(settings),
        *_mail(settings),
        *_web(settings),
        *_metrics(settings),
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
    testing = settings.testing
    if settings.is_testing and not is_loopback(settings.instance.base_url):
        yield (
            f"[testing] is for loopback only, and base_url is {settings.instance.base_url}: "
            "remove the [testing] section"
        )
    elif settings.instance.base_url.startswith("http://") and not testing.http:
        yield (
            f"[instance] base_url begins with https://, not {settings.instance.base_url}: put a "
            "proxy with TLS before it (for a trial on this machine alone: [testing] http = true)"
        )
    if testing.http and not testing.allow:
        yield '[testing] http needs the addresses in allow, for example ["127.0.0.0/8:*"]'
    for text in testing.allow:
        if not _is_exemption(text):
            yield f'[testing] allow is like "127.0.0.0/8:*" or "[::1]/128:8448", not {text!a}'
    if testing.ca_file and not Path(testing.ca_file).is_file():
        yield f"[testing] ca_file: there is no file {testing.ca_file}"


def _is_exemption(text: str) -> bool:
    """Whether this is a network and a port (or `*`), as `net.addresses.Exemption` reads it."""
    block, colon, port = text.rpartition(":")
    try:
        ipaddress.ip_network(block.replace("[", "").replace("]", ""))
        return bool(colon) and (port == "*" or 0 < int(port) < 65_536)
    except ValueError:
        return False


def _profile(settings: Settings) -> Iterator[str]:
    profile = settings.profile
    for contact in profile.contact:
        if not contact.startswith(_CONTACTS) or " " in contact:
            yield (
                '[profile] contact is like "mailto:hello@commune.example" or '
                f'"matrix:u/me:commune.example", not {contact!a}'
            )
    if profile.policy_url and not profile.policy_url.startswith("https://"):
        yield f"[profile] policy_url begins with https://, not {profile.policy_url!a}"
    yield from _languages("[profile]", profile.languages)


def _languages(where: str, languages: Iterable[str]) -> Iterator[str]:
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            yield f'{where} languages are tags like "en" or "pt-BR", not {language!a}'


def _homeserver(settings: Settings) -> Iterator[str]:
    homeserver = settings.homeserver
    url = homeserver.client_url
    if homeserver.name:
        try:
            ServerName.parse(homeserver.name)
        except InvalidName as error:
            yield f"[homeserver] name: {error}"
    elif url or homeserver.access_token:
        yield "[homeserver] client_url and access_token need its name: add name"
    if url.startswith("http://") and not is_loopback(url):
        yield f"[homeserver] client_url begins with https://: a token is not sent to {url} in clear"
    elif url:
        try:
            PeerUrl.parse(url, allow_http=True)
        except InvalidName as error:
            yield f"[homeserver] client_url: {error}"


def _communities(settings: Settings) -> Iterator[str]:
    chosen = settings.communities
    wants = chosen.aliases or chosen.community or chosen.directory != "none"
    if wants and not settings.homeserver.name:
        yield "[communities] are read from your homeserver: add [homeserver] name, or choose none"
    for twice in _twice(each.id for each in chosen.community):
        yield f'[[communities.community]] has the id "{twice}" twice: an id names one community'
    spelled = [each.alias for each in chosen.community]
    for twice in _twice([*chosen.aliases, *spelled]):
        yield f'[communities] names "{twice}" twice: keep the more precise entry'
    for alias in sorted({*chosen.aliases, *spelled} & {*chosen.exclude}):
        yield f'[communities] exclude has "{alias}", which is chosen as well: keep one of them'
    for each in chosen.community:
        where = f"[[communities.community]] {each.id}:"
        if each.url and not each.url.startswith("https://"):
            yield f"{where} url begins with https://, not {each.url!a}"
        yield from _languages(where, each.languages)


def _twice(values: Iterable[str]) -> list[str]:
    """The values that stand there more than once."""
    listed = list(values)
    return sorted({each for each in listed if listed.count(each) > 1})


def _intervals(settings: Settings) -> Iterator[str]:
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
    often = {
        "[crawl] shortest_interval": crawl.shortest_interval,
        "[peers] cycle": peers.cycle,
        "[rings] check_interval": settings.rings.check_interval,
    }
    for name, interval in often.items():
        if interval < SHORTEST_VISIT and not settings.is_testing:
            shortest = Duration(SHORTEST_VISIT)
            yield f"{name} is at least {shortest}, not {interval}: others pay for each visit"
    if settings.rings.check_interval > LONGEST_CHECK:
        longest, seen = Duration(LONGEST_CHECK), settings.rings.check_interval
        yield f"[rings] check_interval is at most {longest}, not {seen}: dead links would stay"


def _counts(settings: Settings) -> Iterator[str]:
    counts = {
        "[crawl] concurrency": settings.crawl.concurrency,
        "[crawl] rooms_per_server": settings.crawl.rooms_per_server,
        "[crawl] servers": settings.crawl.servers,
        "[peers] per_peer": settings.peers.per_peer,
        "[peers] per_domain": settings.peers.per_domain,
        "[web] requests_per_minute": settings.web.requests_per_minute,
    }
    for name, number in counts.items():
        if number < 1:
            yield f"{name} is at least 1, not {number}"


def _ourselves(settings: Settings) -> Iterator[str]:
    instance = settings.instance
    if urlsplit(instance.base_url).path:
        yield (
            f"[instance] base_url is a host of its own, without a path, not {instance.base_url}: "
            "well-known and Matrix addresses stand at its root"
        )
    if instance.name in settings.peers.seeds:
        yield f'[peers] seeds has "{instance.name}", which is this instance: remove it'
    if instance.base_url.server_name in settings.crawl.seeds:
        name = instance.base_url.server_name
        yield f'[crawl] seeds has "{name}", where this instance itself answers: remove it'


def _mail(settings: Settings) -> Iterator[str]:
    mail = settings.mail
    if not mail.host:
        if mail.to or mail.sender or mail.username or mail.password:
            yield "[mail] needs the mail server to send by: add host, or remove the section"
        return
    if not (mail.sender and mail.to):
        yield "[mail] needs the address that mail comes from and those it goes to: sender and to"
    for address in (mail.sender, *mail.to):
        if address and not _ADDRESS.fullmatch(address):
            yield f"[mail] addresses are like keeper@commune.example, not {address!a}"
    if not 0 < mail.port < 65_536:
        yield f"[mail] port is 1 to 65535, not {mail.port}"
    if mail.security == "none" and not is_loopback(f"//{mail.host}"):
        yield f'[mail] security is "starttls" or "tls": mail is not sent to {mail.host} in clear'
    if bool(mail.username) != bool(mail.password):
        yield "[mail] username and password are given together, or not at all"


def _web(settings: Settings) -> Iterator[str]:
    if not 0 < settings.web.port < 65_536:
        yield f"[web] port is 1 to 65535, not {settings.web.port}"
    for proxy in settings.web.trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            yield f'[web] trusted_proxies are like "10.0.0.1" or "10.0.0.0/8", not "{proxy}"'


def _metrics(settings: Settings) -> Iterator[str]:
    metrics, web = settings.metrics, settings.web
    if not 0 <= metrics.port < 65_536:
        yield f"[metrics] port is 0 to 65535, not {metrics.port}"
    if metrics.port and (metrics.port, metrics.host) == (web.port, web.host):
        yield f"[metrics] port is another than that of [web], not {metrics.port} as well"
    if metrics.port and not metrics.token and not is_loopback(f"//{_in_url(metrics.host)}"):
        yield (
            f"[metrics] host {metrics.host!a} is open to other machines: add a token, or "
            'listen on "127.0.0.1"'
        )
    if not _TOKEN.fullmatch(metrics.token):
        yield "[metrics] token is of letters, digits and -._~+/= only"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _database(settings: Settings) -> Iterator[str]:
    url = settings.instance.database
    if url and not url.startswith(("postgres://", "postgresql://")):
        # What was seen is not shown: it may hold a password.
        yield '[instance] database is empty (SQLite) or begins with "postgres://"'
