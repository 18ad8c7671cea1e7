"""Rings are answered for as they were signed: the newest version, older ones, and pages."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, after, community, first, pages_of, unlike
from tests.unit.rings.stored import stored_version
from webring.documents import canonical
from webring.services import Services
from webring.storage import ring_versions

pytestmark = pytest.mark.anyio
V1 = first()
V2 = after(V1, members=[community(1, V1.root)])
V3 = after(V2, members=())
LOST = unlike(V2)
PATH = f"/webring/v1/rings/{ID}"


@pytest.fixture
async def held(services: Services) -> Services:
    """An instance that holds three versions, and one that does not count."""
    for version in (V1, V2, V3):
        await keep(services.db, version)
    async with services.db.transaction() as tx:
        await ring_versions.put_pages(tx, ID, pages_of(V2), 0)
        lost = replace(stored_version(LOST, 0), on_branch=False, code="sibling_lost")
        await ring_versions.keep_evidence(tx, lost)
    return services


async def test_a_ring_is_answered_as_it_was_signed(
    client: httpx.AsyncClient, held: Services
) -> None:
    for query, version in (
        ("", V3),
        ("?sequence=1", V1),
        ("?sequence=2", V2),
        ("?sequence=3", V3),
    ):
        answer = await client.get(PATH + query)
        assert answer.status_code == 200
        assert answer.content == canonical.encode(version.content)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        again = await client.get(PATH + query, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert answer.headers["etag"] == f'W/"{version.sha256}"'


async def test_a_page_is_answered_until_it_is_erased(
    client: httpx.AsyncClient, held: Services
) -> None:
    for sha256, body in pages_of(V2).items():
        answer = await client.get(f"/webring/v1/pages/{sha256}")
        assert (answer.status_code, answer.content) == (200, body)
        assert "immutable" not in answer.headers["cache-control"]
        async with held.db.transaction() as tx:
            await ring_versions.erase_pages(tx, ID, [sha256])
        assert (await client.get(f"/webring/v1/pages/{sha256}")).status_code == 404


ERRORS = {
    "/webring/v1/rings/sand:a.example": (404, "no version of sand:a.example"),
    f"{PATH}?sequence=4": (404, "no version 4"),
    f"{PATH}?sequence=9999999999999999": (404, "no version 9999999999999999"),
    f"{PATH}?sequence=0": (400, "an integer from 1"),
    f"{PATH}?sequence=-1": (400, "an integer from 1"),
    f"{PATH}?sequence=": (400, "an integer from 1"),
    f"{PATH}?sequence=1.0": (400, "an integer from 1"),
    f"{PATH}?sequence=%D9%A1": (400, "an integer from 1"),
    f"{PATH}?sequence=" + "9" * 300: (400, "an integer from 1"),
    "/webring/v1/rings/soil": (400, "slug:instance"),
    "/webring/v1/rings/So%20il:a.example": (400, "slug"),
    "/webring/v1/rings/soil:a%00b": (400, "server name"),
    "/webring/v1/rings/soil:": (400, "server name"),
    "/webring/v1/rings/": (404, ""),
}


@pytest.mark.parametrize("path", ERRORS)
async def test_what_is_not_there_or_malformed_is_said(
    client: httpx.AsyncClient, held: Services, path: str
) -> None:
    status, sentence = ERRORS[path]
    answer = await client.get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"errcode", "error"}
    assert sentence in answer.json()["error"]
