"""`kill -9` in the middle of the work, again and again: nothing acknowledged is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.acceptance.instance import Instance
from webring.demo.children import Child, end_all
from webring.demo.plan import Plan, make_plan
from webring.net.ports import can_bind

ROUNDS = 10
LONGEST = 4.0
"""Seconds that an instance lives at most before it is killed."""


@pytest.fixture(scope="module")
def homeservers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """The sample homeservers alone."""
    folder, plan = tmp_path_factory.mktemp("homeservers"), make_plan()
    (folder / "plan.json").write_bytes(msgspec.json.encode(plan))
    arguments = ["webring.demo.homeservers", str(folder / "plan.json")]
    child = Child("homeservers", arguments, folder / "log")
    deadline = time.monotonic() + 20
    while any(can_bind(port) for port in plan.server_ports.values()):
        assert child.is_running, child.tail()
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.05)
    yield plan
    end_all([child])


def crawling(folder: Path, plan: Plan) -> Instance:
    """An instance that reads the sample homeservers as often as it may."""
    servers = plan.federation.servers
    own = servers["meadow"].name
    return Instance(
        folder,
        {
            "homeserver": {
                "name": own,
                "client_url": f"http://{own}",
                "access_token": plan.tokens["meadow"],
            },
            "communities": {"aliases": [f"#kitchen-garden:{own}"]},
            "crawl": {
                "seeds": [server.name for server in servers.values()],
                "shortest_interval": "1s",
                "longest_interval": "2s",
            },
            "testing": {"allow": ["127.0.0.0/8:*"], "http": True},
        },
    )


def is_whole(instance: Instance) -> None:
    assert instance.rows("PRAGMA integrity_check") == [("ok",)]
    orphans = instance.rows(
        "SELECT room_id FROM sighting WHERE room_id NOT IN (SELECT room_id FROM listing)"
    )
    assert not orphans, "what was recorded is listed: they are one transaction"


def sequences(instance: Instance) -> list[int]:
    return [row[0] for row in instance.rows("SELECT sequence FROM own_manifest ORDER BY sequence")]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_the_crawl_goes_on(
    tmp_path: Path, homeservers: Plan
) -> None:
    instance, dice = crawling(tmp_path / "killed", homeservers), random.Random(7)
    blocked: list[str] = []
    highest = 0
    for number in range(ROUNDS):
        instance.start()
        time.sleep(dice.uniform(0, LONGEST))
        target = f"!blocked{number}:elsewhere.example"
        instance.run("block", "room", target)
        blocked.append(target)
        instance.kill()
        is_whole(instance)
        kept = {row[0] for row in instance.rows("SELECT target FROM block")}
        assert kept == set(blocked)
        known = sequences(instance)
        assert max(known, default=0) >= highest
        highest = max(known, default=0)
    instance.start()
    try:
        _finishes(instance, homeservers)
    finally:
        instance.stop()


def _finishes(instance: Instance, plan: Plan) -> None:
    """All that can be read is read, and the index agrees with the database."""
    federation = plan.federation
    expected = {
        str(room.room_id)
        for server in federation.servers.values()
        for room in federation.published_by(server.name)
        if (server.federation or server.client) and room.key != "committee"
    }

    def all_listed() -> bool | None:
        listed = {row[0] for row in instance.rows("SELECT room_id FROM listing")}
        return True if listed == expected else None

    instance.until(all_listed, "listing all that there is")

    def agrees() -> bool | None:
        answer = instance.get("/api/v1/search?q=&found=1&adult=1&limit=1")
        return True if answer["total"] == len(expected) else None

    instance.until(agrees, "found by search")
    states = dict(instance.rows("SELECT name, state FROM homeserver"))
    assert states[federation.servers["cellar"].name] == "closed"
