"""What is tried at the part of the API that changes things: nothing is done, and it is said why."""

from __future__ import annotations

import logging

import httpx
import pytest

from tests.integration.web.garden import NAME, NOW
from tests.integration.web.tokened import OURS, RINGS, Program, program
from tests.unit.documents.ring_world import A
from webring.clock import DAY
from webring.services import Services
from webring.storage import decisions, memberships, ring_requests, ring_wishes, rings, tokens
from webring.web.interface import OPERATIONS
from webring.web.operations import Access, Operation
from webring.web.ringapi.bodies import MAX_BODY
from webring.web.ringapi.importing import MAX_LIST

pytestmark = pytest.mark.anyio
IN_PATHS = {
    "ring": OURS,
    "community": "bees",
    "member": "0" * 20,
    "request": "0" * 32,
    "sha256": "0" * 64,
}
GUARDED = [each for each in OPERATIONS if each.access is not Access.ANYBODY]
GUARDED_NAMES = [each.name for each in GUARDED]


@pytest.fixture
async def asking(client: httpx.AsyncClient, services: Services) -> Program:
    made = await program(client, services)
    await made.found(policy="request")
    return made


def path_of(operation: Operation) -> str:
    return operation.path.format(**IN_PATHS)


async def send(
    asking: Program, operation: Operation, authorization: str, body: bytes = b"{}"
) -> httpx.Response:
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    return await asking.client.request(
        operation.method, path_of(operation), headers=headers, content=body
    )


async def written(services: Services) -> tuple[object, ...]:
    """All that a write could have left behind."""
    conn = services.db.reader
    return (
        await memberships.all(conn),
        await ring_requests.waiting(conn),
        await ring_wishes.of_ring(conn, OURS),
        [(each.id, each.sequence) for each in await rings.all(conn)],
        await decisions.recent(conn, 50),
    )


@pytest.mark.parametrize("operation", GUARDED, ids=GUARDED_NAMES)
async def test_nothing_is_done_without_a_token(asking: Program, operation: Operation) -> None:
    before = await written(asking.services)
    answer = await asking.client.request(operation.method, path_of(operation), json={})
    assert answer.status_code == 401
    assert answer.json()["errcode"] == "M_MISSING_TOKEN"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert await written(asking.services) == before


