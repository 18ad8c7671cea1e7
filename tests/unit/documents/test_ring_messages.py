"""Messages about rings: each kind written and read, and its wrong fields refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
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
    site,
)
from webring.documents import canonical, message, ring_messages
from webring.documents.message import Message, MessageKind
from webring.documents.ring import Reason
from webring.documents.ring_messages import (
    Cosign,
    Decision,
    Join,
    Move,
    RingMessage,
    SlotChange,
    Verdict,
    draft,
    propose,
    read_ring_message,
)
from webring.errors import DocumentError, MalformedDocument
from webring.names import Slug

V1 = first()
V2 = after(V1, by=(A,), members=[community(1, V1.root)])
ROOT, MEMBER = V1.root, community(1, V1.root).id
REQUEST = "00112233445566778899aabbccddeeff"

BODIES: dict[str, RingMessage] = {
    "a community asks": Join(ID, ROOT, Slug("vegetables"), note="We grow things."),
    "a site asks": Join(ID, ROOT, url="https://site.example/"),
    "leave": SlotChange(MessageKind.LEAVE, ID, ROOT, MEMBER),
    "sleep": SlotChange(MessageKind.SLEEP, ID, ROOT, MEMBER),
    "wake": SlotChange(MessageKind.WAKE, ID, ROOT, MEMBER),
    "a community moves": Move(ID, ROOT, MEMBER, "https://b.example/x", B, Slug("x")),
    "a site moves": Move(ID, ROOT, MEMBER, "https://new.example/"),
    "accepted": Decision(ID, ROOT, Verdict.ACCEPTED, member=MEMBER, request=REQUEST),
    "declined": Decision(ID, ROOT, Verdict.DECLINED, Reason.CRITERIA, "No soil.", request=REQUEST),
    "removed": Decision(ID, ROOT, Verdict.REMOVED, Reason.RULES, member=MEMBER),
    "invited": Decision(ID, ROOT, Verdict.INVITED, sentence="Come!"),
    "a proposal": propose(V2),
    "a proposal of version 1": propose(V1),
}


def sent(body: RingMessage, **change: object) -> Message:
    """The message as its receiver reads it; `change`s are made before it is signed."""
    made = draft(A, B, body)
    fields = {k: v for k, v in {**made.fields, **change}.items() if v is not None}
    return message.read_message(message.sign_message(replace(made, fields=fields), [KEYS[A]], NOW))


@pytest.mark.parametrize("name", BODIES)
def test_what_is_written_is_read(name: str) -> None:
    body = BODIES[name]
    read = sent(body)
    message.check(read, B, NOW)
    message.check_signature(read, {KEYS[A].id: KEYS[A].verify_key})
    assert read_ring_message(read) == body
    assert read.kind is body.kind


def test_every_kind_about_rings_has_an_example() -> None:
    elsewhere = {MessageKind.ANNOUNCE, MessageKind.WITHDRAW}
    assert {body.kind for body in BODIES.values()} == set(MessageKind) - elsewhere


def test_a_proposal_carries_the_signatures_so_far_and_fits() -> None:
    read = read_ring_message(sent(propose(V2)))
    assert isinstance(read, Cosign)
    assert read.head.content["signatures"] == V2.content["signatures"]
    assert propose(V1).root == ""


REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "no ring": ("a site asks", {"ring": None}, "ring is missing"),
    "a ring without an instance": ("leave", {"ring": "soil"}, "slug:instance"),
    "no root": ("leave", {"root": None}, "root is missing"),
    "a root that is empty": ("a site asks", {"root": ""}, "root is 64"),
    "neither community nor url": ("a community asks", {"community": None}, "and not both"),
    "community and url": ("a community asks", {"url": "https://a.example/"}, "and not both"),
    "a community that is no slug": ("a community asks", {"community": "../x"}, "a slug is"),
    "a script for a url": ("a site asks", {"url": "javascript:alert(1)"}, "url is an https URL"),
    "a url over http": ("a site asks", {"url": "http://a.example/"}, "url is an https URL"),
    "a note that is a list": ("a site asks", {"note": []}, "note is text"),
    "no member": ("sleep", {"member": None}, "member is 20"),
    "a member that is a path": ("wake", {"member": "../../../../../../x"}, "member is 20"),
    "a move to no place": ("a site moves", {"to": None}, "to is an object"),
    "a move to nowhere": ("a site moves", {"to": {}}, "to.url is an https URL"),
    "a move to an instance without a community": (
        "a community moves",
        {"to": {"url": "https://b.example/x", "instance": "b.example"}},
        "or neither",
    ),
    "an unknown outcome": ("accepted", {"outcome": "maybe"}, "outcome is one of"),
    "an unknown reason": ("declined", {"code": "fate"}, "code is one of"),
    "a request that is no message's id": ("declined", {"request": "x"}, "request is 32"),
    "a sentence that is a number": ("declined", {"sentence": 3}, "sentence is text"),
    "no head": ("a proposal", {"head": None}, "type is webring.ring"),
    "a head that is text": ("a proposal", {"head": "{}"}, "head is an object"),
    "a head of another type": (
        "a proposal",
        {"head": {**V2.content, "type": "webring.manifest"}},
        "type is webring.ring",
    ),
    "another ring than the head's": ("a proposal", {"ring": "sand:a.example"}, "those of head"),
    "another root than the head's": ("a proposal", {"root": "ab" * 32}, "those of head"),
    "another sequence than the head's": ("a proposal", {"sequence": 3}, "those of head"),
    "version 1 with a root": ("a proposal of version 1", {"root": ROOT}, "those of head"),
    "a root that is no hash": ("a proposal", {"root": "x"}, "root is 64"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_field_refuses_the_message(name: str) -> None:
    example, change, sentence = REFUSED[name]
    with pytest.raises(MalformedDocument, match=sentence):
        read_ring_message(sent(BODIES[example], **change))


def test_a_message_about_something_else_is_none_about_a_ring() -> None:
    announced = message.read_message(message.sign_message(message.announce(A, B), [KEYS[A]], NOW))
    with pytest.raises(MalformedDocument, match="announce is not about a ring"):
        read_ring_message(announced)


def test_long_text_is_cut_when_read_and_not_written() -> None:
    for body, key, limit in (
        (BODIES["a site asks"], "note", ring_messages.MAX_NOTE),
        (BODIES["declined"], "sentence", ring_messages.MAX_SENTENCE),
    ):
        read = read_ring_message(sent(body, **{key: "x" * (limit + 1)}))
        assert getattr(read, key) == "x" * limit
        with pytest.raises(MalformedDocument, match="over its limit"):
            draft(A, B, replace(body, **{key: "x" * (limit + 1)}))  # type: ignore[arg-type]


def test_unknown_fields_are_passed_over() -> None:
    assert read_ring_message(sent(BODIES["leave"], colour="green")) == BODIES["leave"]


def test_the_largest_proposal_fits_into_a_message() -> None:
    removed = [{"id": f"{n:020x}", "code": "unreachable", "at": NOW} for n in range(250)]
    terms = replace(TERMS, description="\U0001f331" * 2_000, criteria="\U0001f331" * 1_500)
    big = after(V1, by=(), terms=terms, members=[site(n, ROOT) for n in range(100)])
    content = {**big.content, "removed": removed}
    assert len(canonical.encode(content)) > 30_000
    signatures = {
        f"s{n}.example": {f"ed25519:{'k' * 64}{k}": "A" * 86 for k in range(4)} for n in range(15)
    }
    head = {**content, "signatures": signatures}
    assert len(canonical.encode(head)) < 56 * 1024
    assert len(canonical.encode({"head": head})) + 1024 < message.MAX_BYTES


@tries(300)
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_a_message_of_which_one_byte_changed_is_refused(name: str, data: st.DataObject) -> None:
    body = message.sign_message(draft(A, B, BODIES[name]), [KEYS[A]], NOW)
    at = data.draw(st.integers(0, len(body) - 1))
    flip = data.draw(st.integers(1, 255))
    altered = body[:at] + bytes([body[at] ^ flip]) + body[at + 1 :]
    try:
        read = message.read_message(altered)
        message.check_signature(read, {KEYS[A].id: KEYS[A].verify_key})
    except DocumentError:
        return
    assert read_ring_message(read) == BODIES[name]
