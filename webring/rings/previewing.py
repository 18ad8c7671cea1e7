"""A first look at a site that wants to join: would its half be there?

Anybody may type any address into that form. What came of it is remembered, longer where it failed;
the sites of one domain take turns; and few looks are under way at once. So the form dials nobody
that the one door would not, and nobody often.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.documents.fields import is_web_url
from webring.documents.ring_parts import site_member_id
from webring.errors import BadRequest, NotFound, RateLimited, Unavailable, UrlRefused
from webring.names import MAX_URL, RingId
from webring.net.urls import parse_url
from webring.rings.host_turns import HostTurns
from webring.rings.looking import SiteCheck
from webring.rings.rounds import domain
from webring.rings.seeing import Eyes
from webring.rings.states import Finding
from webring.storage import rings
from webring.storage.sql import Connection

REMEMBERED: Final = 2_000
"""Addresses of which is known what came of them."""
ANSWERED_FOR: Final[Millis] = MINUTE
"""How long that holds of a site that answered."""
FAILED_FOR: Final[Millis] = 10 * MINUTE
"""And of one that could not be read: of its whole host, where nobody answered there."""
AT_ONCE: Final = 8
"""Looks of this kind under way together."""
BURST: Final = 5
"""Looks at sites of one registrable domain without a pause."""
GAP: Final[Millis] = 20 * SECOND
"""Between two of them from then on."""


@dataclass(frozen=True, slots=True)
class SitePreview:
    """What a first look at a site found: it would be the member `member`, at `url`.

    `is_fresh` tells whether it was looked at just now; `again_at` is from when it would be again.
    """

    ring: RingId
    member: str
    url: str
    check: SiteCheck
    again_at: Millis
    is_fresh: bool = True


class Previews:
    """Looks at sites before they are members."""

    def __init__(self, eyes: Eyes, clock: Clock, *, allow_http: bool) -> None:
        self._eyes = eyes
        self._clock = clock
        self._allow_http = allow_http
        self._turns = HostTurns(BURST, GAP)
        self._known: OrderedDict[tuple[str, str], SitePreview] = OrderedDict()
        self._busy = 0

    async def look(self, conn: Connection, ring: RingId, url: str) -> SitePreview:
        """Look at `url`, or tell what was found a moment ago.

        Raises `BadRequest` for what is no address of a site, `NotFound` where the ring is not known
        here, `RateLimited` and `Unavailable` where too much is asked.
        """
        url = self._checked(url)
        stored = await rings.get(conn, ring)
        if stored is None or not stored.root:
            raise NotFound(f"no ring {ring} is known here")
        now, member = self._clock(), site_member_id(stored.root, url)
        if known := self._remembered(ring, url, now):
            return replace(known, ring=ring, member=member, url=url, is_fresh=False)
        sought = await self._eyes.sought(conn, ring, member, url)
        with self._turn(url, now):
            check = await self._eyes.look(sought)
        if check is None:
            raise Unavailable("That site's turn did not come in time: try again in a minute.")
        return self._remember(SitePreview(ring, member, url, check, now))

    def _checked(self, url: str) -> str:
        url = url.strip()
        if not (self._allow_http or is_web_url(url)):
            raise BadRequest(
                f"url is an https:// address of at most {MAX_URL} characters, not {url[:80]!a}"
            )
        if "#" in url:
            raise BadRequest(f"url is an address without a fragment, not {url[:80]!a}")
        try:
            parse_url(url, allow_http=self._allow_http)
        except UrlRefused as error:
            raise BadRequest(f"url: {error.sentence}") from None
        return url

    @contextmanager
    def _turn(self, url: str, now: Millis) -> Iterator[None]:
        at = self._turns.take(domain(url), now)
        if at > now:
            why = "Sites there were looked at too often: try again a little later."
            raise RateLimited(why, retry_after=at - now)
        if self._busy >= AT_ONCE:
            raise Unavailable("Too many sites are being looked at: try again in a minute.")
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    def _remembered(self, ring: RingId, url: str, now: Millis) -> SitePreview | None:
        """What was found at this address, or that its whole host was silent."""
        origin = parse_url(url, allow_http=True).origin
        known = self._known.get((ring, url)) or self._known.get(("", origin))
        if known is None or not 0 <= known.again_at - now <= FAILED_FOR:
            return None
        return known

    def _remember(self, preview: SitePreview) -> SitePreview:
        check = preview.check
        failed = check.finding in {Finding.FAILED, Finding.UNKNOWN}
        again_at = check.at + (FAILED_FOR if failed else ANSWERED_FOR)
        preview = replace(preview, again_at=again_at)
        silent = check.is_silent or check.code == "address"
        origin = parse_url(preview.url, allow_http=True).origin
        key = ("", origin) if silent else (preview.ring, preview.url)
        self._known[key] = preview
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return preview
