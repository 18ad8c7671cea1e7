"""The path of a first evening: a stock Synapse, one alias in the settings, no token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.instance import PATIENCE, Instance, Values
from tests.fakes.listener import listening, respond
from webring.net.ports import LOOPBACK

pytestmark = pytest.mark.anyio

CLIENT = "/_matrix/client"
UNAUTHORIZED = respond(b'{"errcode": "M_MISSING_TOKEN"}', status="401 Unauthorized")
NOT_FOUND = respond(b'{"errcode": "M_NOT_FOUND"}', status="404 Not Found")


def stock(server: str) -> dict[str, bytes | None]:
    """What Synapse answers without a token as it is set up at first: no directory, a summary."""
    summary = {
        "room_id": "!garden",
        "name": "The Garden",
        "canonical_alias": f"#garden:{server}",
        "num_joined_members": 7,
        "join_rule": "public",
        "world_readable": True,
        "guest_can_join": False,
    }
    host = server.replace(":", "%3A")
    return {
        "/_matrix/federation/v1/version": respond(b'{"server": {"name": "Synapse"}}'),
        f"{CLIENT}/v3/publicRooms?limit=100": UNAUTHORIZED,
        f"{CLIENT}/v1/room_summary/%23garden%3A{host}": respond(json.dumps(summary).encode()),
        f"{CLIENT}/v1/room_summary/%23weeds%3A{host}": NOT_FOUND,
        f"{CLIENT}/v3/directory/room/%23garden%3A{host}": respond(b'{"room_id": "!garden"}'),
    }


@asynccontextmanager
async def choosing(folder: Path, *locals_: str) -> AsyncIterator[Instance]:
    """An instance that serves, and publishes these of its homeserver's rooms."""
    async with listening({}) as homeserver:
        server = f"{LOOPBACK}:{homeserver.port}"
        homeserver.answers.update(stock(server))
        values: Values = {
            "homeserver": {"name": server},
            "communities": {"aliases": [f"#{name}:{server}" for name in locals_]},
            "testing": {"allow": ["127.0.0.0/8:*"], "http": True},
        }
        instance = Instance(folder / "instance", values)
        try:
            await asyncio.to_thread(instance.start)
            yield instance
        finally:
            await asyncio.to_thread(instance.stop)


async def said(instance: Instance, *arguments: str, until: str) -> str:
    """What a command says once it says that."""
    async with asyncio.timeout(PATIENCE):
        while True:
            shown = await asyncio.to_thread(instance.run, *arguments)
            if until in shown:
                return shown
            await asyncio.sleep(0.2)


async def test_a_chosen_space_is_published_without_a_token(tmp_path: Path) -> None:
    async with choosing(tmp_path, "garden", "weeds") as instance:
        shown = await said(instance, "manifest", "show", until="#garden")
        assert "spoken_for" in shown or "claimed" in shown
        checked = await said(instance, "check", until="#weeds")
        assert "is not published: your homeserver shows no such room" in checked


async def test_nobody_is_told_to_choose_who_has_chosen(tmp_path: Path) -> None:
    async with choosing(tmp_path, "weeds") as instance:
        shown = await said(instance, "manifest", "show", until="sequence")
        assert "choose some" not in shown
        assert "webring check says why" in shown
