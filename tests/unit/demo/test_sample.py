"""The sample says what a demonstration is meant to show."""

from __future__ import annotations

from tests.unit.demo.samples import LISTED, federation
from webring.demo import sample
from webring.text.markers import read_markers


def test_it_is_large_and_varied_enough() -> None:
    rooms = federation().rooms.values()
    communities = sum(len(instance.communities) for instance in federation().instances)
    assert len(rooms) >= 40
    assert communities >= 8
    assert len({language for room in rooms for language in room.languages}) >= 4


def test_every_reference_leads_somewhere() -> None:
    keys = {room.key for server in sample.read_file().servers for room in server.rooms}
    servers = {server.key for server in sample.read_file().servers}
    assert sum(len(s.rooms) for s in sample.read_file().servers) == len(keys)
    for server in sample.read_file().servers:
        for room in server.rooms:
            assert set(room.children) <= keys, room.key
            assert set(room.also) <= servers, room.key
    for instance in federation().instances:
        assert set(instance.communities) <= keys
        assert {instance.homeserver, *instance.seeds} <= servers


def test_directories_have_the_size_that_other_tests_count_on() -> None:
    for key, server in federation().servers.items():
        assert len(federation().published_by(server.name)) == LISTED[key]


def test_it_has_what_a_crawler_has_to_cope_with() -> None:
    rooms = {room.key: room for room in federation().rooms.values()}
    assert read_markers(rooms["committee"].topic).noindex
    assert "<script>" in rooms["market-day"].name
    assert read_markers(rooms["shortwave"].topic).instance == federation().instance_names["harbour"]
    assert len(rooms["repair-cafe"].published_by) == 2
    assert {room_id.count(":") == 0 for room_id in federation().rooms} == {True, False}


def test_names_follow_the_ports() -> None:
    moved = sample.federation({"meadow": 9, "harbour": 8, "lantern": 7}, dict.fromkeys(LISTED, 6))
    assert moved.instance_names["meadow"] == "meadow.localhost:9"
    assert moved.instance_of("meadow") == "meadow.localhost:9"
    assert moved.instance_of("cellar") is None
