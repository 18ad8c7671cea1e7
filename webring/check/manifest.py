"""Verifying a manifest as somebody would who meets the instance for the first time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from webring.check.findings import Finding, fail, ok, warn
from webring.clock import DAY, Millis
from webring.crawler.fetching import MANIFEST_PATH, ManifestFetcher
from webring.documents import trust
from webring.documents.manifest import Manifest, read_manifest
from webring.documents.trust import Outcome
from webring.errors import DocumentError, FetchError, InvalidName
from webring.names import PeerUrl, ServerName
from webring.net.budget import MANIFEST
from webring.net.fetch import MAX_REDIRECTS, Fetcher

SOON: Final[Millis] = 2 * DAY
"""A manifest that expires this soon was not re-issued when it should have been."""
_SHOWN: Final = 5
"""Dropped entries that are named."""
_MEND: Final = {
    Outcome.BAD_SIGNATURE: "it was altered on the way: look at caches and proxies before it",
    Outcome.UNKNOWN_KEY: "none of the keys that it names has signed it: restart webring serve",
    Outcome.EXPIRED: "it was not re-issued: see that webring serve runs, and its log",
    Outcome.FUTURE_SEQUENCE: "set the clock of the machine that issues it",
    Outcome.WRONG_INSTANCE: "another instance answers there: look at the proxy",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manifest is: an instance's name, or a base URL."""

    name: ServerName | None
    base_url: PeerUrl | None

    @classmethod
    def parse(cls, text: str, *, allow_http: bool) -> Place:
        """Read a name, a base URL or a manifest's own URL; raises `InvalidName`."""
        if "://" not in text:
            return cls(ServerName.parse(text), None)
        url = text.strip().rstrip("/").removesuffix(MANIFEST_PATH)
        return cls(None, PeerUrl.parse(url, allow_http=allow_http))


async def verify(
    place: Place, fetcher: Fetcher, now: Millis, *, allow_http: bool = False
) -> AsyncIterator[Finding]:
    """Fetch, read, verify: signature, freshness, pages. What is wrong is named."""
    fetching = ManifestFetcher(fetcher, allow_http=allow_http)
    try:
        body, base = await _fetch(place, fetcher, fetching, now)
        manifest = read_manifest(body)
        yield ok(
            "manifest", f"{len(body):,} bytes, sequence {manifest.sequence}, {manifest.sha256}"
        )
        for finding in _judge(place, manifest, now):
            yield finding
        whole, bodies = await fetching.complete(manifest, base, {})
    except FetchError as error:
        yield fail("manifest", error.sentence, "see that webring serve runs behind that address")
    except DocumentError as error:
        yield fail("manifest", f"{error.code}: {error.sentence}", "update webring there")
    except InvalidName as error:
        yield fail("manifest", error.sentence, "name an instance, or its base URL")
    else:
        pages = f"{len(bodies)} pages verify, " if bodies else ""
        yield ok("content", f"{pages}{len(whole.communities)} communities")
        for dropped in whole.dropped[:_SHOWN]:
            yield warn("content", f"an entry is left out: {dropped.reason}", "correct it there")


async def _fetch(
    place: Place, fetcher: Fetcher, fetching: ManifestFetcher, now: Millis
) -> tuple[bytes, PeerUrl]:
    if place.name is not None:
        fetched = await fetching.fetch(place.name, None, now)
        return fetched.body or b"", fetched.base_url
    assert place.base_url is not None  # noqa: S101 (a place has one of the two)
    async with fetcher.visit() as visit:
        answer = await visit.get(
            f"{place.base_url}{MANIFEST_PATH}", budget=MANIFEST, redirects=MAX_REDIRECTS
        )
    return answer.body, place.base_url


def _judge(place: Place, manifest: Manifest, now: Millis) -> list[Finding]:
    """What first contact would say of it."""
    verdict = trust.judge(None, place.name or manifest.instance, manifest, now)
    if not verdict.is_good:
        mend = _MEND.get(verdict.outcome, "update webring there")
        return [fail("signature", f"{verdict.outcome}: {verdict.why}", mend)]
    keys = ", ".join(sorted(manifest.keys))
    found = [ok("signature", f"{manifest.instance} signed it with a key that it names: {keys}")]
    left = manifest.expires_at - now
    seen = f"it holds for {left // DAY} more days"
    if left < SOON:
        found.append(warn("freshness", seen, "see why webring serve did not issue it again"))
    else:
        found.append(ok("freshness", seen))
    return found
