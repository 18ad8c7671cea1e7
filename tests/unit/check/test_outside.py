"""What a stranger's view comes to: the clock, and where a manifest is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.listener import FakeResolver
from webring.check.findings import Level
from webring.check.manifest import Place
from webring.check.outside import certificate, clock_against, dns
from webring.clock import HOUR, MINUTE, SECOND
from webring.errors import InvalidName
from webring.names import PeerUrl, ServerName
from webring.net.answer import Answer
from webring.settings import InstanceSettings, Settings

NOW = 1_790_000_000_000


def answered(date: str | None) -> Answer:
    headers = {} if date is None else {"date": date}
    return Answer(200, headers, b"", "https://a.example/x")


def at(now: int) -> str:
    return format_datetime(datetime.fromtimestamp(now / SECOND, UTC), usegmt=True)


CLOCKS = {
    "the same": (at(NOW), Level.OK),
    "a little off": (at(NOW + 20 * SECOND), Level.OK),
    "a minute behind": (at(NOW + MINUTE), Level.WARN),
    "a minute ahead": (at(NOW - MINUTE), Level.WARN),
    "beyond what peers bear": (at(NOW - HOUR), Level.FAIL),
    "years off": (at(0), Level.FAIL),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_clock_is_compared(case: str) -> None:
    date, level = CLOCKS[case]
    finding = clock_against(answered(date), NOW)
    assert finding is not None
    assert finding.level is level
    assert bool(finding.mend) is (level is not Level.OK)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_who_does_not_say_the_time_is_no_clock(date: str | None) -> None:
    assert clock_against(answered(date), NOW) is None


def certified(days: float) -> Answer:
    """An answer over TLS with a certificate that holds for so long after `NOW`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    until = datetime.fromtimestamp(NOW / SECOND, UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    der = made.public_bytes(serialization.Encoding.DER)
    return Answer(200, {}, b"", "https://a.example/healthz", certificate=der)


CERTIFICATES = {
    "just renewed": (89.5, Level.OK, "for 89 more days"),
    "as long as renewal may take": (14.0, Level.OK, "for 14 more days"),
    "renewal is late": (13.9, Level.WARN, "for 13 more days"),
    "nobody renews it": (2.9, Level.FAIL, "for 2 more days"),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_what_is_left_of_a_certificate(case: str) -> None:
    days, level, says = CERTIFICATES[case]
    finding = certificate(certified(days), NOW)
    assert finding is not None
    assert (finding.level, finding.subject) == (level, "TLS")
    assert says in finding.seen
    assert bool(finding.mend) is (level is not Level.OK)


def test_without_tls_there_is_none() -> None:
    assert certificate(answered(None), NOW) is None


NAMES = {
    "public": (("203.0.114.9", "2001:4860::1"), [Level.OK, Level.OK], "is 203.0.114.9, 2001:4860"),
    "private": (("192.168.1.4",), [Level.FAIL, Level.OK], "192.168.1.4, which is not public"),
    "one of them": (("203.0.114.9", "10.0.0.1"), [Level.FAIL, Level.OK], "10.0.0.1"),
    "documentation": (("2001:db8::1",), [Level.FAIL, Level.OK], "2001:db8::1"),
    "missing": (None, [Level.FAIL, Level.OK], "ring.own.example does not resolve"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", NAMES)
async def test_names_lead_to_public_addresses(case: str) -> None:
    addresses, levels, says = NAMES[case]
    own = InstanceSettings(ServerName("own.example"), PeerUrl("https://ring.own.example"))
    names = {"own.example": ("203.0.114.9",)}
    resolver = FakeResolver(names | ({"ring.own.example": addresses} if addresses else {}))
    found = [each async for each in dns(Settings(own), resolver)]
    assert [each.level for each in found] == levels
    assert says in found[0].seen
    assert all(bool(each.mend) is (each.level is Level.FAIL) for each in found)


PLACES = {
    "a name": ("Commune.example", "commune.example", None),
    "a name with a port": ("127.0.0.1:8101", "127.0.0.1:8101", None),
    "a base URL": ("https://ring.example/", None, "https://ring.example"),
    "a manifest's URL": ("https://r.example/webring/v1/manifest", None, "https://r.example"),
    "below a path": ("https://r.example/a/webring/v1/manifest", None, "https://r.example/a"),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_manifest_is_named_in_several_ways(case: str) -> None:
    text, name, url = PLACES[case]
    place = Place.parse(text, allow_http=False)
    assert (place.name, place.base_url) == (name, url)


@pytest.mark.parametrize("text", ["", "a b", "http://a.example", "https://me@a.example", "a/b"])
def test_what_names_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        Place.parse(text, allow_http=False)
