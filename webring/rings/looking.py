"""Looking at a site: its page, and its well-known file where the page says nothing.

All of it goes through the one door out, which refuses addresses that are not public, bounds time
and bytes, and asks robots.txt first: whoever keeps crawlers out keeps out the check as well, and is
told how to let it in. At most three redirects are followed, and none that leaves the site: what
another site says is not this one's consent.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from webring.clock import SECOND, Clock, Millis
from webring.crawler.frontier import registrable
from webring.errors import (
    AddressRefused,
    BackingOff,
    BudgetExceeded,
    DnsFailed,
    FetchError,
    RobotsRefused,
    StatusRefused,
    TypeRefused,
)
from webring.names import RingId, ServerName
from webring.net.answer import Answer
from webring.net.budget import MIB, WELL_KNOWN, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher
from webring.net.urls import Target, parse_url
from webring.net.visit import Visit
from webring.rings.charset import decode_page
from webring.rings.mending import mending
from webring.rings.site import (
    LEFT,
    WELL_KNOWN_PATH,
    Page,
    ProofKind,
    SiteProof,
    Sought,
    find_consent,
    read_page,
)
from webring.rings.site_file import FileWord, read_webring_json
from webring.rings.states import Finding

PAGE: Final = Budget(10 * SECOND, MIB, MIB, cut=True)
"""One page of a site: what is longer is read as far as that."""
SILENT: Final = frozenset({"dns", "connect", "tls", "timeout"})
"""Codes of looks that reached nobody: they may be our own connection's fault."""
_UNASKED: Final = frozenset({"url", "address", "backoff", "robots"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HTML: Final = frozenset({"", "text/html", "application/xhtml+xml"})
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429
_GONE: Final = "gone"
_FILE_LEFT: Final = "its well-known file says that the site has left the ring"
_ACCEPT_PAGE: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What a look at a site came to.

    `code` is a stable word; `why` and `mend` are sentences for people (`mend` "" where nothing is
    to be done). `title` is the page's, "" where it was not read. `origin` is where we asked.
    """

    finding: Finding
    code: str
    why: str
    mend: str
    title: str
    proof: ProofKind
    proof_url: str
    origin: str
    at: Millis

    @property
    def is_silent(self) -> bool:
        """Whether nobody was reached."""
        return self.code in SILENT

    @property
    def was_asked(self) -> bool:
        """Whether anybody was certainly asked (what robots.txt says may be known from before)."""
        return self.code not in _UNASKED


@dataclass(frozen=True, slots=True)
class _Read:
    """A page that answered, where it was served."""

    page: Page
    url: str


class _LeftSite(Exception):
    """A redirect leads to another site."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class SiteLooker:
    """Looks at sites."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock

    async def look(self, sought: Sought) -> SiteCheck:
        """Whether the site at `sought.url` says that it is in the ring. It does not fail."""
        try:
            async with self._fetcher.visit() as visit:
                return await self._looked(visit, sought)
        except _LeftSite as left:
            why = f"it redirects to another site, {left.url[:200]}"
            return self._check(sought, Finding.ABSENT, "left_site", why)
        except FetchError as error:
            finding = Finding.UNKNOWN if isinstance(error, BackingOff) else Finding.FAILED
            return self._check(sought, finding, _code(error), why_of(error))

    async def _looked(self, visit: Visit, sought: Sought) -> SiteCheck:
        try:
            read = await self._page(visit, sought.url)
        except StatusRefused as error:
            if _code(error) == _GONE and await _says_left(visit, sought):
                return self._check(sought, Finding.ABSENT, LEFT, _FILE_LEFT)
            raise
        proof = find_consent(read.page, read.url, sought)
        if not proof.is_given:
            proof = await _by_file(visit, sought, proof)
        return self._told(sought, read, proof)

    async def _page(self, visit: Visit, url: str) -> _Read:
        answer = await _get(visit, url, PAGE, _ACCEPT_PAGE)
        media_type = answer.headers.get("content-type", "")
        if media_type.partition(";")[0].strip().lower() not in _HTML:
            return _Read(Page("", (), "", is_shell=False), answer.url)
        # A megabyte of nothing but tags takes a second, during which others have to be answered.
        page = await asyncio.to_thread(_read, answer.body, media_type)
        return _Read(page, answer.url)

    def _told(self, sought: Sought, read: _Read, proof: SiteProof) -> SiteCheck:
        """The check of a page that answered."""
        finding = Finding.SHOWN if proof.is_given else Finding.ABSENT
        is_silent = read.page.is_shell and not proof.is_given and proof.code != LEFT
        code = "shell" if is_silent else proof.code
        return self._check(sought, finding, code, proof.why, read.page.title, proof)

    def _check(
        self,
        sought: Sought,
        finding: Finding,
        code: str,
        why: str,
        title: str = "",
        proof: SiteProof | None = None,
    ) -> SiteCheck:
        return SiteCheck(
            finding=finding,
            code=code,
            why=why,
            mend="" if finding is Finding.SHOWN else mending(code, sought),
            title=title,
            proof=proof.kind if proof else ProofKind.NONE,
            proof_url=proof.url if proof else "",
            origin=origin_of(sought.url),
            at=self._clock(),
        )


def is_same_site(one: Target, other: Target) -> bool:
    """Whether two addresses are of one site: of one registrable domain."""
    return registrable(ServerName(one.host)) == registrable(ServerName(other.host))


async def _get(visit: Visit, url: str, budget: Budget, accept: str) -> Answer:
    """Ask for a document of a site, following redirects within it."""
    here = url
    for _ in range(MAX_REDIRECTS + 1):
        answer = await visit.request(
            "GET",
            here,
            budget=budget,
            headers={"Accept": accept},
            statuses=(200, *_REDIRECTS),
            robots=True,
        )
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS:
            return answer
        here = _followed(answer, location)
    raise _refused(answer, f"more than {MAX_REDIRECTS} redirects")


def _followed(answer: Answer, location: str | None) -> str:
    """Where a redirect leads; `_LeftSite` where that is another site."""
    before = parse_url(answer.url, allow_http=True)
    if location is None:
        raise _refused(answer, "it redirects nowhere")
    try:
        after = before.join(location)
    except ValueError:
        raise _refused(answer, "its redirect is no address") from None
    if not is_same_site(before, after):
        raise _LeftSite(after.url)
    return after.url


def _refused(answer: Answer, why: str) -> StatusRefused:
    host = urlsplit(answer.url).hostname or ""
    return StatusRefused(f"{host}: {why}", host=host, status=answer.status)


async def file_word(visit: Visit, origin: str, ring: RingId, url: str) -> FileWord:
    """What a site's well-known file says of `url` and the ring. No file, or another's, says
    nothing.

    A `FetchError` where that cannot be told: a file that fails today is not one that is gone.
    """
    try:
        answer = await _get(visit, origin + WELL_KNOWN_PATH, WELL_KNOWN, "application/json")
        return read_webring_json(answer.json(), ring, url)
    except StatusRefused as error:
        if error.status == _TOO_MANY or error.status >= _SERVER_ERROR:
            raise
    except (_LeftSite, TypeRefused, RobotsRefused, BudgetExceeded):
        pass
    return FileWord.NOTHING


async def _by_file(visit: Visit, sought: Sought, proof: SiteProof) -> SiteProof:
    """What the file makes of a page that does not consent."""
    origin = origin_of(sought.url)
    word = await file_word(visit, origin, sought.ring, sought.url)
    if word is FileWord.MEMBER:
        file = origin + WELL_KNOWN_PATH
        return SiteProof(ProofKind.FILE, file, "file", "its well-known file names the ring")
    if word is FileWord.LEFT:
        return SiteProof(ProofKind.NONE, "", LEFT, _FILE_LEFT)
    return proof


async def _says_left(visit: Visit, sought: Sought) -> bool:
    """Whether the file of a site whose page is gone says that it has left."""
    try:
        word = await file_word(visit, origin_of(sought.url), sought.ring, sought.url)
    except FetchError:
        return False
    return word is FileWord.LEFT


def _read(body: bytes, content_type: str) -> Page:
    return read_page(decode_page(body, content_type))


def origin_of(url: str) -> str:
    """Where a URL is asked: its scheme and authority."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def why_of(error: FetchError) -> str:
    """The error's sentence for people.

    What a name resolves to in our own network is nobody's business, nor whether it does: anybody
    may have typed it.
    """
    if isinstance(error, AddressRefused | DnsFailed):
        return f"{error.host} has no public address"
    return error.sentence


def _code(error: FetchError) -> str:
    """The error's stable word; a status by its kind, since that is mended differently."""
    if not isinstance(error, StatusRefused):
        return error.reason
    if error.status in {401, 403, _TOO_MANY}:
        return "shut"
    return _GONE if error.status in {404, 410} else error.reason
