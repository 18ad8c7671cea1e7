"""Pages: the long list of a large document, cut into parts that are named by their hash.

A page is canonical JSON of `type`, `instance` and `items` alone. It is not signed: the signed head
names its hash. An unchanged page keeps its hash and is never fetched again, so the cuts are made
where the items say, not where a count does: an entry more or less changes the page that it is in,
and leaves the others as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.documents import canonical
from webring.documents.canonical import Json
from webring.documents.fields import Reader
from webring.errors import DocumentError, MalformedDocument, TrustError
from webring.names import ServerName

LARGE: Final = 256 * 1024
"""Bytes of signed document above which its list moves to pages; also what a page aims at."""
MAX_PAGE: Final = 1024 * 1024
"""Bytes in one page."""
MAX_PAGES: Final = 64

_CUT_BY_ITEMS: Final = 16 * 1024 * 1024
"""Bytes of items above which pages are filled to the brim, or they would become too many."""
_FRAME: Final = 512
"""Bytes of a page around its items, at most."""


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page as the head names it: its hash, and how many items it holds."""

    sha256: str
    count: int


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages that were made: what the head names, in order, and their bytes by hash."""

    refs: tuple[PageRef, ...]
    bodies: Mapping[str, bytes]


def split(kind: str, instance: ServerName, items: Sequence[Json]) -> Pages:
    """Cut `items` (objects with an `id`) into pages of `kind`, in order.

    Raises `MalformedDocument` where one item, or all of them, are too large to be published.
    """
    sizes = [len(canonical.encode(item)) + 1 for item in items]
    if sizes and max(sizes) > MAX_PAGE - _FRAME:
        raise MalformedDocument(f"an entry has at most {MAX_PAGE - _FRAME} bytes, not {max(sizes)}")
    refs: list[PageRef] = []
    bodies: dict[str, bytes] = {}
    for batch in _batches(items, sizes):
        body = canonical.encode({"type": kind, "instance": instance, "items": batch})
        sha256 = canonical.digest(body)
        refs.append(PageRef(sha256, len(batch)))
        bodies[sha256] = body
    if len(refs) > MAX_PAGES:
        raise MalformedDocument(f"a document has at most {MAX_PAGES} pages, not {len(refs)}")
    return Pages(tuple(refs), bodies)


def read_refs(reader: Reader) -> tuple[PageRef, ...]:
    """Read the head's `pages`; one malformed reference makes the whole document malformed."""
    refs = tuple(_read_ref(path, item) for path, item in reader.objects("pages"))
    if len(refs) > MAX_PAGES:
        raise reader.wrong("pages", f"at most {MAX_PAGES} pages", len(refs))
    if len({ref.sha256 for ref in refs}) < len(refs):
        raise MalformedDocument("pages names each page once")
    return refs


def join(
    kind: str, instance: ServerName, refs: Sequence[PageRef], bodies: Mapping[str, bytes]
) -> list[object]:
    """The items of all pages, in order; `TrustError` mixed_pages unless every page verifies."""
    items: list[object] = []
    for ref in refs:
        items += _read_page(kind, instance, ref, bodies.get(ref.sha256))
    return items


def _batches(items: Sequence[Json], sizes: Sequence[int]) -> Iterator[list[Json]]:
    """Cut behind an item whose id's hash says so, or where a page would become too large."""
    total = sum(sizes)
    # A third of the pages allowed is what the cuts aim at: chance makes some pages smaller.
    goal = min(max(LARGE, 3 * total // MAX_PAGES), MAX_PAGE // 2)
    one_in = _power_of_two(2 * goal * len(items) // (3 * max(total, 1)))
    brim = MAX_PAGE - _FRAME
    batch: list[Json] = []
    size = 0
    for item, length in zip(items, sizes, strict=True):
        if batch and size + length > brim:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
        if total <= _CUT_BY_ITEMS and size > goal // 3 and _is_cut(item, one_in):
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _is_cut(item: Json, one_in: int) -> bool:
    name = hashlib.sha256(str(item.get("id")).encode()).digest()
    return int.from_bytes(name[:4]) % one_in == 0


def _power_of_two(wanted: int) -> int:
    """A power of two near `wanted`: it stays the same while the list grows a little."""
    return 1 << max(wanted, 1).bit_length() - 1


def _read_ref(path: str, item: object) -> PageRef:
    if not isinstance(item, dict):
        raise MalformedDocument(f"{path} is an object of sha256 and count")
    reader = Reader(item, path)
    return PageRef(reader.sha256("sha256"), reader.integer("count"))


def _read_page(
    kind: str, instance: ServerName, ref: PageRef, body: bytes | None
) -> Sequence[object]:
    if body is None or canonical.digest(body) != ref.sha256:
        raise _mixed(ref, "is missing" if body is None else "has another hash")
    try:
        content = canonical.decode(body, limit=MAX_PAGE)
    except DocumentError as error:
        raise _mixed(ref, f"cannot be read: {error}") from None
    items = content.get("items")
    if set(content) != {"type", "instance", "items"} or not isinstance(items, list):
        raise _mixed(ref, "holds more or less than type, instance and items")
    if content["type"] != kind or content["instance"] != instance:
        raise _mixed(ref, "belongs to another document")
    if canonical.encode(content) != body:
        raise _mixed(ref, "is not canonical JSON")
    if len(items) != ref.count:
        raise _mixed(ref, f"has {len(items)} items, not {ref.count}")
    return items


def _mixed(ref: PageRef, why: str) -> TrustError:
    return TrustError(f"the page {ref.sha256} {why}", "mixed_pages")


def write_refs(refs: Iterable[PageRef]) -> list[dict[str, object]]:
    """What `read_refs` reads."""
    return [{"sha256": ref.sha256, "count": ref.count} for ref in refs]
