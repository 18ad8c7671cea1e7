"""Fetching a peer's manifest: well-known, manifest, and those pages that we lack."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import canonical, wellknown
from webring.documents.manifest import Manifest, read_manifest, with_pages
from webring.errors import TrustError
from webring.names import PeerUrl, ServerName
from webring.net.budget import MANIFEST, WELL_KNOWN
from webring.net.fetch import MAX_REDIRECTS, Fetcher
from webring.net.visit import Visit

MANIFEST_PATH: Final = "/webring/v1/manifest"
PAGES_PATH: Final = "/webring/v1/pages"
BASE_TTL: Final[Millis] = DAY
"""How long we rely on where a peer serves, while its manifest answers there."""
_NOT_MODIFIED: Final = 304
_NOT_FOUND: Final = 404
_GONE: Final = (_NOT_FOUND, 410)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A peer's answer. `body` is None where nothing changed since the `etag` that we sent."""

    base_url: PeerUrl
    body: bytes | None = field(repr=False)
    etag: str | None


class ManifestFetcher:
    """Asks peers, and remembers where they serve."""

    def __init__(self, fetcher: Fetcher, *, allow_http: bool) -> None:
        self._fetcher = fetcher
        self._allow_http = allow_http
        self._bases: dict[ServerName, tuple[PeerUrl, Millis]] = {}

    async def fetch(self, name: ServerName, etag: str | None, now: Millis) -> Fetched:
        """Ask for the manifest of `name`; raises a `FetchError` or a `DocumentError`."""
        base = await self._base(name, now)
        headers = {"If-None-Match": etag} if etag else {}
        try:
            async with self._fetcher.visit() as visit:
                answer = await visit.request(
                    "GET",
                    f"{base}{MANIFEST_PATH}",
                    budget=MANIFEST,
                    headers=headers,
                    redirects=MAX_REDIRECTS,
                    statuses=(200, _NOT_MODIFIED) if etag else (200,),
                )
        except BaseException:
            self._bases.pop(name, None)
            raise
        body = None if answer.status == _NOT_MODIFIED else answer.body
        return Fetched(base, body, answer.etag)

    async def complete(
        self, manifest: Manifest, base: PeerUrl, held: Mapping[str, bytes]
    ) -> tuple[Manifest, dict[str, bytes]]:
        """The manifest with all its pages, and the bytes of each; only what is not held is fetched.

        Raises a `FetchError`, or `TrustError` mixed_pages where they do not fit together.
        """
        if not manifest.pages:
            return manifest, {}
        bodies = {ref.sha256: held[ref.sha256] for ref in manifest.pages if ref.sha256 in held}
        async with self._fetcher.visit() as visit:
            for ref in manifest.pages:
                if ref.sha256 not in bodies:
                    bodies[ref.sha256] = await _page(visit, base, ref.sha256)
        return await asyncio.to_thread(with_pages, manifest, bodies), bodies

    async def _base(self, name: ServerName, now: Millis) -> PeerUrl:
        base, until = self._bases.get(name, (None, 0))
        if base is not None and now < until:
            return base
        base = await self.ask_base(name)
        self._bases[name] = (base, now + BASE_TTL)
        return base

    async def ask_base(self, name: ServerName) -> PeerUrl:
        """Ask where `name` serves; raises a `FetchError` or a `DocumentError`."""
        site = self._fetcher.site(name)
        async with self._fetcher.visit() as visit:
            answer = await visit.request(
                "GET",
                f"{site}{wellknown.PATH}",
                budget=WELL_KNOWN,
                redirects=MAX_REDIRECTS,
                statuses=(200, _NOT_FOUND),
            )
        if answer.status == _NOT_FOUND:
            return wellknown.without_document(name, scheme=site.partition(":")[0]).base_url
        return wellknown.find_instance(name, answer.body, allow_http=self._allow_http).base_url


def stored_manifest(body: bytes, pages: Mapping[str, bytes]) -> Manifest:
    """The manifest that was kept, with its pages."""
    manifest = read_manifest(body)
    return with_pages(manifest, pages) if manifest.pages else manifest


async def _page(visit: Visit, base: PeerUrl, sha256: str) -> bytes:
    answer = await visit.request(
        "GET",
        f"{base}{PAGES_PATH}/{sha256}",
        budget=MANIFEST,
        redirects=MAX_REDIRECTS,
        statuses=(200, *_GONE),
    )
    if answer.status in _GONE:
        raise TrustError(f"the page {sha256} is missing", "mixed_pages")
    if canonical.digest(answer.body) != sha256:
        raise TrustError(f"the page {sha256} has another hash", "mixed_pages")
    return answer.body
