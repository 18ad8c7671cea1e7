"""Chains are walked on a real server, which may have lost some of them, or lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.fakes.hostile import endless_body, hostile
from tests.fakes.hurried import Hurried
from tests.fakes.listener import respond
from tests.integration.rings.served import NOW, Server, fetcher, serving
from tests.unit.documents import ring_world as unit
from tests.unit.documents.test_trust import DRAFT, FIRST
from tests.vectors.chain_cases import VERSIONS
from tests.vectors.ring_world import SOIL, Version
from webring.clock import DAY
from webring.documents import canonical, envelope, manifest, ring
from webring.documents.chain import RingFreshness
from webring.documents.keys import KeySet
from webring.documents.ring_outcome import RingOutcome
from webring.errors import FetchError, MalformedDocument, StatusRefused, TrustError
from webring.names import RingId, ServerName
from webring.rings.ring_place import RingPlace
from webring.rings.verifying import MISSING, Limits, Report, verify

pytestmark = pytest.mark.anyio
O = RingOutcome  # noqa: E741
WHOLE = ("1", "2", "3", "4")


def outcomes(report: Report) -> list[tuple[int, RingOutcome]]:
    return [(link.sequence, link.outcome) for link in report.broken]


async def test_a_chain_that_holds() -> None:
    async with serving(*WHOLE) as server:
        report = await server.walk()
        assert report.holds
        assert [link.sequence for link in report.links] == [1, 2, 3, 4]
        assert (report.erased, report.cut) == (0, "")
        assert report.head.sha256 == report.links[-1].sha256
        assert report.freshness is RingFreshness.FRESH
        pages = [path for path in server.asked() if "/pages/" in path]
        assert len(set(pages)) == len(pages), "no page is fetched twice"


async def test_a_founder_that_is_gone_is_said_and_breaks_nothing() -> None:
    async with serving(*WHOLE) as server:
        report = await server.walk()
        assert report.unfounded == "garden.example does not resolve"
        assert report.holds


CHAINS: dict[str, tuple[Sequence[str], list[tuple[int, RingOutcome]]]] = {
    "too few signed version 3": (
        ("1", "2", "3, by one steward", "4"), [(3, O.TOO_FEW_SIGNATURES)],
    ),
    "nobody signed the newest": (("1", "2", "3, by nobody"), [(3, O.TOO_FEW_SIGNATURES)]),
    "a thief signed version 3": (("1", "2", "3, by a thief's key"), [(3, O.TOO_FEW_SIGNATURES)]),
    "one took the ring over": (("1", "2", "3, a takeover by one"), [(3, O.TOO_FEW_SIGNATURES)]),
    "stewards who did not sign": (
        ("1", "2", "3, stewards who did not sign"), [(3, O.TOO_FEW_SIGNATURES)],
    ),
    "an altered byte": (("1", "2", "3, with one altered byte"), [(3, O.TOO_FEW_SIGNATURES)]),
    "after another version": (
        ("1", "2", "3, after another version 2"), [(3, O.BROKEN_CHAIN)],
    ),
    "issued before": (("1", "2", "3, issued before version 2"), [(3, O.BROKEN_CHAIN)]),
    "another root in the middle": (("1", "2", "3, under another root"), [(3, O.WRONG_ROOT)]),
    "another version 1": (
        ("1, another root", "2", "3", "4"), [(2, O.WRONG_ROOT)],
    ),
    "another ring in the place of version 1": (
        ("1, another ring", "2"), [(1, O.WRONG_RING), (2, O.BROKEN_CHAIN)],
    ),
    "version 1 by the founder alone": (
        ("1, by the founder alone",), [(1, O.TOO_FEW_SIGNATURES)],
    ),
    "version 2 is not there": (
        ("1", "", "3"), [(2, O.BROKEN_CHAIN), (3, O.BROKEN_CHAIN)],
    ),
    "version 1 is not there": (
        ("", "2", "3"), [(1, O.BROKEN_CHAIN), (2, O.BROKEN_CHAIN)],
    ),
    "a sibling in the middle": (
        ("1", "2", "3, a sibling with the smaller hash", "4"), [(4, O.BROKEN_CHAIN)],
    ),
    "one version over and over": (
        ("1", "1", "1", "4"), [(2, O.BROKEN_CHAIN), (3, O.BROKEN_CHAIN), (4, O.BROKEN_CHAIN)],
    ),
    "a lost key that was replaced": (
        (
            "1", "2", "3, the lost key of garden.example replaced",
            "4, by the new key of garden.example",
        ),
        [],
    ),
    "a lost key that signs on": (
        (
            "1", "2", "3, the lost key of garden.example replaced",
            "4, by the lost key of garden.example",
        ),
        [(4, O.TOO_FEW_SIGNATURES)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
async def test_the_broken_link_is_named(name: str) -> None:
    names, broken = CHAINS[name]
    async with serving(*names) as server:
        report = await server.walk()
        assert outcomes(report) == broken
        assert report.holds == (not broken)
        assert all(link.why for link in report.broken)


async def test_a_newest_version_that_the_chain_does_not_have() -> None:
    async with serving(*WHOLE) as server:
        lie = VERSIONS["4, after the smaller sibling"]
        server.listener.answers[f"/webring/v1/rings/{SOIL}"] = respond(lie.body)
        report = await server.walk()
        assert outcomes(report) == [(4, O.BROKEN_CHAIN)]
        assert "the newest version is another one than version 4" in report.broken[0].why


def pages_of(version: Version) -> list[str]:
    return [f"/webring/v1/pages/{sha256}" for sha256 in version.pages]


@pytest.mark.parametrize("status", ["404 None", "410 Gone"])
async def test_an_erased_page_breaks_nothing(status: str) -> None:
    async with serving(*WHOLE) as server:
        for path in pages_of(VERSIONS["2"]):
            server.listener.answers[path] = respond(b"", status=status)
        report = await server.walk()
        assert report.holds
        assert report.erased == 1
        assert sum(link.erased for link in report.links) >= 1


async def test_an_altered_page_breaks_the_versions_that_name_it() -> None:
    async with serving("1", "2") as server:
        for path in pages_of(VERSIONS["2"]):
            server.listener.answers[path] = respond(b'{"items":[]}')
        report = await server.walk()
        assert outcomes(report) == [(2, O.MIXED_PAGES)]


async def test_a_server_that_lost_the_old_versions_is_left_in_the_end() -> None:
    async with serving(*WHOLE) as server:
        head = {**canonical.decode(VERSIONS["4"].body), "sequence": 10**6}
        path = f"/webring/v1/rings/{SOIL}"
        server.listener.answers[path] = respond(canonical.encode(head))
        report = await server.walk()
        assert len(report.links) == 4 + MISSING
        assert report.cut == (
            f"only 14 of 1000000 versions were walked: the last {MISSING} are not there"
        )
        assert not report.holds


class Endless(dict[str, bytes | None]):
    """A server that has whatever version it is asked for."""

    def get(self, key: str, default: bytes | None = None) -> bytes | None:  # type: ignore[override]
        path, _, sequence = key.partition("?sequence=")
        if path != f"/webring/v1/rings/{SOIL}":
            return default
        number = int(sequence or 10**15)
        content = {**canonical.decode(VERSIONS["4"].body), "sequence": number, "pages": []}
        return respond(canonical.encode(content))


LIMITED: dict[str, tuple[Limits, str]] = {
    "versions": (Limits(versions=12), "only 12 of 1000000000000000 versions were walked: 12"),
    "bytes": (Limits(versions=99, bytes=9_000), "more than 0 MiB were sent"),
    "time": (Limits(time=0), "only 0 of"),
}


@pytest.mark.parametrize("name", LIMITED)
async def test_an_endless_chain_is_left_at_a_limit(name: str) -> None:
    limits, cut = LIMITED[name]
    async with serving() as server:
        server.listener.answers = Endless()
        report = await server.walk(limits)
        assert cut in report.cut
        assert not report.holds


RUBBISH: dict[str, tuple[bytes, type[Exception]]] = {
    "no JSON": (respond(b"<html>"), MalformedDocument),
    "another document": (respond(b'{"type":"webring.manifest"}'), MalformedDocument),
    "another ring": (respond(VERSIONS["1, another ring"].body), TrustError),
    "too large a head": (respond(b" " * 300_000), FetchError),
    "nothing": (respond(b"", status="404 None"), StatusRefused),
    "an error": (respond(b"", status="500 Oops"), StatusRefused),
}


@pytest.mark.parametrize("name", RUBBISH)
async def test_rubbish_in_the_place_of_the_newest_version(name: str) -> None:
    answer, kind = RUBBISH[name]
    async with serving(*WHOLE) as server:
        server.listener.answers[f"/webring/v1/rings/{SOIL}"] = answer
        with pytest.raises(kind):
            await server.walk()


@pytest.mark.parametrize("name", ["no JSON", "another document", "another ring"])
async def test_rubbish_in_the_middle_is_a_broken_link(name: str) -> None:
    async with serving(*WHOLE) as server:
        server.listener.answers[f"/webring/v1/rings/{SOIL}?sequence=2"] = RUBBISH[name][0]
        report = await server.walk()
        assert [link.sequence for link in report.broken] == [2, 3]
        assert report.broken[0].outcome in {O.MALFORMED, O.WRONG_TYPE, O.WRONG_RING}


async def test_an_answer_without_end_is_left() -> None:
    async with hostile(endless_body) as there, serving() as server:
        with pytest.raises(FetchError):
            await server.walk(base=f"http://127.0.0.1:{there.port}")


async def test_a_pause_that_is_asked_for_is_made() -> None:
    async with serving(*WHOLE) as server:
        path = f"/webring/v1/rings/{SOIL}?sequence=3"
        later = server.listener.answers[path]
        busy = respond(b"", "Retry-After: 1", status="429 Slow down")
        server.listener.answers[path] = busy
        # The newest, and versions 1 to 3 with the page of version 2, are asked before.
        server.listener.after(5, {path: later})
        report = await server.walk()
        assert report.holds
        assert server.asked().count(path) == 2


async def test_whoever_is_always_busy_is_left() -> None:
    async with serving(*WHOLE) as server:
        path = f"/webring/v1/rings/{SOIL}"
        server.listener.answers[path] = respond(b"", "Retry-After: 1", status="503 Busy")
        with pytest.raises(FetchError):
            await server.walk()


def founded(name: ServerName) -> Version:
    """Version 1 of a ring that `name` founds with the unit tests' three stewards."""
    ring_id = RingId(f"soil:{name}")
    composed = ring.compose(ring_id, unit.TERMS, (), (), None, unit.NOW)
    content: Mapping[str, object] = composed.content
    for steward in (unit.A, unit.B):
        content = envelope.sign(content, steward, [unit.KEYS[steward]])
    return Version(canonical.encode(envelope.sign(content, name, [FIRST])), {})


