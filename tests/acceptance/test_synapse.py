"""Our Matrix client against real Synapse homeservers, over verified TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.asking import client
from tests.acceptance.keyserver import KeyServer
from tests.acceptance.synapse.lab import Lab
from webring.documents.keys import SigningKey
from webring.errors import StatusRefused, TlsFailed
from webring.matrix.federation import MatrixIdentity
from webring.names import RoomAlias, RoomId, ServerName
from webring.text.markers import read_markers

pytestmark = [pytest.mark.anyio, pytest.mark.synapse]

CAP = 10_000


@pytest.fixture
def keys(one_synapse: Lab) -> Iterator[KeyServer]:
    server = KeyServer(one_synapse.authority)
    yield server
    server.close()


async def test_a_signed_crawl_reads_exactly_what_the_directory_lists(
    one_synapse: Lab, keys: KeyServer
) -> None:
    hs1 = one_synapse.servers["hs1"]
    matrix = client(one_synapse, keys.identity)
    listing = await matrix.directory("federation", ServerName(hs1.name), room_cap=CAP)
    assert listing.complete
    assert {room.room_id for room in listing.rooms} == hs1.listed_federation
    assert not listing.dropped
    assert keys.asked == 1


async def test_nasty_names_arrive_raw_and_within_bounds(one_synapse: Lab, keys: KeyServer) -> None:
    hs1 = one_synapse.servers["hs1"]
    matrix = client(one_synapse, keys.identity)
    listing = await matrix.directory("federation", ServerName(hs1.name), room_cap=CAP)
    rooms = {room.room_id: room for room in listing.rooms}
    found = {key: rooms[RoomId(room)] for key, room in hs1.rooms.items() if room in rooms}
    assert found["html"].name.startswith("<script>")
    assert len(found["long-name"].name) <= 255
    assert "\x00" not in found["nul"].name
    for key in ("avatar-http", "avatar-script", "avatar-traversal"):
        assert found[key].avatar is None, key
    assert read_markers(found["opted-out"].topic).noindex


async def test_a_new_key_under_a_known_id_and_a_stranger_are_refused(
    one_synapse: Lab, keys: KeyServer
) -> None:
    name = ServerName(one_synapse.servers["hs1"].name)
    await client(one_synapse, keys.identity).directory("federation", name, room_cap=CAP)
    thief = SigningKey(keys.keys.current.id, b"7" * 32)
    stranger = MatrixIdentity(ServerName("127.0.0.99:1"), SigningKey.generate())
    for identity in (stranger, MatrixIdentity(keys.name, thief)):
        with pytest.raises(StatusRefused) as refused:
            await client(one_synapse, identity).directory("federation", name, room_cap=CAP)
        assert refused.value.status == 401


async def test_a_certificate_of_an_unknown_authority_is_refused(
    one_synapse: Lab, keys: KeyServer
) -> None:
    name = ServerName(one_synapse.servers["hs1"].name)
    with pytest.raises(TlsFailed):
        await client(one_synapse, keys.identity, trusted=False).directory(
            "federation", name, room_cap=CAP
        )


async def test_aliases_and_spaces_are_read(one_synapse: Lab, keys: KeyServer) -> None:
    hs1 = one_synapse.servers["hs1"]
    matrix = client(one_synapse, keys.identity, own=hs1)
    answer = await matrix.alias(RoomAlias.parse(hs1.alias("orchard")))
    assert answer is not None
    assert answer.room_id == hs1.rooms["orchard"]
    assert await matrix.alias(RoomAlias.parse(hs1.alias("no-such-room"))) is None
    children = {hs1.rooms[key] for key in ("grafting", "cider-makers", "old-varieties")}
    for hierarchy in (
        await matrix.own.hierarchy(answer.room_id),
        await matrix.federation.hierarchy(ServerName(hs1.name), answer.room_id),
    ):
        assert hierarchy is not None
        assert children <= {child.room_id for child in hierarchy.children}


@pytest.mark.slow
@pytest.mark.parametrize("key", ["hs1", "hs2"])
async def test_each_of_two_servers_is_read_exactly(three_synapses: Lab, key: str) -> None:
    keys = KeyServer(three_synapses.authority)
    server = three_synapses.servers[key]
    matrix = client(three_synapses, keys.identity)
    listing = await matrix.directory("federation", ServerName(server.name), room_cap=CAP)
    keys.close()
    assert listing.complete
    assert {room.room_id for room in listing.rooms} == server.listed_federation
    assert three_synapses.servers["hs1"].rooms["shared"] in server.listed_federation


@pytest.mark.slow
async def test_a_closed_server_says_so_by_every_way(three_synapses: Lab) -> None:
    keys = KeyServer(three_synapses.authority)
    name = ServerName(three_synapses.servers["hs3"].name)
    matrix = client(three_synapses, keys.identity, own=three_synapses.servers["hs1"])
    with pytest.raises(StatusRefused) as refused:
        await matrix.directory("federation", name, room_cap=CAP)
    assert refused.value.status == 403
    with pytest.raises(StatusRefused):
        await matrix.directory("proxy", name, room_cap=CAP)
    keys.close()
