"""Messages: written, read, and refused by name."""

from __future__ import annotations

import pytest

from webring.clock import MINUTE
from webring.documents import canonical, envelope, message
from webring.documents.keys import SigningKey
from webring.documents.manifest import Withdrawn
from webring.documents.message import Message, MessageDraft, MessageKind
from webring.errors import BadSignature, DocumentError, MalformedDocument, TrustError
from webring.names import RoomId, ServerName

US, THEM = ServerName("garden.example"), ServerName("forest.example")
KEY = SigningKey("ed25519:k1", b"\1" * 32)
OTHER = SigningKey("ed25519:k1", b"\2" * 32)
NOW = 1_790_000_000_000
GONE = Withdrawn(RoomId("!gone:garden.example"), NOW)
WITHDRAW = message.withdraw(US, THEM, [GONE])


def sent(draft: MessageDraft = WITHDRAW, now: int = NOW) -> Message:
    return message.read_message(message.sign_message(draft, [KEY], now))


def test_an_announcement_says_who_and_to_whom_and_no_address() -> None:
    read = sent(message.announce(US, THEM))
    assert (read.kind, read.instance, read.destination) == (MessageKind.ANNOUNCE, US, THEM)
    assert set(read.content) == {
        *("type", "spec", "id", "kind", "instance", "destination", "issued_at", "nonce"),
        "signatures",
    }
    message.check(read, THEM, NOW)
    message.check_signature(read, {KEY.id: KEY.verify_key})


def test_a_withdrawal_names_what_left() -> None:
    read = sent()
    assert read.withdrawn == (GONE,)
    message.check_signature(read, {KEY.id: KEY.verify_key})


def test_each_delivery_keeps_its_id_and_has_a_fresh_nonce_and_time() -> None:
    first, second = sent(), sent(now=NOW + 1)
    assert first.id == second.id
    assert first.nonce != second.nonce
    assert second.issued_at == NOW + 1


REFUSED: dict[str, tuple[ServerName, int, str]] = {
    "for another instance": (ServerName("other.example"), NOW, "wrong_destination"),
    "from here": (US, NOW, "wrong_destination"),
    "too late": (THEM, NOW + 10 * MINUTE + 1, "not_current"),
    "too early": (THEM, NOW - 10 * MINUTE - 1, "not_current"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    own_name, now, code = REFUSED[name]
    with pytest.raises(TrustError) as refused:
        message.check(sent(), own_name, now)
    assert refused.value.code == code


def test_a_message_that_claims_to_be_ours_is_refused() -> None:
    with pytest.raises(TrustError) as refused:
        message.check(sent(message.announce(US, US)), US, NOW)
    assert refused.value.code == "own_message"


@pytest.mark.parametrize("now", [NOW - 10 * MINUTE, NOW, NOW + 10 * MINUTE])
def test_ten_minutes_of_skew_are_tolerated(now: int) -> None:
    message.check(sent(), THEM, now)


def test_another_key_does_not_sign_for_the_sender() -> None:
    with pytest.raises(BadSignature):
        message.check_signature(sent(), {OTHER.id: OTHER.verify_key})
    with pytest.raises(BadSignature):
        message.check_signature(sent(), {})


def test_a_manifest_cannot_be_sent_as_a_message() -> None:
    with pytest.raises(MalformedDocument) as refused:
        altered({"type": "webring.manifest"})
    assert refused.value.code == "wrong_type"


def altered(change: dict[str, object]) -> Message:
    content = canonical.decode(message.sign_message(WITHDRAW, [KEY], NOW))
    return message.read_message(canonical.encode({**content, **change}))


MALFORMED: dict[str, dict[str, object]] = {
    "another version": {"spec": "webring/2"},
    "an unknown kind": {"kind": "conquer"},
    "a kind that is no word": {"kind": 7},
    "a short id": {"id": "abc"},
    "an id in capitals": {"id": "A" * 32},
    "an id that is a path": {"id": "../" + "a" * 29},
    "a long nonce": {"nonce": "a" * 33},
    "a number as nonce": {"nonce": 7},
    "a wrong sender": {"instance": "a b"},
    "a wrong destination": {"destination": ""},
    "a time before 1970": {"issued_at": -1},
    "a time as text": {"issued_at": "now"},
    "no rooms": {"withdrawn": []},
    "rooms that are no list": {"withdrawn": {}},
    "a room that is no object": {"withdrawn": ["!a:b"]},
    "a room with a wrong id": {"withdrawn": [{"room_id": "#a:b", "at": 1}]},
    "a room without a time": {"withdrawn": [{"room_id": "!a:b"}]},
    "too many rooms": {"withdrawn": [{"room_id": f"!{n}:b", "at": 1} for n in range(501)]},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_is_refused(name: str) -> None:
    with pytest.raises(MalformedDocument):
        altered(MALFORMED[name])


def test_a_message_over_64_kib_is_not_read() -> None:
    with pytest.raises(MalformedDocument):
        altered({"more": "x" * message.MAX_BYTES})


@pytest.mark.parametrize("count", [0, 501])
def test_a_withdrawal_names_one_to_five_hundred_rooms(count: int) -> None:
    with pytest.raises(MalformedDocument):
        message.withdraw(US, THEM, [GONE] * count)


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.ANNOUNCE])
def test_only_announce_is_open_to_strangers(kind: MessageKind) -> None:
    assert not kind.is_open
    assert MessageKind.ANNOUNCE.is_open


def test_kinds_of_later_versions_of_the_program_are_read_with_their_fields() -> None:
    draft = MessageDraft(message.new_id(), MessageKind.JOIN, US, THEM, {"ring": "art:a.example"})
    assert sent(draft).content["ring"] == "art:a.example"


def test_the_envelope_cannot_be_overruled_by_a_drafts_fields() -> None:
    draft = MessageDraft(
        message.new_id(), MessageKind.ANNOUNCE, US, THEM, {"instance": "x.example"}
    )
    assert sent(draft).instance == US


def test_one_altered_field_breaks_the_signature() -> None:
    read = sent()
    for key in ("id", "nonce"):
        content = {**read.content, key: message.new_id()}
        assert not envelope.valid_signatures(content, US, {KEY.id: KEY.verify_key})
    with pytest.raises(DocumentError):
        message.check_signature(altered({"issued_at": NOW + 1}), {KEY.id: KEY.verify_key})
