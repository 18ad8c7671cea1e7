"""A sample homeserver's endpoints, without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.demo.samples import LISTED, homeserver
from webring.demo.routes import create_homeserver
from webring.demo.signatures import KeyRing
from webring.documents.keys import KeySet, SigningKey
from webring.matrix.xmatrix import Request, authorization, key_document
from webring.names import ServerName

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
ASKER = ServerName.parse("127.0.0.1:8101")
KEYS = KeySet(SigningKey("ed25519:one", b"1" * 32))
US = homeserver("meadow").name


async def fetch(_: ServerName) -> object:
    return key_document(ASKER, KEYS, NOW)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    ring = KeyRing(fetch, lambda: NOW)
    app = create_homeserver(homeserver("meadow"), ring, lambda: NOW, "http://127.0.0.1:8101")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{US}") as client:
        yield client


def signature(method: str, uri: str, body: dict[str, object] | None = None) -> dict[str, str]:
    return {"Authorization": authorization(Request(ASKER, US, method, uri, body), KEYS.current)}


async def test_a_signed_crawl_reads_the_directory(client: httpx.AsyncClient) -> None:
    uri = "/_matrix/federation/v1/publicRooms?limit=100"
    answer = await client.get(uri, headers=signature("GET", uri))
    assert answer.status_code == 200
    assert len(answer.json()["chunk"]) == LISTED["meadow"]


async def test_a_posted_filter_is_signed_and_obeyed(client: httpx.AsyncClient) -> None:
    uri = "/_matrix/federation/v1/publicRooms"
    body: dict[str, object] = {"filter": {"room_types": ["m.space"]}, "limit": 2}
    answer = await client.post(uri, json=body, headers=signature("POST", uri, body))
    assert {room["room_type"] for room in answer.json()["chunk"]} == {"m.space"}
    assert answer.json()["next_batch"] == "p2"


async def test_an_encoded_alias_is_signed_as_it_is_sent(client: httpx.AsyncClient) -> None:
    uri = f"/_matrix/federation/v1/query/directory?room_alias=%23bees%3A{US.replace(':', '%3A')}"
    answer = await client.get(uri, headers=signature("GET", uri))
    assert answer.status_code == 200
    assert answer.json()["servers"] == [US]


async def test_its_key_document_checks_out(client: httpx.AsyncClient) -> None:
    document = (await client.get("/_matrix/key/v2/server")).json()
    assert document["server_name"] == US
    assert document["verify_keys"]


ANSWERS = [
    pytest.param("/_matrix/federation/v1/version", 200, None, id="version"),
    pytest.param("/.well-known/matrix/server", 200, None, id="well-known server"),
    pytest.param("/.well-known/matrix/client", 200, None, id="well-known client"),
    pytest.param("/.well-known/federated-webring", 200, None, id="well-known instance"),
    pytest.param("/_matrix/client/v3/publicRooms", 200, None, id="client directory"),
    pytest.param(
        "/_matrix/client/v3/publicRooms?server=x.example", 401, "M_MISSING_TOKEN", id="proxy"
    ),
    pytest.param("/_matrix/federation/v1/publicRooms", 401, "M_UNAUTHORIZED", id="unsigned"),
    pytest.param(
        "/_matrix/client/v3/publicRooms?limit=many", 400, "M_INVALID_PARAM", id="bad limit"
    ),
    pytest.param(
        f"/_matrix/client/v3/directory/room/%23bees%3A{US}", 200, None, id="alias of a room"
    ),
    pytest.param(
        f"/_matrix/client/v3/directory/room/%23wasps%3A{US}", 404, "M_NOT_FOUND", id="no alias"
    ),
    pytest.param(f"/_matrix/client/v1/room_summary/%23bees%3A{US}", 200, None, id="summary"),
    pytest.param("/_matrix/client/v3/rooms/!x/state", 401, "M_MISSING_TOKEN", id="state"),
    pytest.param("/nowhere", 404, "M_UNRECOGNIZED", id="unknown path"),
]


@pytest.mark.parametrize(("path", "status", "errcode"), ANSWERS)
async def test_it_answers_in_the_words_of_matrix(
    client: httpx.AsyncClient, path: str, status: int, errcode: str | None
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json().get("errcode")) == (status, errcode)


async def test_a_token_opens_state_and_hierarchy(client: httpx.AsyncClient) -> None:
    bearer = {"Authorization": "Bearer secret"}
    alias = f"%23kitchen-garden%3A{US}"
    found = (await client.get(f"/_matrix/client/v3/directory/room/{alias}")).json()["room_id"]
    name = await client.get(f"/_matrix/client/v3/rooms/{found}/state/m.room.name/", headers=bearer)
    assert name.json() == {"name": "Kitchen Garden"}
    walk = await client.get(f"/_matrix/client/v1/rooms/{found}/hierarchy?limit=3", headers=bearer)
    assert len(walk.json()["rooms"]) == 3


async def test_a_malformed_body_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"[]", b"\xff", b"{"):
        answer = await client.post("/_matrix/federation/v1/publicRooms", content=body)
        assert answer.status_code == 400
