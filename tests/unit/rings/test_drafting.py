"""The next version: what stewards want, put into the newest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.documents.ring_world import (
    NOW,
    TERMS,
    B,
    C,
    after,
    community,
    first,
    site,
    stewards,
)
from webring.clock import DAY
from webring.documents.ring import JoinPolicy, Reason, Ring, RingMember, SlotState
from webring.documents.ring_changes import automatic, changed_terms
from webring.errors import MalformedDocument
from webring.names import Slug
from webring.rings import drafting
from webring.rings.drafting import Wanted, WantedKind

ROOT = first(replace(TERMS, policy=JoinPolicy.OPEN))
ONE, TWO, THREE = community(1, ROOT.root), site(2, ROOT.root), community(3, ROOT.root, instance=C)
NEW = site(4, ROOT.root)
HEAD = after(ROOT, members=[ONE, TWO, THREE])
AT = HEAD.validity.issued_at + DAY


def members_after(*wanted: Wanted) -> list[RingMember]:
    return list(drafting.draft(HEAD, wanted, AT).members)


WISHES: dict[str, tuple[Sequence[Wanted], list[RingMember]]] = {
    "nothing": ([], [ONE, TWO, THREE]),
    "a join stands last": ([drafting.join(NEW)], [ONE, TWO, THREE, NEW]),
    "a join of somebody who is in": ([drafting.join(TWO)], [ONE, TWO, THREE]),
    "a leave": ([drafting.leave(TWO.id)], [ONE, THREE]),
    "a leave of somebody who is gone": ([drafting.leave(NEW.id)], [ONE, TWO, THREE]),
    "a join and a later leave": ([drafting.join(NEW), drafting.leave(NEW.id)], [ONE, TWO, THREE]),
    "a leave and a later join": ([drafting.leave(ONE.id), drafting.join(ONE)], [TWO, THREE, ONE]),
    "sleep": (
        [drafting.sleep(ONE.id)],
        [replace(ONE, state=SlotState.SLEEPING), TWO, THREE],
    ),
    "sleep and wake": ([drafting.sleep(ONE.id), drafting.wake(ONE.id)], [ONE, TWO, THREE]),
    "a community moves": (
        [drafting.move(ONE.id, "https://c.example/new", (C, Slug("new")))],
        [
            replace(ONE, url="https://c.example/new", instance=C, community=Slug("new")),
            TWO,
            THREE,
        ],
    ),
    "a site moves, and stays a site": (
        [drafting.move(TWO.id, "https://new.example/", (B, Slug("not")))],
        [ONE, replace(TWO, url="https://new.example/"), THREE],
    ),
    "a join at somebody's address": (
        [drafting.join(replace(NEW, url="https://SITE2.example:443"))],
        [ONE, TWO, THREE],
    ),
    "two joins at one address": (
        [drafting.join(NEW), drafting.join(replace(NEW, id="1" * 20))],
        [ONE, TWO, THREE, NEW],
    ),
    "a join of a community that is in under another id": (
        [drafting.join(replace(ONE, id="1" * 20, url="https://c.example/other"))],
        [ONE, TWO, THREE],
    ),
    "a move to somebody's address": (
        [drafting.move(TWO.id, ONE.url, None)],
        [ONE, TWO, THREE],
    ),
    "a move to somebody's place": (
        [drafting.move(ONE.id, "https://c.example/new", (C, Slug("plot-3")))],
        [ONE, TWO, THREE],
    ),
    "a move to a place that has become free": (
        [drafting.leave(ONE.id), drafting.move(TWO.id, ONE.url, None)],
        [replace(TWO, url=ONE.url), THREE],
    ),
    "a removal": ([drafting.remove(THREE.id, Reason.RULES)], [ONE, TWO]),
}


@pytest.mark.parametrize("name", WISHES)
def test_what_is_wanted_is_in_the_next_version(name: str) -> None:
    wanted, expected = WISHES[name]
    assert members_after(*wanted) == expected
    draft = drafting.draft(HEAD, wanted, AT)
    assert draft.changed is (expected != [ONE, TWO, THREE])
    assert {gone.id for gone in draft.removed} <= {ONE.id, TWO.id, THREE.id}


def test_a_departure_names_its_reason_and_its_time() -> None:
    draft = drafting.draft(
        HEAD, [drafting.leave(ONE.id), drafting.remove(TWO.id, Reason.RULES)], AT
    )
    assert [(gone.id, gone.code, gone.at) for gone in draft.removed] == [
        (ONE.id, Reason.LEFT, AT),
        (TWO.id, Reason.RULES, AT),
    ]


def test_terms_change_field_by_field() -> None:
    wanted = [
        drafting.terms({"policy": "invite"}),
        drafting.terms({"stewards": stewards(B, C).to_json(), "name": "Earth"}),
    ]
    draft = drafting.draft(HEAD, wanted, AT)
    assert set(changed_terms(HEAD.terms, draft.terms)) == {"policy", "stewards", "name"}
    assert draft.terms.stewards == stewards(B, C)
    assert draft.changed


BAD: dict[str, Wanted] = {
    "a join of another id": replace(drafting.join(NEW), member=ONE.id),
    "a join that is no member": Wanted(WantedKind.JOIN, NEW.id, {"url": "javascript:1"}),
    "a move to no address": drafting.move(ONE.id, "http://plain.example/", None),
    "a removal for no reason": Wanted(WantedKind.REMOVE, ONE.id, {"code": "because"}),
    "stewards of whom few decide": drafting.terms(
        {"stewards": {**stewards().to_json(), "threshold": 1}}
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wish_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(MalformedDocument):
        drafting.draft(HEAD, [BAD[name]], AT)


def test_a_version_is_due_when_something_changed_or_its_end_is_near() -> None:
    same, other = drafting.draft(HEAD, [], AT), drafting.draft(HEAD, [drafting.join(NEW)], AT)
    assert not drafting.is_due(HEAD, same, AT)
    assert drafting.is_due(HEAD, other, AT)
    assert not drafting.is_due(HEAD, same, HEAD.expires_at - 30 * DAY - 1)
    assert drafting.is_due(HEAD, same, HEAD.expires_at - 30 * DAY)


ANY_MEMBER = some.sampled_from([ONE, TWO, THREE, NEW, site(5, ROOT.root)])
OWN_WISHES = some.one_of(
    ANY_MEMBER.map(drafting.join),
    ANY_MEMBER.map(lambda member: drafting.leave(member.id)),
    ANY_MEMBER.map(lambda member: drafting.wake(member.id)),
)


@given(some.lists(OWN_WISHES, max_size=8))
def test_what_members_may_do_by_themselves_is_signed_unasked(wanted: list[Wanted]) -> None:
    draft = drafting.draft(HEAD, wanted, AT)
    if not draft.changed or _reordered(HEAD, draft.members):
        return
    next_one = after(HEAD, members=draft.members, removed=draft.removed, now=AT)
    assert automatic(HEAD, next_one, lambda _: True, NOW + 2 * DAY) == ""


def _reordered(head: Ring, members: Sequence[RingMember]) -> bool:
    """Whether somebody left and came back within one version, to another slot."""
    ids = [member.id for member in members]
    stayed = [member.id for member in head.members if member.id in ids]
    return ids[: len(stayed)] != stayed
