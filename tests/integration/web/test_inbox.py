"""Whatever is posted to the inbox over HTTP: a clear error of Matrix's kind, and nothing kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.web.garden import NAME, NOW
from webring.clock import HOUR
from webring.crawler.newcomers import AT_ONCE
from webring.documents import envelope
from webring.documents import message as messages
from webring.documents.keys import SigningKey
from webring.documents.parts import Withdrawn
from webring.names import RoomId, ServerName
from webring.services import Services
from webring.storage import peers
from webring.storage.sql import rows

pytestmark = pytest.mark.anyio
INBOX = "/webring/v1/inbox"
KEY = SigningKey("ed25519:first", bytes([1]) * 32)
STRANGER = ServerName("stranger.example")
DEEP = b'{"a":' * 40 + b"1" + b"}" * 40

BYTES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "M_BAD_JSON"),
    "half of an object": (b'{"type":', 400, "M_BAD_JSON"),
    "a list": (b"[]", 400, "M_BAD_JSON"),
    "a bare number": (b"1", 400, "M_BAD_JSON"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), 400, "M_BAD_JSON"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', 400, "M_BAD_JSON"),
    "a key twice": (b'{"type":"webring.message","type":"webring.message"}', 400, "M_BAD_JSON"),
    "a fraction": (b'{"a":1.5}', 400, "M_BAD_JSON"),
    "not a number": (b'{"a":NaN}', 400, "M_BAD_JSON"),
    "a lone surrogate": (b'{"a":"\\ud800"}', 400, "M_BAD_JSON"),
    "a NUL byte": (b'{"a":"\x00"}', 400, "M_BAD_JSON"),
    "too deep": (DEEP, 400, "M_BAD_JSON"),
    "a million brackets": (b"[" * 60_000, 400, "M_BAD_JSON"),
    "a huge integer": (b'{"a":' + b"9" * 5_000 + b"}", 400, "M_BAD_JSON"),
    "one byte too large": (b" " * (messages.MAX_BYTES + 1), 413, "M_TOO_LARGE"),
}


@pytest.mark.parametrize("case", BYTES)
async def test_bytes_that_are_no_message(client: httpx.AsyncClient, case: str) -> None:
    body, status, errcode = BYTES[case]
    await refused(client, body, status, errcode)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda content: content.pop(key)


def other(key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content.update({key: value})


BAD, POLICY, PARAM = (400, "M_BAD_JSON"), (403, "M_FORBIDDEN"), (400, "M_INVALID_PARAM")
FIELDS: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[int, str]]] = {
    "no type": (without("type"), BAD),
    "another type": (other("type", "webring.manifest"), BAD),
    "another version": (other("spec", "webring/2"), BAD),
    "no id": (without("id"), BAD),
    "an id that is none": (other("id", "abc"), BAD),
    "an id in capitals": (other("id", "A" * 32), BAD),
    "no nonce": (without("nonce"), BAD),
    "a nonce that is a number": (other("nonce", 7), BAD),
    "an unknown kind": (other("kind", "explode"), BAD),
    "no sender": (without("instance"), BAD),
    "a sender that is no name": (other("instance", "a b"), BAD),
    "no destination": (without("destination"), BAD),
    "for another": (other("destination", "else.example"), POLICY),
    "from ourselves": (other("instance", NAME), POLICY),
    "a time that is text": (other("issued_at", "now"), BAD),
    "an hour old": (other("issued_at", NOW - HOUR), PARAM),
    "an hour ahead": (other("issued_at", NOW + HOUR), PARAM),
    "nothing withdrawn": (other("withdrawn", []), BAD),
    "too much withdrawn": (other("withdrawn", [{"room_id": "!a:b.c", "at": 1}] * 501), BAD),
    "a room that is none": (other("withdrawn", [{"room_id": "#a:b.c", "at": 1}]), BAD),
    "a withdrawal that is text": (other("withdrawn", ["!a:b.c"]), BAD),
}


@pytest.mark.parametrize("case", FIELDS)
async def test_fields_that_are_wrong(client: httpx.AsyncClient, case: str) -> None:
    change, (status, errcode) = FIELDS[case]
    content = {
        "type": messages.TYPE,
        "spec": "webring/1",
        "id": messages.new_id(),
        "kind": "withdraw",
        "instance": STRANGER,
        "destination": NAME,
        "issued_at": NOW,
        "nonce": messages.new_id(),
        "withdrawn": [{"room_id": "!a:b.example", "at": NOW}],
    }
    change(content)
    body = json.dumps(envelope.sign(content, str(content.get("instance")), [KEY])).encode()
    await refused(client, body, status, errcode)


async def refused(client: httpx.AsyncClient, body: bytes, status: int, errcode: str) -> None:
    answer = await client.post(INBOX, content=body)
    assert (answer.status_code, answer.json()["errcode"]) == (status, errcode), answer.text
    assert set(answer.json()) == {"errcode", "error"}
    assert answer.json()["error"]


async def test_what_is_refused_leaves_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    for body, status, errcode in BYTES.values():
        await refused(client, body, status, errcode)
    for table in ("message", "nonce"):
        assert (await rows(services.db.reader, f"SELECT count(*) FROM {table}"))[0][0] == 0
    assert await peers.count(services.db.reader) == 0


async def test_a_nonce_that_was_used_is_a_conflict(client: httpx.AsyncClient) -> None:
    body = messages.sign_message(messages.announce(STRANGER, NAME), [KEY], NOW)
    assert (await client.post(INBOX, content=body)).status_code == 202
    await refused(client, body, 409, "M_CONFLICT")


async def test_too_much_that_nothing_proves_is_told_to_wait(client: httpx.AsyncClient) -> None:
    gone = [Withdrawn(RoomId("!a:b.example"), NOW)]
    answers = [
        await client.post(
            INBOX,
            content=messages.sign_message(messages.withdraw(STRANGER, NAME, gone), [KEY], NOW),
        )
        for _ in range(30)
    ]
    assert {answer.status_code for answer in answers} == {202, 429}
    last = answers[-1]
    assert (last.json()["errcode"], last.json()["retry_after_ms"]) == ("M_LIMIT_EXCEEDED", HOUR)
    assert int(last.headers["retry-after"]) == HOUR // 1000


ASKED = {
    "nothing known": (f"{INBOX}/stranger.example/{'a' * 32}", 404, "M_NOT_FOUND"),
    "an id that is none": (f"{INBOX}/stranger.example/abc", 404, "M_NOT_FOUND"),
    "an id with NUL": (f"{INBOX}/stranger.example/%00", 404, "M_NOT_FOUND"),
    "a sender that is no name": (f"{INBOX}/a%20b/{'a' * 32}", 400, "M_INVALID_PARAM"),
    "no id": (f"{INBOX}/stranger.example", 404, "M_NOT_FOUND"),
    "the inbox itself": (INBOX, 405, "M_UNRECOGNIZED"),
}


@pytest.mark.parametrize("case", ASKED)
async def test_what_is_asked_of_it(client: httpx.AsyncClient, case: str) -> None:
    path, status, errcode = ASKED[case]
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["errcode"]) == (status, errcode)


async def test_one_client_fills_no_table_with_invented_names(
    client: httpx.AsyncClient, services: Services
) -> None:
    before = await peers.count(services.db.reader)
    answers = []
    for number in range(AT_ONCE + 10):
        note = messages.announce(ServerName(f"www.invented{number}.example"), NAME)
        body = messages.sign_message(note, [KEY], NOW)
        answers.append((await client.post(INBOX, content=body)).status_code)
    assert answers == [202] * AT_ONCE + [429] * 10
    assert await peers.count(services.db.reader) == before + AT_ONCE
