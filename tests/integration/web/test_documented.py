"""docs/api.md tells all of the API, and nothing that is not so."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from webring.directory.listing import Standing
from webring.rings.vouching import VouchReason
from webring.search.service import MAX_DEPTH
from webring.web import answering, health, interface, shapes
from webring.web.operations import Access, Operation
from webring.web.parameters import PAGE, filters
from webring.web.ringapi.bodies import MAX_BODY

TEXT = (Path(__file__).parents[3] / "docs/api.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.anyio


def column(heading: str) -> set[str]:
    """The names in the first column of the table with this heading."""
    table = re.split(r"\n\n", TEXT.partition(f"| {heading} |")[2])[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_address_is_told() -> None:
    assert column("address") == {
        each.path for each in interface.OPERATIONS if each.access is Access.ANYBODY
    }
    assert all(f"`{route.path}`" in TEXT for route in health.ROUTES)


@pytest.mark.parametrize(
    ("heading", "access"), [("asking", Access.COMMUNITY), ("deciding", Access.OPERATOR)]
)
def test_all_that_a_token_may_do_is_told(heading: str, access: Access) -> None:
    done = {f"{each.method} {each.path}" for each in interface.OPERATIONS if each.access is access}
    assert column(heading) == done


@pytest.mark.parametrize("operation", interface.OPERATIONS, ids=lambda each: each.name)
def test_every_field_of_a_body_is_told(operation: Operation) -> None:
    fields = operation.body.__struct_fields__ if operation.body else ()
    assert all(f"`{field}`" in TEXT for field in fields)


def test_every_filter_is_told() -> None:
    request = Request({"type": "http", "query_string": b"", "headers": []})
    assert column("parameter") == filters(request, strict=True).keys() - {"q"}


async def test_every_field_is_told(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/search?q=bees")).json()
    assert column("field") == answer["results"][0].keys()
    assert all(f"`{field}`" in TEXT for field in answer)
    assert all(f"`{standing}`" in TEXT for standing in Standing)


def test_every_neighbour_is_told() -> None:
    told = column("neighbours")
    assert told == shapes.Community.__annotations__.keys() & {"rings", "vouches", "shared_rooms"}
    for shape in (shapes.RingStanding, shapes.CountingVouch, shapes.Vouches, shapes.SharedRoom):
        assert all(f"`{field}`" in TEXT for field in shape.__annotations__)
    assert all(f"`{reason}`" in TEXT for reason in VouchReason)


def test_the_limits_are_told() -> None:
    assert f"`limit` is 1 to {answering.MAX_LIMIT}, {PAGE} if you say nothing" in TEXT
    assert f"first {MAX_DEPTH:,} results" in TEXT
    assert f"at most {MAX_BODY // 1024} KiB" in TEXT
