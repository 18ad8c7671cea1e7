"""What the operator's token does about a ring as a whole: stewards, lists, branches, chains."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.integration.rings.pledged import verified
from tests.integration.web.garden import NAME
from tests.integration.web.tokened import OURS, RINGS, Program, program
from tests.unit.documents.ring_world import A, after, first
from webring.documents.chain import RingFreshness
from webring.documents.ring_outcome import Link, RingOutcome
from webring.errors import ConnectFailed
from webring.names import PeerUrl, RingId
from webring.rings.following import Followed, Following
from webring.rings.ring_place import RingPlace
from webring.rings.verifying import Report
from webring.services import Services
from webring.storage import decisions, ring_requests, ring_wishes
from webring.storage.ring_requests import RequestState
from webring.web.ringapi import chains

pytestmark = pytest.mark.anyio
OPML = """<opml version="2.0"><body>
<outline text="Hay" htmlUrl="https://hay.example/"/>
<outline text="Feed" xmlUrl="https://feed.example/atom"/>
<outline text="Hay" htmlUrl="https://hay.example"/>
</body></opml>"""
SHA256 = "ab" * 32


@pytest.fixture
async def asking(client: httpx.AsyncClient, services: Services) -> Program:
    made = await program(client, services)
    await made.found(policy="request")
    return made


async def decide(asking: Program, what: str, body: object, status: int = 200) -> dict[str, object]:
    of = f"{RINGS}/{{ring}}/{what}"
    answer: dict[str, object] = await asking.decide("POST", f"/{what}", body, of=of, status=status)
    return answer


async def actions(asking: Program) -> list[str]:
    return [each.action for each in await decisions.recent(asking.services.db.reader, 50)]


async def test_other_stewards_are_proposed_and_warned_of(asking: Program) -> None:
    await verified(asking.services.db, [], name=A)
    done = await decide(asking, "stewards", {"add": [A]})
    assert done["stewards"] == {"threshold": 2, "instances": sorted([NAME, A])}
    assert "one that is lost would end the ring" in str(done["warning"])
    (wish,) = await ring_wishes.of_ring(asking.services.db.reader, OURS)
    assert (wish.wanted.kind, wish.decider) == ("terms", "token me")
    assert "ring_change" in await actions(asking)


async def test_a_list_is_imported_and_each_site_invited_once(asking: Program) -> None:
    dry = await decide(asking, "imports", {"list": OPML, "dry_run": True})
    assert (dry["form"], dry["invited"]) == ("OPML", [])
    assert dry["sites"] == [{"url": "https://hay.example/", "title": "Hay"}]
    assert await ring_requests.of_ring(asking.services.db.reader, OURS) == []
    done = await decide(asking, "imports", {"list": OPML})
    assert done["invited"] == ["https://hay.example/"]
    assert [each["entry"] for each in done["refused"]] == [  # type: ignore[attr-defined]
        "https://feed.example/atom",
        "https://hay.example",
    ]
    (asked,) = await ring_requests.of_ring(asking.services.db.reader, OURS)
    assert (asked.state, asked.url) == (RequestState.INVITED, "https://hay.example/")


async def test_the_list_of_a_ring_that_others_steward_is_theirs(asking: Program) -> None:
    ring = first()
    await hold(asking.services.db, asking.services.rings.keeper, [ring])
    path, of = f"{RINGS}/{ring.id}/imports", f"{RINGS}/{{ring}}/imports"
    body = {"list": OPML}
    answer = await asking.ask("POST", path, body, token=asking.operator, of=of, status=403)
    assert "is no steward" in answer["error"]


async def test_a_branch_is_chosen(asking: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network is asked in a test: what came of it is given."""
    head = after(first())
    given: list[tuple[str, ...]] = []
    come = [
        Followed(OURS, "not_served", "nobody has it", False, head),
        Followed(OURS, "chosen", "the operator chose it", True, head),
    ]

    async def choose(_: Following, *asked: str) -> Followed:
        given.append(asked)
        return come.pop(0)

    monkeypatch.setattr(Following, "choose", choose)
    body = {"sha256": SHA256, "via": A}
    refused = await decide(asking, "choose", body, 409)
    assert refused["error"] == f"{OURS} stays as it is: nobody has it"
    done = await decide(asking, "choose", body)
    assert (done["outcome"], done["sha256"]) == ("chosen", head.sha256)
    assert given == [(OURS, SHA256, "token me", A)] * 2


async def test_a_chain_is_walked_and_the_broken_link_named(
    asking: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = after(first())
    links = (
        Link(1, "a" * 64, RingOutcome.ACCEPTED, "", 0),
        Link(2, head.sha256, RingOutcome.BROKEN_CHAIN, "it follows another version 1", 0),
    )
    asked: list[RingPlace] = []

    async def walk(_: object, place: RingPlace, *__: object, **___: object) -> Report:
        asked.append(place)
        if len(asked) > 1:
            raise ConnectFailed("nobody answers", host=A)
        return Report(PeerUrl(f"https://{A}"), head, RingFreshness.FRESH, links, 0)

    monkeypatch.setattr(chains, "verify", walk)
    done = await decide(asking, "verify", {"address": f"https://{A}/rings/{OURS}"})
    assert (done["holds"], done["sequence"], done["asked"]) == (False, 2, f"https://{A}")
    assert [each["outcome"] for each in done["links"]] == ["accepted", "broken_chain"]  # type: ignore[attr-defined]
    failed = await decide(asking, "verify", {}, 409)
    assert "could not be had: nobody answers" in str(failed["error"])
    assert [each.ring for each in asked] == [RingId(OURS)] * 2
