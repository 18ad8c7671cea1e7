"""Names to addresses, asked of a name server of the test's own."""

from __future__ import annotations

import asyncio

import dns.asyncresolver
import dns.resolver
import pytest

from tests.fakes.nameserver import Records, serving
from webring.errors import DnsFailed
from webring.net import resolver as module
from webring.net.resolver import MAX_ADDRESSES, DnsResolver

pytestmark = pytest.mark.anyio

RECORDS: Records = {
    ("both.example", "A"): ["1.1.1.1", "1.0.0.1"],
    ("both.example", "AAAA"): ["2606:4700::1111"],
    ("four.example", "A"): ["1.1.1.1"],
    ("six.example", "AAAA"): ["2606:4700::1111"],
    ("inside.example", "A"): ["127.0.0.1"],
    ("empty.example", "TXT"): ["nothing here"],
    ("half.example", "A"): ["1.1.1.1"],
    ("half.example", "AAAA"): "SERVFAIL",
    ("broken.example", "A"): "SERVFAIL",
    ("broken.example", "AAAA"): "SERVFAIL",
    ("silent.example", "A"): "SILENCE",
    ("silent.example", "AAAA"): "SILENCE",
    ("many.example", "A"): [f"1.1.1.{n}" for n in range(MAX_ADDRESSES + 1)],
    ("_matrix-fed._tcp.srv.example", "SRV"): [
        "20 0 8448 backup.example.",
        "10 5 443 small.example.",
        "10 60 8449 BIG.example.",
    ],
    ("_matrix-fed._tcp.none.example", "SRV"): ["0 0 0 ."],
    ("_matrix-fed._tcp.broken.example", "SRV"): "SERVFAIL",
}
FOUND = {
    "both families, IPv4 first": ("both.example", {"1.1.1.1", "1.0.0.1", "2606:4700::1111"}),
    "IPv4 only": ("four.example", {"1.1.1.1"}),
    "IPv6 only": ("six.example", {"2606:4700::1111"}),
    "one family fails": ("half.example", {"1.1.1.1"}),
    "an address inside is told, for the guard to refuse": ("inside.example", {"127.0.0.1"}),
    "a literal": ("192.0.2.7", {"192.0.2.7"}),
    "a bracketed literal": ("[2001:db8::1]", {"2001:db8::1"}),
    "localhost": ("localhost", {"127.0.0.1"}),
    "a name under localhost": ("one.localhost", {"127.0.0.1"}),
}


@pytest.mark.parametrize("case", FOUND)
async def test_addresses(case: str) -> None:
    host, expected = FOUND[case]
    async with serving(RECORDS) as (server, system):
        found = await DnsResolver(system).addresses(host)
        assert set(found) == expected
        assert ":" not in found[0] or len(found) == 1
        asked_of_us = "local" in host or host[-1].isdigit() or host.startswith("[")
        assert (not server.asked) == asked_of_us


NOT_FOUND = {
    "no such name": "nowhere.example",
    "no address": "empty.example",
    "a broken zone": "broken.example",
    "too many": "many.example",
    "a label that is too long": "a" * 64 + ".example",
    "an empty label": "a..example",
}


@pytest.mark.parametrize("case", NOT_FOUND)
async def test_what_does_not_resolve(case: str) -> None:
    async with serving(RECORDS) as (_, system):
        with pytest.raises(DnsFailed) as failed:
            await DnsResolver(system).addresses(NOT_FOUND[case])
        assert failed.value.host == NOT_FOUND[case]


async def test_silence_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIFETIME", 300)
    async with serving(RECORDS) as (_, system):
        with pytest.raises(DnsFailed):
            await asyncio.wait_for(DnsResolver(system).addresses("silent.example"), 10)


async def test_answers_are_kept_and_names_are_never_completed() -> None:
    async with serving(RECORDS) as (server, system):
        resolver = DnsResolver(system)
        for _ in range(3):
            await resolver.addresses("both.example")
        assert set(server.asked.values()) == {1}
        with pytest.raises(DnsFailed):
            await resolver.addresses("both")
        assert {name for name, _ in server.asked} == {"both.example", "both"}


async def test_srv_targets_come_best_first() -> None:
    async with serving(RECORDS) as (_, system):
        resolver = DnsResolver(system)
        targets = await resolver.srv("_matrix-fed._tcp.srv.example")
        assert [(target.host, target.port) for target in targets] == [
            ("big.example", 8449),
            ("small.example", 443),
            ("backup.example", 8448),
        ]


@pytest.mark.parametrize("host", ["none.example", "both.example", "nowhere.example", "localhost"])
async def test_no_srv_target_is_no_error(host: str) -> None:
    async with serving(RECORDS) as (_, system):
        assert await DnsResolver(system).srv(f"_matrix-fed._tcp.{host}") == ()


async def test_a_broken_zone_is_an_error_for_srv_too() -> None:
    async with serving(RECORDS) as (_, system):
        with pytest.raises(DnsFailed):
            await DnsResolver(system).srv("_matrix-fed._tcp.broken.example")


async def test_a_machine_without_name_servers_still_knows_literals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unconfigured() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver, "Resolver", unconfigured)
    assert await DnsResolver().addresses("127.0.0.1") == ("127.0.0.1",)
    with pytest.raises(DnsFailed):
        await DnsResolver().addresses("a.example")
