"""Pages: the long list of a large document, cut into parts that are named by their hash.

A page is canonical JSON of `type`, `instance` and `items` alone. It is not signed: the signed head
names its hash. An unchanged page keeps its hash and is never fetched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.documents import canonical
from webring.documents.fields import Reader
from webring.errors import MalformedDocument, TrustError
from webring.names import ServerName

LARGE: Final = 256 * 1024
"""Bytes of signed document above which its list moves to pages."""
MAX_PAGE: Final = 1024 * 1024
"""Bytes in one page."""
MAX_PAGES: Final = 64

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page as the head names it: its hash, and how many items it holds."""

    sha256: str
    count: int


def split(kind: str, instance: ServerName, items: Iterable[object]) -> dict[str, bytes]:
    """Cut `items` into pages of `kind`, by hash and in order; each is about `LARGE` bytes."""
    pages: dict[str, bytes] = {}
    batch: list[object] = []
    size = 0
    for item in items:
        length = len(canonical.encode(item))
        if batch and size + length > LARGE:
            _add(pages, kind, instance, batch)
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        _add(pages, kind, instance, batch)
    if len(pages) > MAX_PAGES:
        raise MalformedDocument(f"a document has at most {MAX_PAGES} pages, not {len(pages)}")
    return pages


def read_refs(reader: Reader) -> tuple[PageRef, ...]:
    """Read the head's `pages`; one malformed reference makes the whole document malformed."""
    refs = tuple(_read_ref(path, item) for path, item in reader.objects("pages"))
    if len(refs) > MAX_PAGES:
        raise reader.wrong("pages", f"at most {MAX_PAGES} pages", len(refs))
    return refs


def join(
    kind: str, instance: ServerName, refs: Sequence[PageRef], bodies: Mapping[str, bytes]
) -> list[object]:
    """The items of all pages, in order; `TrustError` mixed_pages unless every page verifies."""
    items: list[object] = []
    for ref in refs:
        items += _read_page(kind, instance, ref, bodies.get(ref.sha256))
    return items


def _add(pages: dict[str, bytes], kind: str, instance: ServerName, items: list[object]) -> None:
    body = canonical.encode({"type": kind, "instance": instance, "items": items})
    pages[canonical.digest(body)] = body


def _read_ref(path: str, item: object) -> PageRef:
    if not isinstance(item, dict):
        raise MalformedDocument(f"{path} is an object of sha256 and count")
    reader = Reader(item, path)
    sha256 = reader.text("sha256", limit=65)
    if not _SHA256.fullmatch(sha256):
        raise reader.wrong("sha256", "64 lowercase hex digits", sha256)
    return PageRef(sha256, reader.integer("count"))


def _read_page(
    kind: str, instance: ServerName, ref: PageRef, body: bytes | None
) -> Sequence[object]:
    if body is None or canonical.digest(body) != ref.sha256:
        seen = "is missing" if body is None else "has another hash"
        raise TrustError(f"the page {ref.sha256} {seen}", "mixed_pages")
    content = canonical.decode(body, limit=MAX_PAGE)
    items = content.get("items")
    if set(content) != {"type", "instance", "items"} or not isinstance(items, list):
        raise TrustError(f"the page {ref.sha256} holds more or less than items", "mixed_pages")
    if content["type"] != kind or content["instance"] != instance:
        raise TrustError(f"the page {ref.sha256} belongs to another document", "mixed_pages")
    if len(items) != ref.count:
        raise TrustError(
            f"the page {ref.sha256} has {len(items)} items, not {ref.count}", "mixed_pages"
        )
    return items