BAD: dict[str, tuple[str, str]] = {
    "another's": ("Bearer wrt_" + "a" * 43, "M_UNKNOWN_TOKEN"),
    "no token of ours": ("Bearer syt_abc_def", "M_UNKNOWN_TOKEN"),
    "a prefix alone": ("Bearer wrt_", "M_UNKNOWN_TOKEN"),
    "a long one": ("Bearer wrt_" + "a" * 4_000, "M_UNKNOWN_TOKEN"),
    "a statement": ("Bearer wrt_' OR 1=1 --", "M_UNKNOWN_TOKEN"),
    "not ASCII": ("Bearer wrt_\u00e9", "M_UNKNOWN_TOKEN"),
    "no scheme": ("wrt_" + "a" * 43, "M_MISSING_TOKEN"),
    "another scheme": ("Basic d3J0Xzp4", "M_MISSING_TOKEN"),
    "a scheme alone": ("Bearer ", "M_MISSING_TOKEN"),
    "nothing": ("", "M_MISSING_TOKEN"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token_is_refused_and_not_repeated(
    asking: Program, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent, errcode = BAD[case]
    answer = await asking.client.get(
        "/api/v1/memberships", headers={b"Authorization": sent.encode("latin-1")}
    )
    assert (answer.status_code, answer.json()["errcode"]) == (401, errcode)
    secret = sent.partition(" ")[2]
    assert not secret or secret not in answer.text + caplog.text.replace("Bearer", "")


async def test_two_tokens_are_none(asking: Program) -> None:
    headers = [("Authorization", f"Bearer {asking.bees}"), ("Authorization", "Bearer wrt_x")]
    answer = await asking.client.get("/api/v1/memberships", headers=headers)
    assert (answer.status_code, answer.json()["errcode"]) == (401, "M_MISSING_TOKEN")


async def test_a_token_in_the_query_is_none(asking: Program) -> None:
    answer = await asking.client.get(f"/api/v1/memberships?access_token={asking.bees}")
    assert answer.status_code == 401


async def test_an_expired_and_a_revoked_token_are_unknown(asking: Program) -> None:
    async with asking.services.db.transaction() as tx:
        old = await tokens.create(tx, "old", ["bees"], NOW - 2 * DAY, NOW - DAY)
        for each in await tokens.all(tx):
            if each.label == "Commune":
                await tokens.revoke(tx, each.id)
    for token in (old, asking.bees):
        answer = await asking.ask("GET", "/api/v1/memberships", token=token, status=401)
        assert answer["errcode"] == "M_UNKNOWN_TOKEN"


@pytest.mark.parametrize("operation", GUARDED, ids=GUARDED_NAMES)
async def test_another_community_s_token_does_nothing(
    asking: Program, operation: Operation
) -> None:
    async with asking.services.db.transaction() as tx:
        wasps = await tokens.create(tx, "wasps", ["wasps"], NOW)
    before = await written(asking.services)
    body = b'{"community": "bees"}' if operation.name == "join" else b"{}"
    answer = await send(asking, operation, f"Bearer {wasps}", body)
    if operation.name == "standing":
        assert answer.json()["results"] == []
        return
    assert (answer.status_code, answer.json()["errcode"]) == (403, "M_FORBIDDEN")
    assert await written(asking.services) == before


async def test_a_community_moves_only_to_one_that_the_token_acts_for(asking: Program) -> None:
    body = {"community": "wasps"}
    answer = await asking.act("POST", "/move", body, status=403)
    assert "wasps" in answer["error"]


DEEP = b'{"note": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
BODIES: dict[str, tuple[bytes, int, str]] = {
    "a huge one": (b'{"note": "' + b"x" * MAX_BODY + b'"}', 413, "bytes"),
    "a deep one": (DEEP, 400, "nests"),
    "no JSON": (b"community=bees", 400, "not JSON"),
    "half of one": (b'{"community": "bees"', 400, "not JSON"),
    "a list": (b'["bees"]', 400, "JSON object"),
    "nothing at all": (b"", 400, "community"),
    "no field": (b"{}", 400, "community"),
    "an unknown field": (b'{"community": "bees", "admin": true}', 400, "admin"),
    "a field of another type": (b'{"community": ["bees"]}', 400, "community"),
    "a number for a text": (b'{"community": "bees", "note": 1}', 400, "note"),
    "null": (b'{"community": null}', 400, "community"),
    "a key twice": (b'{"community": "bees", "community": "wasps"}', 400, "stands twice"),
    "a NUL": (b'{"community": "bees", "note": "a\\u0000b"}', 400, "NUL"),
    "half a surrogate": (b'{"community": "bees", "note": "\\ud800"}', 400, "surrogate"),
    "no UTF-8": (b'{"community": "\xff"}', 400, "UTF-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"community": "bees"}', 400, "byte order mark"),
    "a float": (b'{"community": "bees", "note": 1.5}', 400, "integers"),
    "a key of a kilobyte": (b'{"' + b"k" * 1_000 + b'": 1}', 400, "unknown field"),
    "no slug": (b'{"community": "Bees!"}', 400, "slug"),
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_bad_body_is_refused_and_what_is_wrong_is_named(asking: Program, case: str) -> None:
    body, status, named = BODIES[case]
    before = await written(asking.services)
    join = next(each for each in OPERATIONS if each.name == "join")
    answer = await send(asking, join, f"Bearer {asking.bees}", body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"errcode", "error"}
    assert named in answer.json()["error"]
    assert len(answer.text) < 500
    assert await written(asking.services) == before


async def test_a_form_is_no_body(asking: Program) -> None:
    headers = {"Authorization": f"Bearer {asking.bees}", "Content-Type": "text/plain"}
    path = f"{RINGS}/{OURS}/memberships"
    answer = await asking.client.post(path, headers=headers, content=b'{"community": "bees"}')
    assert (answer.status_code, "application/json" in answer.text) == (400, True)


@pytest.mark.parametrize("operation", GUARDED, ids=GUARDED_NAMES)
async def test_a_ring_that_is_unknown_is_not_found(asking: Program, operation: Operation) -> None:
    if "{ring}" not in operation.path or operation.name == "join":
        return
    path = operation.path.format(**{**IN_PATHS, "ring": f"nope:{A}"})
    body = {
        "decide_request": {"outcome": "accepted"},
        "decide_proposal": {"outcome": "signed"},
        "invite": {"url": "https://hay.example/"},
        "change": {"name": "Hay"},
        "move": {"url": "https://hay.example/"},
        "change_stewards": {"threshold": 1},
        "import_list": {"list": "https://hay.example/"},
        "choose_branch": {"sha256": "0" * 64},
    }.get(operation.name, {})
    headers = {"Authorization": f"Bearer {asking.operator}"}
    sent = {} if operation.method == "GET" else {"json": body}
    answer = await asking.client.request(operation.method, path, headers=headers, **sent)  # type: ignore[arg-type]
    assert answer.status_code == 404, answer.text


REFUSED: dict[str, tuple[str, str, object, int]] = {
    "a ring without a name": ("POST", RINGS, {"slug": "fern"}, 400),
    "a ring of no slug": ("POST", RINGS, {"slug": "../fern", "name": "Fern"}, 400),
    "an unknown steward": (
        "POST", RINGS, {"slug": "fern", "name": "Fern", "stewards": [A]}, 404,
    ),
    "a threshold of none": ("POST", RINGS, {"slug": "fern", "name": "Fern", "threshold": 0}, 400),
    "a threshold of many": ("POST", RINGS, {"slug": "fern", "name": "Fern", "threshold": 9}, 400),
    "a name that readers would cut": ("POST", RINGS, {"slug": "fern", "name": "x" * 5_000}, 400),
    "tags that readers would drop": ("PATCH", f"{RINGS}/{OURS}", {"interests": ["a\nb"]}, 400),
    "a policy that is none": ("PATCH", f"{RINGS}/{OURS}", {"policy": "closed"}, 400),
    "no change": ("PATCH", f"{RINGS}/{OURS}", {}, 400),
    "other stewards": ("PATCH", f"{RINGS}/{OURS}", {"stewards": [A]}, 400),
    "nobody to be a steward": ("POST", f"{RINGS}/{OURS}/stewards", {}, 400),
    "a steward that nobody knows": ("POST", f"{RINGS}/{OURS}/stewards", {"add": [A]}, 404),
    "a steward who is none": ("POST", f"{RINGS}/{OURS}/stewards", {"remove": [A]}, 404),
    "no server's name": ("POST", f"{RINGS}/{OURS}/stewards", {"add": ["../x"]}, 400),
    "a ring without stewards": ("POST", f"{RINGS}/{OURS}/stewards", {"remove": [NAME]}, 400),
    "more signatures than stewards": (
        "POST", f"{RINGS}/{OURS}/stewards", {"threshold": 2}, 400,
    ),
    "the same stewards": ("POST", f"{RINGS}/{OURS}/stewards", {"threshold": 1}, 409),
    "no list": ("POST", f"{RINGS}/{OURS}/imports", {}, 400),
    "an empty list": ("POST", f"{RINGS}/{OURS}/imports", {"list": " "}, 400),
    "a page for a list": ("POST", f"{RINGS}/{OURS}/imports", {"list": "<html>"}, 400),
    "a list with an entity": (
        "POST", f"{RINGS}/{OURS}/imports",
        {"list": '<!DOCTYPE opml [<!ENTITY a "b">]><opml/>'}, 400,
    ),
    "a list without end": (
        "POST", f"{RINGS}/{OURS}/imports", {"list": "https://hay.example/\n" * 6_000}, 413,
    ),
    "an endless body": ("POST", f"{RINGS}/{OURS}/imports", {"list": "x" * MAX_LIST}, 413),
    "half of a branch's hash": ("POST", f"{RINGS}/{OURS}/choose", {"sha256": "abc"}, 400),
    "no place to ask for a branch": (
        "POST", f"{RINGS}/{OURS}/choose", {"sha256": "0" * 64, "via": "file:///etc"}, 400,
    ),
    "a chain of another ring": (
        "POST", f"{RINGS}/{OURS}/verify", {"address": f"nope:{A}"}, 400,
    ),
    "a chain at no address": (
        "POST", f"{RINGS}/{OURS}/verify", {"address": "file:///etc/passwd"}, 400,
    ),
    "a chain at an address inside": (
        "POST", f"{RINGS}/{OURS}/verify",
        {"address": f"https://127.0.0.1/rings/{OURS}"}, 409,
    ),
    "an invitation of nobody": ("POST", f"{RINGS}/{OURS}/invitations", {}, 400),
    "an invitation of two": (
        "POST", f"{RINGS}/{OURS}/invitations",
        {"community": f"hay:{A}", "url": "https://hay.example/"}, 400,
    ),
    "an address inside": (
        "POST", f"{RINGS}/{OURS}/invitations", {"url": "https://127.0.0.1/"}, 400,
    ),
    "a script for an address": (
        "POST", f"{RINGS}/{OURS}/invitations", {"url": "javascript:alert(1)"}, 400,
    ),
    "a reason for a yes": (
        "POST", f"{RINGS}/{OURS}/requests/{'0' * 32}",
        {"outcome": "accepted", "code": "rules"}, 400,
    ),
    "a reason that is none": (
        "DELETE", f"{RINGS}/{OURS}/members/{'0' * 20}", {"code": "whim"}, 400,
    ),
    "a member's own reason": (
        "DELETE", f"{RINGS}/{OURS}/members/{'0' * 20}", {"code": "left"}, 400,
    ),
    "a member that is none": ("DELETE", f"{RINGS}/{OURS}/members/me", {}, 400),
    "a member that is not in it": ("DELETE", f"{RINGS}/{OURS}/members/{'0' * 20}", {}, 404),
    "half a hash": ("POST", f"{RINGS}/{OURS}/proposals/abc", {"outcome": "signed"}, 400),
    "a move to nowhere": ("POST", f"{RINGS}/{OURS}/memberships/bees/move", {}, 400),
    "a sleep of who is not in it": ("POST", f"{RINGS}/{OURS}/memberships/bees/sleep", {}, 404),
    "a community that is none": (
        "POST", f"{RINGS}/{OURS}/memberships", {"community": "wasps"}, 404,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_wrong_is_said_and_nothing_done(asking: Program, case: str) -> None:
    method, path, body, status = REFUSED[case]
    before = await written(asking.services)
    headers = {"Authorization": f"Bearer {asking.operator}"}
    answer = await asking.client.request(method, path, headers=headers, json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"errcode", "error"}
    assert await written(asking.services) == before


METHODS = {
    f"{RINGS}/{OURS}/memberships": {"POST"},
    f"{RINGS}/{OURS}/memberships/bees": {"DELETE"},
    f"{RINGS}/{OURS}/memberships/bees/sleep": {"POST"},
    f"{RINGS}/{OURS}": {"GET", "HEAD", "PATCH"},
    RINGS: {"GET", "HEAD", "POST"},
    "/api/v1/memberships": {"GET", "HEAD"},
    "/api/v1/openapi.json": {"GET", "HEAD"},
}


@pytest.mark.parametrize("path", METHODS)
async def test_other_methods_are_not_taken(asking: Program, path: str) -> None:
    headers = {"Authorization": f"Bearer {asking.operator}"}
    answer = await asking.client.request("PUT", path, headers=headers, json={})
    assert (answer.status_code, answer.json()["errcode"]) == (405, "M_UNRECOGNIZED")
    assert set(answer.headers["allow"].split(", ")) == METHODS[path]
    asked = await asking.client.options(path)
    assert asked.status_code == 204
    allowed = set(asked.headers["access-control-allow-methods"].split(", "))
    assert allowed == METHODS[path] | {"OPTIONS"}
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers


async def test_what_a_token_reads_is_kept_by_nobody_on_the_way(asking: Program) -> None:
    headers = {"Authorization": f"Bearer {asking.bees}"}
    answer = await asking.client.get("/api/v1/memberships", headers=headers)
    assert answer.headers["cache-control"] == "no-store"
