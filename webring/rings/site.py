"""A site's own half of consent: whether its page, or its well-known file, names the ring. Pure.

What counts on the page is what `docs/protocol.md` says: an `a[href]`, an `iframe[src]` or a
`link[rel=webring]` to the ring's host or a mirror, at the ring's own paths, that carries the
member's id as a whole path segment or as the `from` value. Addresses are parsed and compared part
by part, never searched for text: `https://ring.example.evil.example/` names nobody, nor does
`?next=https://ring.example/...`.

What does not count:

- links with rel `ugc`, `nofollow` or `sponsored`: sites mark so what visitors wrote, and a
  guestbook enrols nobody;
- what is in comments, scripts, `textarea` and the like: it is text, a snippet shown to be copied;
- what is in a `template`: the page shows nothing of it;
- an `iframe` with `srcdoc`, which is shown in place of its `src`.

What is in `noscript` counts: it is what the page itself says to whoever runs no script, as we do,
and no visitor can write there.

A site leaves by its own word, too: by the same link with the rel `webring-left`, on a page that
carries none which consents. Whoever may change the page may say so, and nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

from webring.names import RingId
from webring.rings.markup import End, Start, Text, tokens, unescaped
from webring.text import cut, line

MAX_CANDIDATES: Final = 500
"""Links of a page that look as if they led to the ring; further ones are passed over."""
MAX_TITLE: Final = 120
"""Graphemes of a title."""
SHELL: Final = 200
"""Characters of text below which a page with scripts is taken for one that is built by them."""
WELL_KNOWN_PATH: Final = "/.well-known/webring.json"
"""Where a site may say by a file what its page does not."""
LEFT: Final = "left"
"""The code of a site that says itself that it has left."""
LEFT_REL: Final = "webring-left"
"""The rel of a link by which a page says so."""

_STRANGERS: Final = frozenset({"ugc", "nofollow", "sponsored"})
_OWN_PATHS: Final = frozenset({"rings", "embed"})
_PORTS: Final = {"https": 443, "http": 80}
_MAX_FIELDS: Final = 64
_MAX_RAW_TITLE: Final = 2_000
_EDGES: Final = "".join(map(chr, range(33)))
_BREAKS: Final = str.maketrans("", "", "\t\n\r")


class ProofKind(StrEnum):
    """By what a site says that it is in the ring."""

    NONE = ""
    LINK = "link"
    IFRAME = "iframe"
    LINK_ELEMENT = "link_element"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: the ring, the member's id and URL, and where the ring is served.

    `bases` are the base URLs of the instances that count as the ring's host or a mirror.
    """

    ring: RingId
    member: str
    url: str
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a page names; `flaw` says why it cannot count ("" where it may)."""

    kind: ProofKind
    href: str
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What is read of a page. `base` is its `<base href>`, as written; `is_shell` tells whether it
    is almost empty before its scripts run.
    """

    title: str
    links: tuple[Link, ...]
    base: str
    is_shell: bool


@dataclass(frozen=True, slots=True)
class SiteProof:
    """What was found: `url` is the address that proves it. `code` is a stable word and `why` a
    sentence for people, also where nothing was found.
    """

    kind: ProofKind
    url: str
    code: str
    why: str

    @property
    def is_given(self) -> bool:
        """Whether the site consents."""
        return self.kind is not ProofKind.NONE


def read_page(html: str) -> Page:
    """Read a page, in time linear in its length."""
    reading = _Reading()
    for token in tokens(html):
        reading.take(token)
    return reading.page()


def page_title(html: str) -> str:
    """The page's title on one line, harmless and not long; "" where it has none."""
    return read_page(html).title


def find_consent(page: Page, page_url: str, sought: Sought) -> SiteProof:
    """Whether the page, served at `page_url`, consents to what is sought; and if not, how near it
    came.
    """
    base = _base(page, page_url)
    nearest = _Near.NOTHING
    looked = 0
    for link in page.links:
        if looked == MAX_CANDIDATES:
            break
        if not _may_lead(link.href, sought):
            continue
        looked += 1
        parts = resolved(link.href, base)
        near = _nearness(parts, link, sought) if parts else _Near.NOTHING
        if parts and near is _Near.THERE:
            return SiteProof(link.kind, parts.geturl(), near.value, "the page links to the ring")
        nearest = max(nearest, near, key=_ORDER.index)
    host = urlsplit(sought.bases[0]).netloc if sought.bases else "the ring's host"
    why = _WHY[nearest].format(host=host, member=sought.member)
    return SiteProof(ProofKind.NONE, "", nearest.value, why)


def same_url(one: str, other: str) -> bool:
    """Whether two URLs are one, but for the case of the host, a default port, an empty path."""
    first, second = resolved(one, ""), resolved(other, "")
    return first is not None and second is not None and _identity(first) == _identity(second)


def resolved(href: str, base: str) -> SplitResult | None:
    """An address on a page, as a browser would follow it; None for what is no clean web address.

    None also for users and backslashes, which are read in two ways, and for `..` in the path.
    """
    text = href.strip(_EDGES).translate(_BREAKS)
    if "\\" in text:
        return None
    try:
        parts = urlsplit(urljoin(base, text))
        clean = parts.scheme in _PORTS and parts.hostname and parts.username is None
        _ = parts.port
    except ValueError:
        return None
    segments = [unquote(segment) for segment in parts.path.split("/")]
    return parts if clean and not {".", ".."} & set(segments) else None


