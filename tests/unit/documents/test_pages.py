"""Large documents: cut so that little changes, joined only if all of it is right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.documents.test_trust import DRAFT, FIRST, NOW, community
from webring.documents import canonical, envelope, manifest, pages
from webring.documents.community import ManifestCommunity
from webring.documents.keys import KeySet
from webring.documents.manifest import PAGE_TYPE, IssuedManifest
from webring.errors import MalformedDocument, TrustError
from webring.names import ServerName

NAME = DRAFT.instance
MANY = tuple(community(f"c{n}") for n in range(2_000))


def issued(communities: tuple[ManifestCommunity, ...] = MANY) -> IssuedManifest:
    draft = replace(DRAFT, communities=communities)
    return manifest.issue(draft, KeySet(FIRST), sequence=NOW, now=NOW)


WHOLE = issued()


def test_a_page_is_type_instance_and_items_alone() -> None:
    for sha256, body in WHOLE.pages.items():
        content = canonical.decode(body)
        assert set(content) == {"type", "instance", "items"}
        assert (content["type"], content["instance"]) == (PAGE_TYPE, NAME)
        assert canonical.digest(body) == sha256 == envelope.document_hash(content)
        assert len(body) <= pages.MAX_PAGE


CHANGES = {
    "one more in front": (community("a0"), *MANY),
    "one more in the middle": (*MANY[:1_000], community("a0"), *MANY[1_000:]),
    "one less": (*MANY[:700], *MANY[701:]),
    "one other name": (*MANY[:5], replace(MANY[5], name="Another"), *MANY[6:]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_small_change_leaves_most_pages_as_they_were(name: str) -> None:
    before, after = set(WHOLE.pages), set(issued(CHANGES[name]).pages)
    assert len(before) > 3
    assert len(after - before) <= 2


SIZES = {"few and large": (40, 500_000), "more than pages cut by items": (150, 120_000)}


@pytest.mark.parametrize("name", SIZES)
def test_what_is_very_large_still_fits(name: str) -> None:
    count, size = SIZES[name]
    items = [{"id": f"c{n}", "text": "x" * size} for n in range(count)]
    made = pages.split(PAGE_TYPE, NAME, items)
    assert len(made.refs) <= pages.MAX_PAGES
    assert pages.join(PAGE_TYPE, NAME, made.refs, made.bodies) == items


TOO_LARGE = {"one entry": (1, pages.MAX_PAGE), "all of it": (70, 900_000)}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_no_peer_would_read_is_not_published(name: str) -> None:
    count, size = TOO_LARGE[name]
    with pytest.raises(MalformedDocument):
        pages.split(PAGE_TYPE, NAME, [{"id": f"c{n}", "text": "x" * size} for n in range(count)])


def page(**change: object) -> bytes:
    content = {"type": PAGE_TYPE, "instance": NAME, "items": [community("a").to_json()]}
    return canonical.encode({**content, **change})


WRONG_PAGES = {
    "of another type": page(type="webring.ring.page"),
    "of another instance": page(instance=ServerName("forest.example")),
    "with another count": page(items=[]),
    "with items that are no list": page(items={}),
    "with a further field": page(more=1),
    "not canonical": page().replace(b",", b", ", 1),
    "not JSON": b"page",
}


@pytest.mark.parametrize("name", WRONG_PAGES)
def test_a_wrong_page_refuses_all_of_them(name: str) -> None:
    body = WRONG_PAGES[name]
    ref = pages.PageRef(canonical.digest(body), 1)
    with pytest.raises(TrustError) as refused:
        pages.join(PAGE_TYPE, NAME, [ref], {ref.sha256: body})
    assert refused.value.code == "mixed_pages"


def test_a_good_page_is_joined() -> None:
    ref = pages.PageRef(canonical.digest(page()), 1)
    assert len(pages.join(PAGE_TYPE, NAME, [ref], {ref.sha256: page()})) == 1


WRONG_REFS: dict[str, object] = {
    "not a list": {},
    "not an object": [7],
    "a hash in capitals": [{"sha256": "A" * 64, "count": 1}],
    "a negative count": [{"sha256": "a" * 64, "count": -1}],
    "one page twice": [{"sha256": "a" * 64, "count": 1}] * 2,
    "65 pages": [{"sha256": f"{n:064x}", "count": 1} for n in range(65)],
}


@pytest.mark.parametrize("name", WRONG_REFS)
def test_wrong_references_make_the_head_malformed(name: str) -> None:
    content = canonical.decode(WHOLE.body)
    content["pages"] = WRONG_REFS[name]
    with pytest.raises(MalformedDocument):
        manifest.read_manifest(canonical.encode(content))
