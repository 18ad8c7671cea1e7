"""What a receiver's inbox answers: well formed, and in every wrong way."""

from __future__ import annotations

import json

import pytest

from webring.documents.message import MessageState
from webring.errors import (
    BackingOff,
    BudgetExceeded,
    ConnectFailed,
    MalformedDocument,
    RedirectRefused,
    StatusRefused,
    TimedOut,
    TypeRefused,
    WebringError,
)
from webring.names import ServerName
from webring.rings.answers import MAX_REASON, MAX_REPLY, is_final, is_unknown, read_reply
from webring.storage.outgoing import Reply

THEM = ServerName("garden.example")
SIGNED = {"ed25519:a": "abc"}


def body(**changes: object) -> bytes:
    return json.dumps({"state": "done", "reason": "it is a member", **changes}).encode()


GOOD: dict[str, tuple[bytes, Reply]] = {
    "no more than a state": (b'{"state":"queued"}', Reply(MessageState.QUEUED)),
    "a reason": (body(), Reply(MessageState.DONE, "it is a member")),
    "in another order, with space": (
        b'{ "reason": "no",\n "state": "refused" }',
        Reply(MessageState.REFUSED, "no"),
    ),
    "a field of a later version": (
        body(seen=7, more={"x": [1]}),
        Reply(MessageState.DONE, "it is a member"),
    ),
    "a reason that is long": (body(reason="x" * 9_999), Reply(MessageState.DONE, "x" * MAX_REASON)),
    "no signatures": (body(signatures={}), Reply(MessageState.DONE, "it is a member")),
    "its own signatures": (
        body(signatures={THEM: SIGNED}),
        Reply(MessageState.DONE, "it is a member", {THEM: SIGNED}),
    ),
    "signatures of others as well": (
        body(signatures={THEM: SIGNED, "thief.example": [], "": 7}),
        Reply(MessageState.DONE, "it is a member", {THEM: SIGNED}),
    ),
    "no signature of its own": (
        body(signatures={THEM: {}}),
        Reply(MessageState.DONE, "it is a member"),
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_it_is_read(case: str) -> None:
    answered, expected = GOOD[case]
    assert read_reply(answered, THEM) == expected


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<!doctype html><title>Sign in to the network</title>",
    "a word": b"ok",
    "null": b"null",
    "a list": b'[{"state":"done"}]',
    "a number": b"202",
    "half of it": b'{"state":"don',
    "no state": b'{"reason":"it is a member"}',
    "a state of another protocol": body(state="success"),
    "a state in capitals": body(state="DONE"),
    "a state that is a number": body(state=1),
    "a state that is true": body(state=True),
    "a state that is null": body(state=None),
    "a state that is a list": body(state=["done"]),
    "two states": b'{"state":"refused","state":"done"}',
    "a reason that is a number": body(reason=1),
    "a reason that is null": body(reason=None),
    "a reason that is an object": body(reason={"text": "x"}),
    "signatures that are a list": body(signatures=[]),
    "signatures that are text": body(signatures="abc"),
    "its signatures are text": body(signatures={THEM: "abc"}),
    "a signature that is a number": body(signatures={THEM: {"ed25519:a": 1}}),
    "a signature that is null": body(signatures={THEM: {"ed25519:a": None}}),
    "a signature without an end": body(signatures={THEM: {"ed25519:a": "x" * 300}}),
    "a key without an end": body(signatures={THEM: {"x" * 300: "abc"}}),
    "many signatures": body(signatures={THEM: {f"ed25519:{n}": "abc" for n in range(5)}}),
    "a fraction": b'{"state":"done","x":0.5}',
    "not a number": b'{"state":"done","x":NaN}',
    "a lone surrogate": b'{"state":"done","reason":"\\ud800"}',
    "wrong UTF-8": b'{"state":"done","reason":"\xff"}',
    "UTF-16": '{"state":"done"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"state":"done"}',
    "too deep": b'{"state":"done","x":' + b"[" * 40 + b"]" * 40 + b"}",
    "a million brackets": b"[" * 60_000,
    "huge": body(reason="x" * MAX_REPLY),
    "a huge integer": b'{"state":"done","x":' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused(case: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        read_reply(HOSTILE[case], THEM)
    assert refused.value.sentence.isprintable()


def status(number: int, errcode: str = "") -> StatusRefused:
    return StatusRefused("no", status=number, errcode=errcode)


FINAL: dict[str, tuple[WebringError, bool]] = {
    "malformed": (status(400, "M_BAD_JSON"), True),
    "refused by policy": (status(403, "M_FORBIDDEN"), True),
    "no inbox": (status(404, "M_NOT_FOUND"), True),
    "no such method": (status(405, "M_UNRECOGNIZED"), True),
    "too large": (status(413, "M_TOO_LARGE"), True),
    "another time": (status(400, "M_INVALID_PARAM"), False),
    "a nonce that was used": (status(409, "M_CONFLICT"), False),
    "too often": (status(429, "M_LIMIT_EXCEEDED"), False),
    "a fault of theirs": (status(500, "M_UNKNOWN"), False),
    "not now": (status(503, "M_UNAVAILABLE"), False),
    "a proxy's page: no such host": (status(404), False),
    "a proxy's page: are you human": (status(403), False),
    "a proxy's page: log in": (status(401), False),
    "a redirect": (status(301), False),
    "an address that we do not visit": (RedirectRefused("no"), False),
    "nobody answers": (ConnectFailed("no"), False),
    "slow": (TimedOut("no"), False),
    "too much": (BudgetExceeded("no"), False),
    "another type": (TypeRefused("no"), False),
    "a pause": (BackingOff("no", until=1), False),
    "an answer that is none": (MalformedDocument("no"), False),
}


@pytest.mark.parametrize("case", FINAL)
def test_only_the_protocols_own_refusal_is_final(case: str) -> None:
    error, final = FINAL[case]
    assert is_final(error) is final


def test_only_the_protocols_own_word_tells_that_a_message_is_gone() -> None:
    assert is_unknown(status(404, "M_NOT_FOUND"))
    for other in (status(404), status(403, "M_FORBIDDEN"), ConnectFailed("no")):
        assert not is_unknown(other)
