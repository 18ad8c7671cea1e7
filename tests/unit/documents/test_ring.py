"""A ring document is written one way and read with suspicion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.documents.ring_world import (
    ID,
    KEYS,
    NOW,
    TERMS,
    A,
    B,
    after,
    community,
    first,
    pages_of,
    site,
)
from webring.clock import DAY
from webring.documents import canonical, ring
from webring.documents.keys import SigningKey
from webring.documents.ring import (
    LIFE,
    MAX_MEMBERS,
    PAGE_TYPE,
    JoinPolicy,
    Order,
    Reason,
    RemovedMember,
    Ring,
    compose,
)
from webring.errors import MalformedDocument, TrustError
from webring.names import ServerName, Slug

ROOT = first()
SECOND = after(
    ROOT,
    members=[community(1, ROOT.root), site(2, ROOT.root), community(3, ROOT.root, instance=A)],
    removed=[RemovedMember("ab" * 10, Reason.LEFT, NOW)],
)
ENTRY = community(1, ROOT.root).to_json()
KEY = KEYS[A].verify_key.b64


def test_everything_that_is_written_is_read() -> None:
    terms = replace(
        TERMS, policy=JoinPolicy.OPEN, order=Order.DAILY, mirrors=(B,), languages=("de", "en")
    )
    root = first(terms)
    assert (root.terms, root.root, root.previous) == (terms, root.sha256, "")
    assert root.validity.issued_at == NOW
    assert root.expires_at == NOW + LIFE
    assert root.dropped == ()
    assert SECOND.root == SECOND.previous == ROOT.sha256
    assert [member.url for member in SECOND.members] == [
        "https://b.example/plot/1",
        "https://site2.example/",
        "https://a.example/plot/3",
    ]
    assert SECOND.removed == (RemovedMember("ab" * 10, Reason.LEFT, NOW),)
    assert (SECOND.sequence, SECOND.member_count, SECOND.dropped) == (2, 3, ())


def test_members_are_in_pages_without_titles_however_few() -> None:
    one = compose(ID, TERMS, [community(1, ROOT.root)], (), ROOT, NOW)
    assert "members" not in one.content
    (page,) = one.pages.values()
    assert canonical.decode(page) == {"type": PAGE_TYPE, "instance": A, "items": [ENTRY]}
    assert set(ENTRY) == {"id", "kind", "instance", "community", "url", "joined_at", "state"}
    assert set(site(1, ROOT.root).to_json()) == set(ENTRY) - {"instance", "community"}


def test_ids_are_made_of_the_root_and_the_first_place() -> None:
    root = "0" * 64
    known = ring.community_member_id(root, ServerName("garden.example"), Slug("vegetables"))
    # printf '%064d\ngarden.example/vegetables' 0 | sha256sum
    assert known == "6f44bad2bbdc19a35cb2"
    assert ring.site_member_id(root, "garden.example/vegetables") == known


def head(**change: object) -> dict[str, object]:
    """The head of version 2, changed; None takes a field away."""
    changed = {**SECOND.content, **change}
    return {key: value for key, value in changed.items() if value is not None}


def stewarded(threshold: object, instances: object) -> dict[str, object]:
    return {"stewards": {"threshold": threshold, "instances": instances}}


ONE_KEY = {"ed25519:a": {"key": KEY}}
MANY = {
    f"s{n}.example": {
        "ed25519:k": {"key": SigningKey("ed25519:k", bytes([n, 1] * 16)).verify_key.b64}
    }
    for n in range(ring.MAX_STEWARDS + 1)
}

REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "another type": ({"type": "webring.manifest"}, "type is webring.ring"),
    "another specification": ({"spec": "webring/2"}, "spec is webring/1"),
    "no ring": ({"ring": None}, "ring is missing"),
    "a ring id without an instance": ({"ring": "soil"}, "slug:instance"),
    "an instance that did not found it": ({"instance": "b.example"}, "that of the ring's id"),
    "sequence 0": ({"sequence": 0}, "an integer from 1"),
    "a sequence as text": ({"sequence": "2"}, "sequence is an integer"),
    "no root": ({"root": None}, "root is missing"),
    "a root that is no hash": ({"root": "ROOT"}, "root is 64"),
    "no previous": ({"previous": None}, "previous is missing"),
    "version 1 with a root": (
        {"sequence": 1, "previous": None, "pages": [], "removed": []},
        "root is absent",
    ),
    "version 1 with a previous": (
        {"sequence": 1, "root": None, "pages": [], "removed": []},
        "previous is absent",
    ),
    "version 1 with members": (
        {"sequence": 1, "root": None, "previous": None, "removed": []},
        "pages is empty",
    ),
    "version 1 with a removal": (
        {"sequence": 1, "root": None, "previous": None, "pages": []},
        "removed is empty",
    ),
    "an expiry before its issue": ({"expires_at": NOW}, "later than issued_at"),
    "no name": ({"name": None}, "name is missing"),
    "a name that is a number": ({"name": 3}, "name is text"),
    "no stewards": ({"stewards": None}, "stewards is an object"),
    "stewards that are a list": ({"stewards": []}, "stewards is an object"),
    "nobody as steward": (stewarded(1, {}), "1 to 15, not 0"),
    "more than 15 stewards": (stewarded(9, MANY), "1 to 15, not 16"),
    "a threshold of 0": (stewarded(0, {"a.example": ONE_KEY}), "not 0"),
    "a threshold of half": (stewarded(1, dict(list(MANY.items())[:2])), "more than half of 2"),
    "a threshold above all": (stewarded(2, {"a.example": ONE_KEY}), "at most 1, not 2"),
    "a threshold as text": (stewarded("1", {"a.example": ONE_KEY}), "threshold is an integer"),
    "one key under two names": (
        stewarded(2, {"a.example": ONE_KEY, "b.example": ONE_KEY}),
        "each key once",
    ),
    "one key under two ids": (
        stewarded(1, {"a.example": {**ONE_KEY, "ed25519:b": {"key": KEY}}}),
        "each key once",
    ),
    "a steward without a key": (stewarded(1, {"a.example": {}}), "at least one key"),
    "a steward with five keys": (
        stewarded(1, {"a.example": {f"ed25519:k{n}": {"key": KEY} for n in range(5)}}),
        "at most 4 keys, not 5",
    ),
    "a steward's key of small order": (
        stewarded(1, {"a.example": {"ed25519:a": {"key": "A" * 43}}}),
        "not a point",
    ),
    "a steward in capitals": (stewarded(1, {"A.example": ONE_KEY}), "lower case"),
    "a steward that is no server name": (stewarded(1, {"a b": ONE_KEY}), "not a server name"),
    "pages that are an object": ({"pages": {}}, "pages is a list"),
    "a page without a hash": ({"pages": [{"count": 1}]}, "sha256 is missing"),
    "more members than a ring has": (
        {"pages": [{"sha256": "ab" * 32, "count": MAX_MEMBERS + 1}]},
        "at most 50000 members",
    ),
    "65 pages": (
        {"pages": [{"sha256": f"{n:064x}", "count": 1} for n in range(65)]},
        "at most 64 pages",
    ),
    "removed that is no list": ({"removed": {}}, "removed is a list"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_head_is_refused_whole(name: str) -> None:
    change, sentence = REFUSED[name]
    with pytest.raises(MalformedDocument, match=sentence):
        ring.read_ring_content(head(**change))


def test_a_head_is_refused_over_its_limit_and_read_just_below() -> None:
    body = canonical.encode(head(more=""))
    room = ring.MAX_HEAD - len(body)
    assert ring.read_ring(canonical.encode(head(more="x" * room))).sequence == 2
    with pytest.raises(MalformedDocument, match="at most 57344 bytes"):
        ring.read_ring(canonical.encode(head(more="x" * (room + 1))))


DROPPED: dict[str, tuple[dict[str, object], str]] = {
    "an unknown policy": ({"policy": "lottery"}, "policy"),
    "an unknown order": ({"order": "by moonlight"}, "order"),
    "a description that is a number": ({"description": 3}, "description"),
    "criteria that are a list": ({"criteria": ["Dig."]}, "criteria"),
    "a wrong mirror": ({"mirrors": ["a.example", "a b"]}, "mirrors[1]"),
    "an empty interest": ({"interests": [""]}, "interests[0]"),
    "a removal for an unknown reason": (
        {"removed": [{"id": "ab" * 10, "code": "fate", "at": 1}]},
        "removed[0]",
    ),
    "a removal of no member": (
        {"removed": [{"id": "AB" * 10, "code": "left", "at": 1}]},
        "removed[0]",
    ),
}


@pytest.mark.parametrize("name", DROPPED)
def test_an_entry_of_a_head_is_dropped_alone(name: str) -> None:
    change, path = DROPPED[name]
    assert [gone.path for gone in ring.read_ring_content(head(**change)).dropped] == [path]


def test_unknown_words_are_read_in_the_most_cautious_way() -> None:
    read = ring.read_ring_content(head(policy="lottery", order="by moonlight"))
    assert (read.terms.policy, read.terms.order) == (JoinPolicy.INVITE, Order.JOINED)


def test_an_expiry_beyond_90_days_is_read_as_90() -> None:
    read = ring.read_ring_content(head(expires_at=NOW + 1000 * DAY))
    assert read.expires_at == read.validity.issued_at + LIFE


MEMBERS: dict[str, dict[str, object]] = {
    "an unknown kind": {"kind": "castle"},
    "an unknown state": {"state": "dancing"},
    "an id in capitals": {"id": "AB" * 10},
    "an id of 19 digits": {"id": "a" * 19},
    "no url": {"url": ""},
    "a url over http": {"url": "http://b.example/"},
    "a script for a url": {"url": "javascript:alert(1)"},
    "a url with a user": {"url": "https://a@b.example/"},
    "a community without an instance": {"instance": None},
    "a community without an id there": {"community": None},
    "a site with an instance": {"kind": "site"},
    "a time before 1970": {"joined_at": -1},
    "no time": {"joined_at": None},
    "an id that stood before": {"url": "https://b.example/2", "community": "c-2"},
    "a url that stood before": {"id": "cd" * 10, "community": "c-2"},
    "a url that stood before, spelled otherwise": {
        "id": "cd" * 10,
        "community": "c-2",
        "url": "https://B.example:443/plot/1",
    },
    "a community that stood before": {"id": "cd" * 10, "url": "https://b.example/2"},
    "not an object": {},
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_is_dropped_alone(name: str) -> None:
    wrong: object = {**ENTRY, **MEMBERS[name]} if MEMBERS[name] else "plot-1"
    read = paged([ENTRY, wrong, site(2, ROOT.root).to_json()])
    assert [gone.path for gone in read.dropped] == ["pages.items[1]"]
    assert len(read.members) == 2


def paged(items: list[object]) -> Ring:
    """A version whose single page holds `items`."""
    page = canonical.encode({"type": PAGE_TYPE, "instance": A, "items": items})
    ref = {"sha256": canonical.digest(page), "count": len(items)}
    read = ring.read_ring_content(head(pages=[ref]))
    return ring.with_members(read, {canonical.digest(page): page})


def test_fields_that_are_not_known_are_carried_on() -> None:
    newer = paged([{**ENTRY, "colour": "green"}])
    assert newer.members[0].to_json() == {**ENTRY, "colour": "green"}
    newer = ring.with_members(ring.read_ring_content(head(motto="Dig")), pages_of(SECOND))
    assert newer.unknown == {"motto": "Dig"}
    following = after(newer)
    assert following.unknown == {"motto": "Dig"}
    assert following.members == SECOND.members


MIXED: dict[str, Callable[[bytes], dict[str, bytes]]] = {
    "a missing page": lambda _: {},
    "other bytes": lambda page: {canonical.digest(page): page.replace(b"plot", b"pl0t", 1)},
}


@pytest.mark.parametrize("name", MIXED)
def test_pages_fit_all_together_or_not_at_all(name: str) -> None:
    (page,) = pages_of(SECOND).values()
    with pytest.raises(TrustError) as refused:
        ring.with_members(SECOND, MIXED[name](page))
    assert refused.value.code == "mixed_pages"


def test_a_page_of_a_manifest_or_of_another_founder_is_none_of_a_ring() -> None:
    for change in ({"type": "webring.manifest.page"}, {"instance": "b.example"}):
        page = canonical.encode({"type": PAGE_TYPE, "instance": A, "items": [ENTRY], **change})
        ref = {"sha256": canonical.digest(page), "count": 1}
        read = ring.read_ring_content(head(pages=[ref]))
        with pytest.raises(TrustError, match="belongs to another document"):
            ring.with_members(read, {canonical.digest(page): page})
