"""`webring demo`, as a newcomer starts it: three real instances that find and verify each other."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.acceptance.instance import Instance
from tests.fakes.demo import RunningDemo
from webring.demo.plan import Plan
from webring.demo.vouches import SENTENCES
from webring.net.ports import can_bind

PATIENCE = 60.0


def ask(url: str) -> Any:
    answer = httpx.get(url, trust_env=False, timeout=30)
    assert answer.status_code == httpx.codes.OK, f"{url}: {answer.status_code} {answer.text}"
    return answer.json()


def page(url: str) -> str:
    answer = httpx.get(url, trust_env=False, timeout=30)
    assert answer.status_code == httpx.codes.OK, f"{url}: {answer.status_code}"
    return answer.text


def shows(url: str, sentence: str) -> bool:
    return sentence in page(url)


def until(good: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 3 * PATIENCE
    while not good():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.2)


def plan_of(demo: RunningDemo) -> Plan:
    return msgspec.json.decode((demo.folder / "data" / "plan.json").read_bytes(), type=Plan)


def wait_until_free(ports: tuple[int, ...]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not all(can_bind(port) for port in ports):
        left = [port for port in ports if not can_bind(port)]
        assert time.monotonic() < deadline, f"somebody still listens on {left}"
        time.sleep(0.1)


def test_all_three_list_each_others_communities(demo: RunningDemo) -> None:
    assert len(demo.addresses) == 3
    names = []
    for url, (listed, wanted) in demo.listed.items():
        assert listed == wanted, f"{url} lists {listed} of {wanted}"
        content = ask(f"{url}/api/v1/communities?limit=50")
        assert {each["standing"] for each in content["results"]} == {"spoken_for"}
        names.append(sorted(each["id"] for each in content["results"]))
    assert names[0] == names[1] == names[2]


def test_a_closed_homeserver_is_explained(demo: RunningDemo) -> None:
    closed = plan_of(demo).federation.servers["cellar"].name
    content = ask(f"{demo.addresses[1]}/api/v1/servers/{closed}")
    assert content["state"] == "closed"


def test_a_ring_is_founded_across_all_three(demo: RunningDemo) -> None:
    page = demo.ring()
    ring = page.rpartition("/")[2]
    assert page in demo.output().partition("Ctrl-C")[0], "the greeting names it"
    seen = [ask(f"{url}/rings/{ring}/export.json") for url in demo.addresses]
    assert len({each["sha256"] for each in seen}) == 1
    members = seen[0]["members"]
    assert {each["state"] for each in members} == {"active"}
    assert len({each["instance"] for each in members}) == 3
    assert len(seen[0]["stewards"]["instances"]) == 3


def test_two_communities_vouch_for_each_other_on_every_instance(demo: RunningDemo) -> None:
    demo.ring()
    names = plan_of(demo).federation.instance_names
    for (by, community), (there, other), sentence in SENTENCES:
        said = f"/communities/{community}:{names[by]}"
        heard = f"/communities/{other}:{names[there]}"
        for url in demo.addresses:
            for at in (f"{url}{heard}", f"{url}{said}"):
                until(partial(shows, at, sentence), f"{at} tells it")
            assert "they vouch for each other" in page(f"{url}{heard}")


def test_a_stranger_announces_itself_and_is_visited(demo: RunningDemo, tmp_path: Path) -> None:
    meadow = plan_of(demo).federation.instance_names["meadow"]
    values: dict[str, dict[str, object]] = {
        "peers": {"seeds": [meadow]},
        "testing": {"allow": ["127.0.0.0/8:*"], "http": True},
    }
    stranger = Instance(tmp_path / "stranger", values)
    try:
        stranger.start()

        def known() -> object:
            found = ask(f"{demo.addresses[0]}/api/v1/instances?limit=50")["results"]
            return next((each for each in found if each["name"] == stranger.name), None)

        stranger.until(known, "known to Meadow")
    finally:
        stranger.stop()


def test_killed_while_it_founds_its_ring_it_leaves_nothing_and_goes_on_at_the_next_start(
    tmp_path: Path,
) -> None:
    demo = RunningDemo(tmp_path)
    plan, home = plan_of(demo), demo.addresses[0]
    until(lambda: ask(f"{home}/api/v1/rings")["results"], "a ring begins")
    assert demo.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until_free(plan.ports)
    assert "is a ring of" not in demo.output(), "it was killed in the middle"
    demo.start()
    try:
        ring = demo.ring().rpartition("/")[2]
        for url in demo.addresses:
            members = ask(f"{url}/rings/{ring}/export.json")["members"]
            assert len({each["id"] for each in members}) == 6
    finally:
        assert demo.end(signal.SIGINT) == 0, demo.output()
    wait_until_free(plan.ports)


def test_it_ends_cleanly_and_goes_on_where_it_was(demo: RunningDemo) -> None:
    plan, addresses, page = plan_of(demo), demo.addresses, demo.ring()
    assert demo.end(signal.SIGTERM) == 0, demo.output()
    wait_until_free(plan.ports)
    demo.start()
    assert plan_of(demo) == plan
    assert demo.addresses == addresses
    assert httpx.get(page, trust_env=False).status_code == httpx.codes.OK
