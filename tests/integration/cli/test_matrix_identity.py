"""A real instance signs as its base URL's host while that is itself, and not otherwise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.listener import Listener, listening, respond
from tests.integration.cli.running import PATIENCE, Instance
from webring.net.ports import free_port

pytestmark = pytest.mark.anyio

FEDERATION = "/_matrix/federation/v1/publicRooms?limit=100"
CLIENT = "/_matrix/client/v3/publicRooms?limit=100"
UNAUTHORIZED = respond(b'{"errcode": "M_UNAUTHORIZED"}', status="401 Unauthorized")


@contextmanager
def elsewhere(instance: Instance) -> Iterator[None]:
    """The instance listens at another port than its base URL names, and nobody passes that on."""
    config = instance.folder / "webring.toml"
    before, port = config.read_text(), free_port()
    config.write_text(before.replace(f"port = {instance.port}", f"port = {port}"))
    assert config.read_text() != before
    named, instance.port = instance.port, port
    yield
    instance.port = named
    config.write_text(before)


async def run(instance: Instance, *arguments: str) -> Any:
    done = await asyncio.to_thread(instance.run, *arguments, "--json")
    return json.loads(done.stdout)


async def visited(instance: Instance, server: str) -> dict[str, Any]:
    """What is known of a homeserver once `serve` has visited it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            known: dict[str, Any] = await run(instance, "servers", "explain", server)
            if known["tried_at"] is not None:
                return known
            await asyncio.sleep(0.2)


def signed(listener: Listener) -> list[bool]:
    """Of each request for the directory by federation, whether it is signed."""
    asked = [each for each in listener.requests if FEDERATION in each]
    return ["authorization: x-matrix" in each.lower() for each in asked]


async def matrix_identity(instance: Instance) -> str:
    findings = await run(instance, "check")
    return next(str(each["level"]) for each in findings if each["subject"] == "Matrix identity")


async def test_nothing_is_signed_as_a_server_that_is_not_us(tmp_path: Path) -> None:
    instance = await asyncio.to_thread(Instance, tmp_path)
    answers = {FEDERATION: UNAUTHORIZED, CLIENT: UNAUTHORIZED}
    async with listening(answers) as listener:
        server = f"127.0.0.1:{listener.port}"
        await asyncio.to_thread(instance.run, "servers", "add", server)
        with elsewhere(instance), instance.serving():
            known = await visited(instance, server)
            assert (known["state"], signed(listener)) == ("identity", [])
            assert "not signed" in known["reasons"]["federation"]
            assert "allow_public_rooms" not in known["mending"]
            assert await matrix_identity(instance) == "warn"


async def test_we_sign_as_ourselves_and_who_refuses_that_is_closed(tmp_path: Path) -> None:
    instance = await asyncio.to_thread(Instance, tmp_path)
    async with listening({FEDERATION: UNAUTHORIZED, CLIENT: UNAUTHORIZED}) as listener:
        server = f"127.0.0.1:{listener.port}"
        await asyncio.to_thread(instance.run, "servers", "add", server)
        with instance.serving():
            known = await visited(instance, server)
            assert (known["state"], signed(listener)) == ("closed", [True])
            assert await matrix_identity(instance) == "ok"
