"""What a stranger sees of the instance: over the network, through the one door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Final

from cryptography.x509 import load_der_x509_certificate

from webring import __version__
from webring.check.findings import Finding, fail, ok, warn
from webring.clock import DAY, MINUTE, SECOND, Clock, Millis
from webring.documents import wellknown
from webring.errors import (
    AddressRefused,
    DnsFailed,
    DocumentError,
    FetchError,
    StatusRefused,
    TlsFailed,
)
from webring.names import ServerName
from webring.net.addresses import AddressPolicy
from webring.net.answer import Answer
from webring.net.budget import SMALL, WELL_KNOWN, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher, user_agent
from webring.net.place import Dial, Place
from webring.net.resolver import Resolver
from webring.net.urls import DEFAULT_PORTS
from webring.settings import Settings

SKEW_WARNED: Final[Millis] = 30 * SECOND
SKEW: Final[Millis] = 10 * MINUTE
"""Documents from further in the future are refused (`documents.trust`)."""
RENEWAL_LATE: Final[Millis] = 14 * DAY
"""What is left of a certificate that should have been renewed by now."""
RENEWAL_FAILED: Final[Millis] = 3 * DAY
CLOCKS: Final = 3
"""How many are asked for the time, at most."""
_NOT_FOUND: Final = 404


def stranger(settings: Settings, resolver: Resolver, clock: Clock) -> Fetcher:
    """The one door as somebody else has it: it asks ourselves too."""
    return Fetcher(
        policy=AddressPolicy.from_settings(settings.testing),
        resolver=resolver,
        agent=user_agent(__version__, f"{settings.instance.base_url}/about"),
        ca_file=settings.testing.ca_file,
        clock=clock,
    )


async def get(fetcher: Fetcher, url: str, budget: Budget = SMALL) -> Answer:
    """GET `url`; raises a `FetchError`."""
    async with fetcher.visit() as visit:
        return await visit.get(url, budget=budget, redirects=MAX_REDIRECTS)


async def dns(settings: Settings, resolver: Resolver) -> AsyncIterator[Finding]:
    """The hosts of the base URL and of the name have addresses, and only public ones."""
    instance, policy = settings.instance, AddressPolicy.from_settings(settings.testing)
    for name in dict.fromkeys((instance.base_url.server_name, instance.name)):
        port = name.port or DEFAULT_PORTS["https"]
        dial = Dial(Place(name.host, port), plain=policy.speaks_http(name.host, port))
        try:
            found = await resolver.addresses(name.host)
            for address in found:
                policy.check(dial, address)
        except AddressRefused as error:
            yield fail("DNS", error.sentence, f"let only public addresses stand at {name.host}")
        except DnsFailed as error:
            yield fail("DNS", error.sentence, f"add A and AAAA records of {name.host}")
        else:
            yield ok("DNS", f"{name.host} is {', '.join(found)}")


def certificate(answer: Answer, now: Millis) -> Finding | None:
    """For how long the certificate holds with which somebody answered; None without TLS."""
    if not answer.certificate:
        return None
    until = load_der_x509_certificate(answer.certificate).not_valid_after_utc
    left = int(until.timestamp() * SECOND) - now
    host = answer.url.split("/")[2]
    seen = f"the certificate of {host} holds until {until:%Y-%m-%d}, for {left // DAY} more days"
    mend = "see why it is not renewed: others stop talking to you on that day"
    if left < RENEWAL_FAILED:
        return fail("TLS", seen, mend)
    if left < RENEWAL_LATE:
        return warn("TLS", seen, mend)
    return ok("TLS", seen)


async def base_url(settings: Settings, fetcher: Fetcher, now: Millis) -> AsyncIterator[Finding]:
    """The base URL answers, over TLS that others accept, for a while yet."""
    url = settings.instance.base_url
    try:
        answer = await get(fetcher, f"{url}/healthz")
    except TlsFailed as error:
        yield fail("base URL", error.sentence, "renew the certificate, with its whole chain")
    except StatusRefused as error:
        yield fail(
            "base URL",
            error.sentence,
            f"let the proxy pass everything to {settings.web.host}:{settings.web.port}, "
            "and see that webring serve runs",
        )
    except FetchError as error:
        yield fail("base URL", error.sentence, "see to DNS, firewall and proxy (webring init)")
    else:
        yield ok("base URL", f"{url} answers")
        if finding := certificate(answer, now):
            yield finding


async def clock(settings: Settings, fetcher: Fetcher, now: Clock) -> AsyncIterator[Finding]:
    """Our clock agrees with that of the first of those we know who answers."""
    home = settings.homeserver.name
    known = [*settings.peers.seeds, *settings.crawl.seeds, *([ServerName(home)] if home else [])]
    for name in known[:CLOCKS]:
        try:
            async with fetcher.visit() as visit:
                url = f"{fetcher.site(name)}{wellknown.PATH}"
                answer = await visit.request("GET", url, budget=WELL_KNOWN, statuses=None)
        except FetchError:
            continue
        if finding := clock_against(answer, now()):
            yield finding
            return
    seen = "nobody who was asked says what time it is"
    yield warn("clock", seen, "name a homeserver in [crawl] seeds, and compare it yourself")


def clock_against(answer: Answer, now: Millis) -> Finding | None:
    """Our clock beside the one that an answer's Date header shows (RFC 9110, section 6.6.1)."""
    try:
        there = int(parsedate_to_datetime(answer.headers["date"]).timestamp() * SECOND)
    except (KeyError, ValueError):
        return None
    off = abs(now - there)
    seen = f"it is {off // SECOND} s off from that of {answer.url.split('/')[2]}"
    mend = "let a time service (systemd-timesyncd, chrony) set it"
    if off > SKEW:
        return fail("clock", seen, f"{mend}: others refuse documents from the future")
    if off > SKEW_WARNED:
        return warn("clock", seen, mend)
    return ok("clock", seen)


async def well_known(settings: Settings, fetcher: Fetcher, now: Millis) -> AsyncIterator[Finding]:
    """The instance's name leads to the base URL."""
    instance = settings.instance
    url = f"{fetcher.site(instance.name)}{wellknown.PATH}"
    mend = f"serve {wellknown.PATH} at {instance.name}: webring init --snippets prints what to put"
    try:
        answer = await get(fetcher, url, WELL_KNOWN)
        found = wellknown.find_instance(
            instance.name, answer.body, allow_http=settings.testing.http
        )
    except StatusRefused as error:
        if error.status == _NOT_FOUND and instance.base_url.server_name == instance.name:
            yield warn("name", f"{url} is missing; the name itself is asked instead", mend)
        else:
            yield fail("name", error.sentence, mend)
    except (FetchError, DocumentError) as error:
        yield fail("name", error.sentence, mend)
    else:
        if found.base_url == instance.base_url:
            yield ok("name", f"{instance.name} leads to {found.base_url}")
        else:
            yield fail("name", f"{url} says {found.base_url}, not {instance.base_url}", mend)
        named = instance.name != instance.base_url.server_name
        if named and (finding := certificate(answer, now)):
            yield finding
