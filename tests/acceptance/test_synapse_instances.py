"""Whole instances among real Synapse homeservers, over verified TLS."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.acceptance.instance import Instance, Values
from tests.acceptance.synapse.lab import Homeserver, Lab
from tests.browser.visitor import visiting
from tests.fakes.tls_front import TlsFront
from webring.net.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.synapse]

FIRST_IP: Final = "127.0.0.99"
SECOND_IP: Final = "127.0.0.98"
ALLOWED_CONTROLS: Final = {"\n", "\t"}


@contextmanager
def serving(folder: Path, lab: Lab, ip: str, port: int, values: Values) -> Iterator[Instance]:
    """An instance that is reached over TLS at `ip`:`port`, with a certificate of the lab's."""
    own = {
        **values,
        "instance": {"name": f"{ip}:{port}", "base_url": f"https://{ip}:{port}"},
        "testing": {"allow": ["127.0.0.0/8:*"], "ca_file": str(lab.authority.ca_file)},
    }
    instance = Instance(folder, own)
    front = TlsFront(lab.authority.context(ip), ip, port, instance.port)
    try:
        instance.start()
        yield instance
    finally:
        instance.stop()
        front.close()


@pytest.fixture(scope="module")
def pair(
    three_synapses: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Instance, Instance]]:
    """An instance that belongs to hs1 and reads all three; and one that belongs to hs2, whose
    operator adds the first as a peer.
    """
    hs1, hs2 = three_synapses.servers["hs1"], three_synapses.servers["hs2"]
    port = free_port(FIRST_IP)
    speak_for(hs1, "orchard", f"{FIRST_IP}:{port}")
    first_values: Values = {
        "homeserver": homeserver(hs1),
        "communities": {"aliases": [hs1.alias("orchard")]},
        "crawl": {"seeds": [server.name for server in three_synapses.servers.values()]},
    }
    second_values: Values = {"homeserver": homeserver(hs2), "crawl": {"seeds": [hs1.name]}}
    folder = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        first = stack.enter_context(
            serving(folder / "first", three_synapses, FIRST_IP, port, first_values)
        )
        second = stack.enter_context(
            serving(
                folder / "second", three_synapses, SECOND_IP, free_port(SECOND_IP), second_values
            )
        )
        first.until(lambda: has_read(first, *three_synapses.servers.values()), "done crawling")
        second.until(lambda: has_read(second, hs1), "done crawling")
        second.run("peers", "add", first.name)
        second.run("peers", "accept", first.name)
        yield first, second


def homeserver(server: Homeserver) -> dict[str, object]:
    return {
        "name": server.name,
        "client_url": f"https://{server.synapse.address.federation_place}",
        "access_token": server.synapse.token,
    }


def speak_for(server: Homeserver, key: str, instance: str) -> None:
    """What a space's moderators do: they name the instance in the topic."""
    topic = {"topic": f"Trees that people planted. [webring:{instance}]"}
    server.synapse.put_state(server.rooms[key], "m.room.topic", topic)
    server.settle()


def has_read(instance: Instance, *servers: Homeserver) -> bool | None:
    states = {row[0]: row[1] for row in instance.rows("SELECT name, state FROM homeserver")}
    done = all(states.get(server.name) in {"open", "closed"} for server in servers)
    return True if done else None


@pytest.mark.parametrize("key", ["hs1", "hs2"])
def test_its_list_is_exactly_what_the_server_publishes(
    pair: tuple[Instance, Instance], three_synapses: Lab, key: str
) -> None:
    server = three_synapses.servers[key]
    query = "SELECT room_id FROM sighting WHERE server = ?"
    seen = {row[0] for row in pair[0].rows(query, server.name)}
    assert seen == server.listed_federation - {server.rooms["opted-out"]}
    described = pair[0].get(f"/api/v1/servers/{quote(server.name, safe='')}")
    assert (described["state"], described["way"]) == ("open", "federation")


def test_a_closed_server_is_closed_and_its_page_says_why(
    pair: tuple[Instance, Instance], three_synapses: Lab
) -> None:
    name = quote(three_synapses.servers["hs3"].name, safe="")
    described = pair[0].get(f"/api/v1/servers/{name}")
    assert described["state"] == "closed"
    assert "403" in described["reasons"]["federation"]
    assert "allow_public_rooms_over_federation" in pair[0].page(f"/servers/{name}").text


def test_a_shared_room_is_listed_once_with_both_sources(
    pair: tuple[Instance, Instance], three_synapses: Lab
) -> None:
    first, second = three_synapses.servers["hs1"], three_synapses.servers["hs2"]
    query = "SELECT servers FROM listing WHERE room_id = ?"
    ((servers,),) = pair[0].rows(query, first.rooms["shared"])
    assert set(json.loads(servers)) == {first.name, second.name}


def test_a_neighbour_verifies_that_a_space_is_spoken_for(
    pair: tuple[Instance, Instance], three_synapses: Lab
) -> None:
    first, second = pair
    server = three_synapses.servers["hs1"]

    def orchard() -> dict[str, object] | None:
        rows = second.get("/api/v1/communities?limit=50")["results"]
        return next((row for row in rows if row["room_id"] == server.rooms["orchard"]), None)

    listed = second.until(orchard, "listing the orchard")
    assert listed["standing"] == "spoken_for", listed["why"]
    assert listed["instance"] == first.name
    community = second.get(f"/api/v1/communities/{quote(str(listed['id']), safe='')}")
    children = {room["room_id"] for room in community["rooms"]}
    for key in ("grafting", "cider-makers", "old-varieties"):
        assert server.rooms[key] in children
    for key in ("private", "unlisted"):
        assert server.rooms[key] not in children
    (peer,) = second.command("peers", "list")
    assert (peer["state"], peer["outcome"]) in {("verified", "accepted"), ("verified", "unchanged")}


def test_nasty_rooms_are_shown_harmlessly(
    pair: tuple[Instance, Instance], three_synapses: Lab, browser: Browser
) -> None:
    server = three_synapses.servers["hs1"]
    base = f"https://{pair[0].name}"
    rooms = [f"/rooms/{quote(server.rooms[key], safe='')}" for key in nasty_keys(server)]
    listing = f"/servers/{quote(server.name, safe='')}"
    with visiting(browser, base, trust_any=True) as visitor:
        for path in (listing, f"{listing}?from=20", *rooms):
            visitor.go(path)
            harmful = {
                f"U+{ord(letter):04X}"
                for letter in visitor.page.content()
                if unicodedata.category(letter) in {"Cc", "Cf"} and letter not in ALLOWED_CONTROLS
            } - {"U+200D"}
            assert not harmful, f"{path} shows {sorted(harmful)}"
            assert visitor.page.title() != "owned"
            assert visitor.page.locator("main script, main [onerror], main [onload]").count() == 0
            assert visitor.page.locator("a[href^='javascript:']").count() == 0
            assert not visitor.overflows(), f"{path} is wider than its window"


def nasty_keys(server: Homeserver) -> list[str]:
    keys = ["html", "rtl", "emoji", "long-topic", "long-name", "control", "combining", "blank"]
    return [*keys, "avatar-script", "nul", "odd-type", "version-11"]
