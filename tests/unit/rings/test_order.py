"""The orders of the specification, and where those who are gone once stood."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rings.circles import member_id, slot, slots
from webring.documents.ring_parts import Order
from webring.rings.circle import Slot
from webring.rings.order import arranged, predecessors

ROOT, DAY = "ab" * 32, "2026-11-24"
ORDERS = st.sampled_from(Order)


def numbers(members: tuple[Slot, ...]) -> list[int]:
    return [int(member.id, 16) for member in members]


def test_joined_is_the_documents_order() -> None:
    members = [slot(3), slot(1), slot(2)]
    assert numbers(arranged(members, Order.JOINED, ROOT, DAY)) == [3, 1, 2]


def test_alphabetical_is_by_host_then_path_then_id() -> None:
    members = [
        slot(1, url="https://xn--bcher-kva.example/"),
        slot(2, url="https://site.example/b"),
        slot(3, url="https://site.example/a?z"),
        slot(4, url="https://SITE.example:8443/a?b"),
        slot(5, url="https://site.example"),
        slot(6, url="https://site.example:9000/"),
        slot(7, url="https://b.site.example/"),
        slot(8, url="https://a.example/~z"),
        slot(9, url="https://a.example/Z"),
    ]
    ordered = numbers(arranged(members, Order.ALPHABETICAL, ROOT, DAY))
    assert ordered == [9, 8, 7, 5, 6, 3, 4, 2, 1]


def test_daily_is_by_hash_and_another_one_tomorrow() -> None:
    members = [slot(number) for number in range(20)]
    today = arranged(members, Order.DAILY, ROOT, DAY)
    hashes = [hashlib.sha256(f"{ROOT}\n{DAY}\n{m.id}".encode()).hexdigest() for m in today]
    assert hashes == sorted(hashes)
    assert numbers(today) != numbers(arranged(members, Order.DAILY, ROOT, "2026-11-25"))
    assert numbers(today) != numbers(arranged(members, Order.DAILY, "cd" * 32, DAY))


def test_a_known_day() -> None:
    """For whoever writes a second implementation: SHA-256 of UTF-8 root, day and id, by lines."""
    members = [slot(number) for number in range(1, 6)]
    assert numbers(arranged(members, Order.DAILY, ROOT, DAY)) == [5, 2, 4, 1, 3]


@given(slots(), ORDERS, st.randoms(use_true_random=False))
def test_an_order_keeps_everybody_and_depends_on_nothing_else(
    members: list[Slot], order: Order, chance: object
) -> None:
    ordered = arranged(members, order, ROOT, DAY)
    assert sorted(numbers(ordered)) == sorted(numbers(tuple(members)))
    if order is not Order.JOINED:
        assert arranged(members[::-1], order, ROOT, DAY) == ordered


@given(slots(), st.data())
def test_who_is_gone_stands_behind_somebody_who_is_left(
    members: list[Slot], data: st.DataObject
) -> None:
    ids = [member.id for member in members]
    gone = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    found = predecessors(members, gone)
    left = [each for each in ids if each not in gone]
    assert set(found) == gone
    for member, before in found.items():
        at = ids.index(member)
        behind = [each for each in (ids[at:] + ids[:at])[::-1] if each in left]
        assert before == (behind[0] if behind else "")


def test_nobody_is_left() -> None:
    assert predecessors([slot(1)], {member_id(1)}) == {member_id(1): ""}
    assert predecessors([], set()) == {}