def serve_founder(server: Server, name: ServerName, keys: KeySet) -> None:
    draft = replace(DRAFT, instance=name, communities=())
    issued = manifest.issue(draft, keys, sequence=NOW, now=NOW)
    found = {"instance": name, "base_url": server.base}
    server.listener.answers["/.well-known/federated-webring"] = respond(canonical.encode(found))
    server.listener.answers["/webring/v1/manifest"] = respond(issued.body)


@pytest.mark.parametrize("by_id", [True, False])
async def test_the_founder_is_asked_for_its_keys(by_id: bool) -> None:
    async with serving() as server:
        name = ServerName(f"127.0.0.1:{server.listener.port}")
        server.ring = RingId(f"soil:{name}")
        server.serve({1: founded(name).body}, {})
        serve_founder(server, name, KeySet(FIRST))
        place = RingPlace(server.ring, None if by_id else server.base)
        report = await verify(fetcher(Hurried(NOW)), place, lambda: NOW, allow_http=True)
        assert report.unfounded == ""
        assert report.holds
        assert report.base == server.base


async def test_a_founder_that_never_signed_is_named() -> None:
    async with serving() as server:
        name = ServerName(f"127.0.0.1:{server.listener.port}")
        server.ring = RingId(f"soil:{name}")
        server.serve({1: founded(name).body}, {})
        serve_founder(server, name, KeySet(unit.KEYS[unit.E]))
        report = await server.walk()
        assert outcomes(report) == [(1, O.UNFOUNDED)]


async def test_an_expired_founder_is_said() -> None:
    async with serving() as server:
        name = ServerName(f"127.0.0.1:{server.listener.port}")
        server.ring = RingId(f"soil:{name}")
        server.serve({1: founded(name).body}, {})
        serve_founder(server, name, KeySet(FIRST))
        place = RingPlace(server.ring, server.base)
        late = NOW + 100 * DAY
        report = await verify(fetcher(Hurried(NOW)), place, lambda: late, allow_http=True)
        assert report.unfounded.startswith("its manifest is expired")
        assert report.freshness is RingFreshness.STALE
        assert report.holds


async def test_a_ring_without_a_server_is_an_error() -> None:
    place = RingPlace(RingId("soil:garden.example"), None)
    with pytest.raises(FetchError):
        await verify(fetcher(Hurried(NOW)), place, lambda: NOW, allow_http=True)


async def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    async with serving(*WHOLE) as server:
        place = RingPlace(server.ring, server.base)
        await verify(
            fetcher(Hurried(NOW)),
            place,
            lambda: NOW,
            allow_http=True,
            progress=lambda sequence, of: told.append((sequence, of)),
        )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
