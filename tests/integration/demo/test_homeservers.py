"""The sample homeservers as a process, asked over HTTP by our own Matrix client."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.fakes.identities import signing_as
from tests.unit.demo.samples import LISTED
from webring.clock import now_ms
from webring.demo.plan import Plan
from webring.documents.keys import SigningKey
from webring.errors import StatusRefused
from webring.matrix.client import MatrixClient
from webring.matrix.federation import MatrixIdentity
from webring.names import RoomAlias, ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.net.ports import LOOPBACK, free_port
from webring.net.resolver import DnsResolver
from webring.settings import HomeserverSettings

pytestmark = pytest.mark.anyio

START_SECONDS = 60.0
POLICY = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://{LOOPBACK}:{port}/_matrix/federation/v1/version", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"no sample homeserver answered at port {port}")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    instances = {key: free_port() for key in ("meadow", "harbour", "lantern")}
    servers = {key: free_port() for key in LISTED}
    made = Plan(instances, servers, dict.fromkeys(servers, "secret"))
    path = tmp_path_factory.mktemp("demo") / "plan.json"
    path.write_bytes(msgspec.json.encode(made))
    with leashed(path) as process:
        for port in made.server_ports.values():
            wait_for(port)
        yield made
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) is not None, "it ends with the pipe"


def leashed(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "webring.demo.leash", "webring.demo.homeservers", str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def client(plan: Plan, own: str = "meadow", identity: MatrixIdentity | None = None) -> MatrixClient:
    resolver = DnsResolver()
    fetcher = Fetcher(policy=POLICY, resolver=resolver, agent="webring-tests")
    name = plan.federation.servers[own].name
    settings = HomeserverSettings(
        name=name, client_url=f"http://{name}", access_token=plan.tokens[own]
    )
    return MatrixClient(fetcher, resolver, signing_as(identity), settings, now_ms)


@pytest.mark.parametrize("key", ["meadow", "lantern"])
async def test_open_directories_are_read_by_anybody(plan: Plan, key: str) -> None:
    listing = await client(plan).directory("client", plan.federation.servers[key].name, room_cap=99)
    assert listing.complete
    assert len(listing.rooms) == LISTED[key]


@pytest.mark.parametrize("key", ["harbour", "cellar"])
async def test_closed_ones_refuse_anybody(plan: Plan, key: str) -> None:
    with pytest.raises(StatusRefused) as refused:
        await client(plan).directory("client", plan.federation.servers[key].name, room_cap=99)
    assert (refused.value.status, refused.value.errcode) == (401, "M_MISSING_TOKEN")


async def test_our_own_homeserver_reads_another_for_us(plan: Plan) -> None:
    harbour = plan.federation.servers["harbour"].name
    listing = await client(plan).directory("proxy", harbour, room_cap=99)
    assert len(listing.rooms) == LISTED["harbour"]


async def test_requests_signed_by_whom_nobody_knows_are_refused(plan: Plan) -> None:
    stranger = MatrixIdentity(ServerName("127.0.0.1:1"), SigningKey.generate())
    matrix, meadow = client(plan, identity=stranger), plan.federation.servers["meadow"].name
    with pytest.raises(StatusRefused) as refused:
        await matrix.directory("federation", meadow, room_cap=99)
    assert refused.value.status == 401


async def test_aliases_and_children_are_found(plan: Plan) -> None:
    meadow = plan.federation.servers["meadow"]
    garden = next(room for room in meadow.rooms if room.key == "kitchen-garden")
    answer = await client(plan).alias(RoomAlias.parse(garden.alias))
    assert answer is not None
    assert answer.room_id == garden.room_id
    hierarchy = await client(plan).own.hierarchy(garden.room_id)
    assert hierarchy is not None
    assert {child.room_id for child in hierarchy.children} >= set(garden.children)