class _Near(StrEnum):
    """How near a link comes to consent."""

    NOTHING = "no_link"
    HOST = "other_link"
    RING = "no_member"
    TEMPLATE = "template"
    STRANGER = "rel"
    LEFT = LEFT
    THERE = "linked"


_ORDER: Final = tuple(_Near)
_WHY: Final = {
    _Near.NOTHING: "the page has no link to {host}",
    _Near.HOST: "the page links to {host}, but not to this ring",
    _Near.RING: "the page links to the ring, but no link carries the member's id, {member}",
    _Near.TEMPLATE: "the page's link to the ring is in a <template>, which shows nothing",
    _Near.STRANGER: (
        "the page's link to the ring has rel ugc, nofollow or sponsored, which marks what visitors "
        "wrote"
    ),
    _Near.LEFT: "the page says that the site has left the ring",
}


class _Reading:
    """What was read of a page so far."""

    def __init__(self) -> None:
        self._title = ""
        self._base = ""
        self._links: list[Link] = []
        self._letters = 0
        self._scripts = 0
        self._inside = dict.fromkeys(("template", "noscript", "svg"), 0)

    def take(self, token: Start | End | Text) -> None:
        """Take the next token."""
        if isinstance(token, Text):
            self._text(token)
        elif isinstance(token, End):
            if self._inside.get(token.name):
                self._inside[token.name] -= 1
        else:
            self._start(token)

    def page(self) -> Page:
        """The page."""
        shell = self._letters < SHELL and self._scripts > 0
        return Page(self._title, tuple(self._links), self._base, shell)

    def _text(self, token: Text) -> None:
        inside = self._inside
        if token.within == "title":
            if not (self._title or inside["template"] or inside["svg"]):
                self._title = _clean(token.text)
        elif not (token.within or inside["template"] or inside["noscript"]):
            self._letters += min(len(token.text.strip()), SHELL)

    def _start(self, token: Start) -> None:
        if token.name in self._inside:
            self._inside[token.name] += 1
            return
        self._scripts += token.name == "script"
        rel = frozenset(unescaped(token.attributes.get("rel", "")).lower().split())
        kind, attribute = _address(token, rel)
        href = unescaped(token.attributes.get(attribute, ""))
        if token.name == "base" and not self._inside["template"]:
            self._base = self._base or unescaped(token.attributes.get("href", ""))
        elif href:
            self._links.append(Link(kind, href, self._flaw(rel)))

    def _flaw(self, rel: frozenset[str]) -> str:
        if self._inside["template"]:
            return "template"
        if rel & _STRANGERS:
            return "rel"
        return LEFT if LEFT_REL in rel else ""


def _address(token: Start, rel: frozenset[str]) -> tuple[ProofKind, str]:
    """What a tag could prove, and the attribute that names the address ("": none does)."""
    if token.name == "a":
        return ProofKind.LINK, "href"
    if token.name == "iframe" and "srcdoc" not in token.attributes:
        return ProofKind.IFRAME, "src"
    if token.name == "link" and rel & {"webring", LEFT_REL}:
        return ProofKind.LINK_ELEMENT, "href"
    return ProofKind.NONE, ""


def _clean(raw: str) -> str:
    return cut(line(unescaped(raw[:_MAX_RAW_TITLE])), MAX_TITLE)


def _base(page: Page, page_url: str) -> str:
    """What relative addresses of the page start from."""
    parts = resolved(page.base, page_url) if page.base else None
    return parts.geturl() if parts else page_url


def _may_lead(href: str, sought: Sought) -> bool:
    """A quick look: whether it is worth parsing."""
    return (
        sought.member in href
        or "from=" in href
        or any(urlsplit(base).netloc in href for base in sought.bases)
    )


def _nearness(parts: SplitResult, link: Link, sought: Sought) -> _Near:
    """How near a link comes, by the base URL that suits it best."""
    near = [_by_base(parts, base, sought) for base in sought.bases]
    best = max(near, key=_ORDER.index, default=_Near.NOTHING)
    if best is _Near.THERE and link.flaw:
        return _Near(link.flaw)
    return best


def _by_base(parts: SplitResult, base: str, sought: Sought) -> _Near:
    segments = _below(parts, base)
    if segments is None:
        return _Near.NOTHING
    if segments[0] not in _OWN_PATHS or sought.ring not in segments[1:]:
        return _Near.HOST
    rest = segments[segments.index(sought.ring) + 1 :]
    return _Near.THERE if _carries(parts, rest, sought) else _Near.RING


def _below(parts: SplitResult, base: str) -> list[str] | None:
    """The segments of a path below a base URL; None where it is not below it."""
    start = urlsplit(base)
    prefix = start.path.rstrip("/") + "/"
    path = parts.path or "/"
    if _place(parts) != _place(start) or not path.startswith(prefix):
        return None
    return [unquote(segment) for segment in path[len(prefix) :].split("/")]


def _carries(parts: SplitResult, rest: list[str], sought: Sought) -> bool:
    """Whether an address of the ring names the member."""
    if sought.member in rest:
        return True
    try:
        query = parse_qsl(parts.query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return False
    came = next((value for name, value in query if name == "from"), "")
    return came == sought.member or same_url(came, sought.url)


def _place(parts: SplitResult) -> tuple[str, int]:
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return (parts.hostname or "").lower(), port


def _identity(parts: SplitResult) -> tuple[object, ...]:
    return parts.scheme, _place(parts), parts.path or "/", parts.query, parts.fragment
