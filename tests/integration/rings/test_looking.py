"""Looks at sites that really answer on loopback."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.fakes import hostile as fakes
from tests.fakes.hostile import Behaviour, hostile
from tests.fakes.listener import FakeResolver, Listener, listening, respond
from webring.names import RingId
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.budget import MIB
from webring.net.fetch import Fetcher
from webring.rings.looking import SiteCheck, SiteLooker
from webring.rings.site import ProofKind, Sought
from webring.rings.states import Finding

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
RING = RingId("gardens:commune.example")
ID = "0123456789abcdef0123"
HOST = "https://ring.commune.example"
LINK = f'<title>My garden</title><a href="{HOST}/rings/{RING}/{ID}/next">Next</a>'.encode()
HTML = "Content-Type: text/html; charset=utf-8"
NAMES = dict.fromkeys(("site.example", "www.site.example", "else.example"), ("127.0.0.1",))
NAMES |= {"own.example": ("127.0.0.1",), "inside.example": ("10.0.0.1",)}
NAMES |= {"169.254.169.254": ("169.254.169.254",)}
FILE = "/.well-known/webring.json"


@dataclass
class World:
    """A site on loopback, and whoever looks at it."""

    listener: Listener
    looker: SiteLooker

    def url(self, host: str = "site.example", path: str = "/") -> str:
        return f"http://{host}:{self.listener.port}{path}"

    async def look(self, url: str | None = None) -> SiteCheck:
        return await self.looker.look(Sought(RING, ID, url or self.url(), (HOST,)))

    def asked(self) -> list[str]:
        lines = [request.split(" HTTP/1.1")[0] for request in self.listener.requests]
        return [line.removeprefix("GET ") for line in lines if "robots.txt" not in line]


def looker(port: int = 1) -> SiteLooker:
    policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    fetcher = Fetcher(
        policy=policy,
        resolver=FakeResolver(NAMES),
        agent="webring/test (+https://ring.example/about)",
        own=(f"own.example:{port}",),
        clock=lambda: NOW,
    )
    return SiteLooker(fetcher, lambda: NOW)


@asynccontextmanager
async def world(answers: Mapping[str, bytes | None]) -> AsyncIterator[World]:
    async with listening(answers) as listener:
        yield World(listener, looker(listener.port))


def page(body: bytes = LINK, *headers: str, status: str = "200 OK") -> bytes:
    return respond(body, HTML, *headers, status=status)


def moved(location: str, status: str = "302 Found") -> bytes:
    return respond(b"", f"Location: {location}", status=status)


def file(ring: str, url: str) -> bytes:
    return respond(json.dumps({"memberships": [{"ring": ring, "url": url}]}).encode())


async def test_a_page_with_the_link_is_enough() -> None:
    async with world({"/": page()}) as here:
        check = await here.look()
        assert (check.finding, check.code, check.proof) == (Finding.SHOWN, "linked", ProofKind.LINK)
        assert check.title == "My garden"
        assert check.mend == ""
        assert here.asked() == ["/"]
        assert "user-agent: webring/test" in here.listener.requests[-1].lower()


async def test_a_packed_page_in_another_charset_is_read() -> None:
    body = gzip.compress("<title>Gärten</title>".encode("cp1252") + LINK)
    packed = respond(body, "Content-Type: text/html; charset=iso-8859-1", "Content-Encoding: gzip")
    async with world({"/": packed}) as here:
        check = await here.look()
        assert (check.finding, check.title) == (Finding.SHOWN, "Gärten")


async def test_the_file_says_what_the_page_does_not() -> None:
    async with world({"/": page(b"<p>Hello</p>")}) as here:
        here.listener.answers[FILE] = file(RING, here.url())
        check = await here.look()
        assert (check.finding, check.proof) == (Finding.SHOWN, ProofKind.FILE)
        assert check.proof_url == here.url(path=FILE)


async def test_a_page_that_is_no_html_consents_by_the_file() -> None:
    async with world({"/": respond(LINK, "Content-Type: text/plain")}) as here:
        assert (await here.look()).finding is Finding.ABSENT
        here.listener.answers[FILE] = file(RING, here.url())
        assert (await here.look()).finding is Finding.SHOWN


async def test_a_file_alone_does_not_make_a_dead_page_alive() -> None:
    async with world({"/": page(status="500 Oops")}) as here:
        here.listener.answers[FILE] = file(RING, here.url())
        assert (await here.look()).finding is Finding.FAILED


FILES: dict[str, tuple[bytes, Finding, str]] = {
    "another ring's": (file("books:commune.example", "http://x/"), Finding.ABSENT, "no_link"),
    "another page's": (file(RING, "http://site.example/x"), Finding.ABSENT, "no_link"),
    "another format": (respond(b'[{"name": "x"}]'), Finding.ABSENT, "no_link"),
    "a page for every path": (page(), Finding.ABSENT, "no_link"),
    "nested too deep": (respond(b"[" * 40_000), Finding.ABSENT, "no_link"),
    "too long": (respond(b" " * 60_000), Finding.ABSENT, "no_link"),
    "forbidden": (respond(b"", status="403 No"), Finding.ABSENT, "no_link"),
    "elsewhere": (moved("http://else.example/x"), Finding.ABSENT, "no_link"),
    "out of order": (respond(b"", status="500 Oops"), Finding.FAILED, "status"),
    "asking for a pause": (respond(b"", status="503 Busy"), Finding.FAILED, "status"),
}


@pytest.mark.parametrize("case", FILES)
async def test_a_file_that_does_not_say_so(case: str) -> None:
    answer, finding, code = FILES[case]
    async with world({"/": page(b"<p>Hello</p>"), FILE: answer}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (finding, code)


def file_left(url: str) -> bytes:
    return respond(json.dumps({"left": [{"ring": RING, "url": url}]}).encode())


GONE = {
    "a page without the link": "200 OK",
    "a page that is not found": "404 No",
    "a page that is gone": "410 No",
}


@pytest.mark.parametrize("case", GONE)
async def test_a_file_says_that_the_site_has_left(case: str) -> None:
    async with world({"/": page(b"<p>Hello</p>", status=GONE[case])}) as here:
        here.listener.answers[FILE] = file_left(here.url())
        check = await here.look()
        assert (check.finding, check.code) == (Finding.ABSENT, "left")
        assert "take that word away" in check.mend


async def test_a_file_takes_nothing_back_that_the_page_says() -> None:
    async with world({"/": page()}) as here:
        here.listener.answers[FILE] = file_left(here.url())
        assert (await here.look()).finding is Finding.SHOWN
        assert here.asked() == ["/"]


@pytest.mark.parametrize("status", ["404 No", "500 Oops"])
async def test_a_page_that_is_gone_says_nothing_by_a_file_that_cannot_be_read(status: str) -> None:
    async with world({"/": page(status="404 No"), FILE: respond(b"", status=status)}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (Finding.FAILED, "gone")


async def test_an_application_that_says_it_left_has_left() -> None:
    word = f'<link rel="webring-left" href="{HOST}/rings/{RING}/{ID}">'
    shell = f'{word}<title>App</title><script src="/main.js"></script>'.encode()
    async with world({"/": page(shell)}) as here:
        assert (await here.look()).code == "left"


async def test_an_application_is_pointed_to_the_file() -> None:
    shell = b'<title>App</title><div id="app"></div><script src="/main.js"></script>'
    async with world({"/": page(shell)}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (Finding.ABSENT, "shell")
        assert FILE in check.mend
        assert json.dumps({"memberships": [{"ring": RING, "url": here.url()}]}) in check.mend


async def test_three_redirects_within_the_site_are_followed() -> None:
    async with world({"/": moved("/a"), "/a": moved("b", "301 Moved"), "/c": page()}) as here:
        port = here.listener.port
        here.listener.answers["/b"] = moved(f"http://www.site.example:{port}/c", "308 Moved")
        assert (await here.look()).finding is Finding.SHOWN
        here.listener.answers["/c"] = moved("/d")
        check = await here.look()
        assert (check.finding, check.code) == (Finding.FAILED, "status")


async def test_another_sites_link_is_not_this_ones() -> None:
    async with world({"/x": page()}) as here:
        here.listener.answers["/"] = moved(here.url("else.example", "/x"))
        check = await here.look()
        assert (check.finding, check.code) == (Finding.ABSENT, "left_site")
        assert "/x" not in here.asked()


REDIRECTS: dict[str, tuple[bytes, str]] = {
    "in a circle": (moved("/"), "status"),
    "nowhere": (respond(b"", status="302 Found"), "status"),
    "to a script": (moved("javascript:alert(1)"), "url"),
    "to a file": (moved("file:///etc/passwd"), "url"),
    "to a broken address": (moved("http://[::1/"), "status"),
    "with a user": (moved("http://me@site.example/"), "url"),
}


@pytest.mark.parametrize("case", REDIRECTS)
async def test_redirects_astray(case: str) -> None:
    answer, code = REDIRECTS[case]
    async with world({"/": answer}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (Finding.FAILED, code)


STATUSES: dict[str, tuple[str, str]] = {
    "404 None": ("gone", "Serve a page"),
    "410 Gone": ("gone", "Serve a page"),
    "401 Who": ("shut", "let webring pass"),
    "403 No": ("shut", "let webring pass"),
    "429 Busy": ("shut", "let webring pass"),
    "500 Oops": ("status", "answers from outside"),
}


@pytest.mark.parametrize("status", STATUSES)
async def test_a_page_that_does_not_answer_well(status: str) -> None:
    code, mend = STATUSES[status]
    async with world({"/": page(status=status)}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (Finding.FAILED, code)
        assert mend in check.mend
        assert not check.is_silent


async def test_robots_is_honoured_and_said() -> None:
    robots = respond(b"User-agent: *\nDisallow: /")
    async with world({"/": page(), "/robots.txt": robots}) as here:
        check = await here.look()
        assert (check.finding, check.code) == (Finding.FAILED, "robots")
        assert "for the user agent webring" in check.mend
        assert here.asked() == []


async def test_a_file_behind_robots_says_nothing() -> None:
    robots = respond(b"User-agent: *\nDisallow: /.well-known")
    async with world({"/": page(b"x"), "/robots.txt": robots}) as here:
        here.listener.answers[FILE] = file(RING, here.url())
        assert (await here.look()).finding is Finding.ABSENT
        assert here.asked() == ["/"]


async def test_a_pause_that_the_host_asked_for_proves_nothing() -> None:
    async with world({"/": page(b"", "Retry-After: 3600", status="503 Busy")}) as here:
        assert (await here.look()).finding is Finding.FAILED
        check = await here.look()
        assert (check.finding, check.code) == (Finding.UNKNOWN, "backoff")
        assert here.asked() == ["/"]


REFUSED = {
    "an address inside": ("http://inside.example/", "address"),
    "a name that is none": ("https://nowhere.example/", "dns"),
    "metadata": ("http://169.254.169.254/", "address"),
    "another scheme": ("ftp://site.example/", "url"),
    "a user": ("https://me@site.example/", "url"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_never_dialled(case: str) -> None:
    url, code = REFUSED[case]
    async with world({}) as here:
        check = await here.look(url)
        assert (check.finding, check.code) == (Finding.FAILED, code)
        assert here.listener.connections == 0


async def test_what_is_in_our_own_network_is_not_told() -> None:
    async with world({}) as here:
        inside = await here.look("https://inside.example/")
        nowhere = await here.look("https://nowhere.example/")
    assert inside.why == "inside.example has no public address"
    assert inside.mend == nowhere.mend.replace("nowhere", "inside")
    assert inside.why == nowhere.why.replace("nowhere", "inside")


async def test_we_do_not_look_at_ourselves() -> None:
    async with world({"/": page()}) as here:
        check = await here.look(here.url("own.example"))
        assert (check.finding, check.code) == (Finding.FAILED, "url")
        assert here.listener.connections == 0


async def test_a_long_page_is_read_as_far_as_the_budget_goes() -> None:
    async with world({"/": page(LINK + b"x" * 2 * MIB)}) as here:
        assert (await here.look()).finding is Finding.SHOWN
        here.listener.answers["/"] = page(b"x" * 2 * MIB + LINK)
        assert (await here.look()).finding is Finding.ABSENT


HOSTILE: dict[str, tuple[Behaviour, str]] = {
    "endless headers": (fakes.endless_headers, "budget"),
    "hanging up": (fakes.hanging_up, "connect"),
    "another protocol": (fakes.another_protocol, "type"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_site_is_a_failed_look(case: str) -> None:
    behave, code = HOSTILE[case]
    async with hostile(behave) as server:
        sought = Sought(RING, ID, f"http://site.example:{server.port}/", (HOST,))
        check = await looker().look(sought)
        assert (check.finding, check.code) == (Finding.FAILED, code)


async def test_nobody_there_is_silence() -> None:
    async with listening({}) as listener:
        port = listener.port
    check = await looker().look(Sought(RING, ID, f"http://site.example:{port}/", (HOST,)))
    assert (check.finding, check.code, check.is_silent) == (Finding.FAILED, "connect", True)
