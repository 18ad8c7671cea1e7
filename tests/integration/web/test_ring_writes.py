"""What programs do about rings with a token: for a community, and for the operator."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.integration.web.garden import NAME, NOW
from tests.integration.web.tokened import OURS, RINGS, Program, program
from tests.unit.documents.ring_world import first
from webring.names import RingId, Slug
from webring.rings.following import Followed, Following
from webring.services import Services
from webring.storage import decisions, memberships, ring_wishes, tokens

pytestmark = pytest.mark.anyio
BEES, SOIL = Slug("bees"), first()
REQUEST = f"{RINGS}/{{ring}}/requests/{{request}}"


@pytest.fixture
async def asking(client: httpx.AsyncClient, services: Services) -> Program:
    return await program(client, services)


async def actors(asking: Program) -> dict[str, str]:
    """Who did what: the actor of each action."""
    found = await decisions.recent(asking.services.db.reader, 50)
    return {each.action: each.actor for each in found if each.actor.startswith("token")}


async def test_a_ring_is_founded_joined_and_left(asking: Program) -> None:
    made = await asking.found()
    assert (made["ring"], made["founded"], made["missing"]) == (OURS, True, [])
    assert "two more" in made["warning"]
    joined = await asking.join()
    assert joined["findings"][0]["code"] == "policy_open"
    assert await memberships.get(asking.services.db.reader, OURS, BEES) is not None
    left = await asking.act("DELETE", "")
    assert (left["done"], left["community"]) == ("left", "bees")
    assert await memberships.get(asking.services.db.reader, OURS, BEES) is None
    assert await actors(asking) == {
        "ring_found": "token me",
        "join_ring": "token Commune",
        "leave_ring": "token Commune",
    }


async def accepted(asking: Program) -> str:
    """Bees stand in the ring that a steward let them into; their member's id."""
    await asking.found(policy="request")
    asked = await asking.join()
    assert asked["state"] == "pending"
    body = {"outcome": "accepted", "sentence": "Welcome."}
    done = await asking.decide("POST", f"/requests/{asked['request']}", body, of=REQUEST)
    assert (done["state"], done["reason"]) == ("accepted", "Welcome.")
    await asking.services.publisher.reissue()
    await asking.publish()
    return str(asked["member"])


async def test_a_request_is_seen_decided_and_becomes_a_member(asking: Program) -> None:
    member = await accepted(asking)
    listed = await asking.ask("GET", f"{RINGS}/{OURS}/members", of=f"{RINGS}/{{ring}}/members")
    assert [each["id"] for each in listed["results"]] == [member]
    answer = await asking.ask("GET", "/api/v1/memberships")
    (standing,) = answer["results"]
    assert (standing["ring"], standing["community"]) == (OURS, "bees")
    assert standing["pledged_at"] == NOW
    assert standing["member"]["id"] == member
    assert standing["member"]["ring_half"]["there"] is True
    assert [each["state"] for each in standing["requests"]] == ["accepted"]
    of = f"{RINGS}/{{ring}}/requests"
    seen = await asking.decide("GET", "/requests?state=accepted", of=of)
    assert [each["note"] for each in seen["results"]] == ["Buzz."]
    assert (await asking.decide("GET", "/requests?state=pending", of=of))["total"] == 0


async def test_a_member_sleeps_wakes_moves_and_is_looked_at(asking: Program) -> None:
    member = await accepted(asking)
    assert (await asking.act("POST", "/sleep"))["done"] == "asleep"
    assert (await asking.act("POST", "/wake"))["done"] == "awake"
    moved = await asking.act("POST", "/move", {"url": "https://garden.example/new"})
    assert moved["url"] == "https://garden.example/new"
    report = await asking.act("POST", "/check")
    assert (report["member"], report["listed"], report["fresh"]) == (member, True, True)
    again = await asking.act("POST", "/check")
    assert again["held_back"], "the last result is told again"


async def test_who_is_declined_learns_why_and_may_be_invited(asking: Program) -> None:
    await asking.found(policy="request")
    asked = await asking.join()
    body = {"outcome": "declined", "code": "rules", "sentence": "No wasps."}
    done = await asking.decide("POST", f"/requests/{asked['request']}", body, of=REQUEST)
    assert (done["state"], done["code"], done["reason"]) == ("declined", "rules", "No wasps.")
    (standing,) = (await asking.ask("GET", "/api/v1/memberships"))["results"]
    assert standing["requests"][0]["reason"] == "No wasps."
    of = f"{RINGS}/{{ring}}/invitations"
    site = await asking.decide("POST", "/invitations", {"url": "https://hay.example/"}, of=of)
    assert (site["state"], site["kind"]) == ("invited", "site")
    community = {"community": f"bees:{NAME}", "sentence": "Come in after all."}
    assert (await asking.decide("POST", "/invitations", community, of=of))["state"] == "invited"


