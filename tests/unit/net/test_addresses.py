"""Which addresses and URLs are refused, each by name."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from webring import settings
from webring.errors import AddressRefused, ConfigError, UrlRefused
from webring.net.addresses import AddressPolicy, Exemption, is_public, unwrapped
from webring.net.place import Dial, Place
from webring.net.urls import parse_url

NOT_PUBLIC = {
    "unspecified": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172": "172.31.255.255",
    "private 192": "192.168.1.1",
    "shared by carriers": "100.64.0.1",
    "loopback": "127.8.9.10",
    "metadata": "169.254.169.254",
    "another cloud's metadata": "100.100.100.200",
    "documentation": "203.0.113.9",
    "benchmarks": "198.19.0.1",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv4-mapped loopback": "::ffff:127.0.0.1",
    "IPv4-mapped private": "::ffff:10.0.0.1",
    "IPv4-compatible": "::127.0.0.1",
    "IPv6 multicast": "ff02::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with a zone": "fe80::1%eth0",
    "global, with a zone": "2a00::1%eth0",
    "unique local": "fd00:ec2::254",
    "NAT64": "64:ff9b::7f00:1",
    "6to4 of loopback": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::",
    "IPv6 documentation": "2001:db8::1",
    "newer documentation": "3fff::1",
    "discard": "100::1",
    "segment routing": "5f00::1",
}


@pytest.mark.parametrize("case", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(case: str) -> None:
    with pytest.raises(AddressRefused, match="not public"):
        AddressPolicy().check(Dial(Place("a.example", 443)), NOT_PUBLIC[case])


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_pass(text: str) -> None:
    assert is_public(unwrapped(ip_address(text)))


def test_an_exemption_holds_for_its_addresses_and_port_only() -> None:
    policy = AddressPolicy.from_settings(settings.TestingSettings(allow=("127.0.0.0/8:8448",)))
    allowed = Dial(Place("a.example", 8448))
    policy.check(allowed, "127.0.0.5")
    policy.check(allowed, "::ffff:127.0.0.5")
    for address, port in (("127.0.0.5", 443), ("10.0.0.1", 8448), ("::1", 8448)):
        with pytest.raises(AddressRefused):
            policy.check(Dial(Place("a.example", port)), address)


@pytest.mark.parametrize("text", ["", "127.0.0.1", "127.0.0.0/8", "127.0.0.1/8:x", "a:1", "::1:0"])
def test_malformed_exemptions_stop_the_start(text: str) -> None:
    with pytest.raises(ConfigError):
        Exemption.parse(text)


NOT_VISITED = {
    "http": "http://a.example/",
    "ftp": "ftp://a.example/",
    "no scheme": "//a.example/",
    "a user": "https://me@a.example/",
    "a user and a password": "https://a.example:x@b.example/",
    "a backslash": "https://a.example\\@b.example/",
    "percent in the host": "https://a%2eexample/",
    "a zone": "https://[fe80::1%25eth0]/",
    "all digits": "https://2130706433/",
    "hexadecimal": "https://0x7f000001/",
    "short dotted": "https://127.1/",
    "octal": "https://0177.0.0.1/",
    "port 22": "https://a.example:22/",
    "port 80": "https://a.example:80/",
    "port 0": "https://a.example:0/",
    "an empty port": "https://a.example:/",
    "port 70000": "https://a.example:70000/",
    "a trailing dot": "https://a.example./",
    "a space": "https://a.example/ x",
    "a newline": "https://a.example/\r\nX: y",
    "not ASCII": "https://a.example/é",
    "another script": "https://\u0430pple.example/",
    "too long": "https://a.example/" + "a" * 5_000,
    "no host": "https:///x",
    "an unclosed bracket": "https://[::1/",
}


@pytest.mark.parametrize("case", NOT_VISITED)
def test_some_urls_are_refused_as_written(case: str) -> None:
    with pytest.raises(UrlRefused):
        parse_url(NOT_VISITED[case])


def test_path_and_query_stay_exactly_as_written() -> None:
    target = parse_url("https://A.example:8448/a%2Fb/%7e?since=a%2Fb%20c&x=!%21")
    assert target.target == "/a%2Fb/%7e?since=a%2Fb%20c&x=!%21"
    assert target.authority == "a.example:8448"