async def test_a_member_is_taken_out_with_a_reason(asking: Program) -> None:
    member = await accepted(asking)
    body = {"code": "rules", "sentence": "It stung."}
    of = f"{RINGS}/{{ring}}/members/{{member}}"
    gone = await asking.decide("DELETE", f"/members/{member}", body, of=of)
    assert gone == {"ring": OURS, "member": member, "code": "rules"}
    await asking.publish()
    listed = await asking.client.get(f"{RINGS}/{OURS}/members")
    assert listed.json()["results"] == []


async def test_terms_are_changed_by_the_next_version(asking: Program) -> None:
    await asking.found()
    of, body = f"{RINGS}/{{ring}}", {"name": "Moss and Fern", "interests": ["nature"]}
    changed = await asking.decide("PATCH", "", body, of=of)
    assert (changed["name"], changed["policy"]) == ("Moss and Fern", "open")
    await asking.publish()
    ring = (await asking.client.get(f"{RINGS}/{OURS}")).json()
    assert (ring["name"], ring["interests"], ring["sequence"]) == ("Moss and Fern", ["nature"], 2)
    again = await asking.decide("PATCH", "", body, of=of, status=409)
    assert "says that already" in again["error"]


async def test_proposals_are_listed_and_one_that_is_none_is_not_signed(asking: Program) -> None:
    await asking.found()
    of = f"{RINGS}/{{ring}}/proposals"
    listed = await asking.decide("GET", "/proposals", of=of)
    assert [each["state"] for each in listed["results"]] == ["published"]
    sha256 = listed["results"][0]["sha256"]
    path, of = f"/proposals/{sha256}", f"{of}/{{sha256}}"
    await asking.decide("POST", path, {"outcome": "signed"}, of=of, status=404)
    await asking.decide("POST", path, {"outcome": "maybe"}, of=of, status=400)


async def test_what_is_sent_twice_is_done_once(asking: Program) -> None:
    await asking.found(policy="request")
    founded = {"slug": "moss", "name": "Moss"}
    await asking.ask("POST", RINGS, founded, token=asking.operator, status=409)
    asked = await asking.join()
    assert "asked already" in (await asking.join(status=409))["error"]
    body = {"outcome": "accepted"}
    await asking.decide("POST", f"/requests/{asked['request']}", body, of=REQUEST)
    await asking.decide("POST", f"/requests/{asked['request']}", body, of=REQUEST, status=409)
    await asking.act("DELETE", "")
    await asking.act("DELETE", "", status=404)


async def test_the_operator_s_join_is_a_yes_and_a_community_s_waits_for_one(
    asking: Program,
) -> None:
    await asking.found(policy="request")
    assert (await asking.join())["state"] == "pending"
    await asking.act("DELETE", "")
    assert (await asking.join(token=asking.operator))["state"] == "accepted"
    wishes = await ring_wishes.of_ring(asking.services.db.reader, OURS)
    assert [each.decider for each in wishes] == ["token me"]


async def test_a_ring_of_others_is_asked_and_looked_up_before(
    asking: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network is asked in a test: what the look-up came to is given."""
    here = asking.services
    await hold(here.db, here.rings.keeper, [SOIL])
    looked_up: list[tuple[RingId, str]] = []

    async def follow(_: Following, ring: RingId, via: str) -> Followed:
        looked_up.append((ring, via))
        head = await here.rings.shelf.head(here.db.reader, ring)
        return Followed(ring, "unreachable", "nobody answers", head is not None, head)

    monkeypatch.setattr(Following, "follow", follow)
    of, body = f"{RINGS}/{{ring}}/memberships", {"community": "bees"}
    there = {**body, "via": "b.example"}
    asked = await asking.ask("POST", f"{RINGS}/{SOIL.id}/memberships", there, of=of)
    assert asked["state"] == "passed", "its stewards decide"
    unknown = RingId("nope:a.example")
    answer = await asking.ask("POST", f"{RINGS}/{unknown}/memberships", body, of=of, status=409)
    assert "nobody answers" in answer["error"]
    assert looked_up == [(SOIL.id, "b.example"), (unknown, "")]


async def test_use_of_a_token_is_noted(asking: Program) -> None:
    await asking.ask("GET", "/api/v1/memberships")
    used = {each.label: each.used_at for each in await tokens.all(asking.services.db.reader)}
    assert used == {"Commune": NOW, "me": None}
