"""Where our own homeserver is found, and whether its directory is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.listener import FakeResolver, listening, respond
from webring.check import matrix, outside
from webring.check.findings import Finding, Level
from webring.crawler.signing import Certainty, judge
from webring.documents.keys import KeySet
from webring.matrix.federation import MatrixIdentity
from webring.matrix.ownership import Ownership
from webring.names import PeerUrl, ServerName
from webring.settings import HomeserverSettings, InstanceSettings, Settings
from webring.settings import TestingSettings as Exceptions

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
VERSION = "/_matrix/federation/v1/version"
DIRECTORY = "/_matrix/client/v3/publicRooms?limit=100"
NO = respond(b'{"errcode":"M_FORBIDDEN","error":"no"}', status="403 No")
ROOMS = respond(b'{"chunk":[]}')


def unsure(keys: KeySet) -> Certainty:
    identity = MatrixIdentity(ServerName("ring.own.example"), keys.current)
    return judge(None, Ownership("nobody serves it"), identity, NOW)


@asynccontextmanager
async def homeserver(answers: dict[str, bytes | None]) -> AsyncIterator[list[Finding]]:
    """What is found of one that answers so."""
    async with listening({"/robots.txt": respond(b""), **answers}) as listener:
        own = InstanceSettings(ServerName("own.example"), PeerUrl("http://127.0.0.1:1"))
        settings = Settings(
            own,
            homeserver=HomeserverSettings(f"127.0.0.1:{listener.port}"),
            testing=Exceptions(("127.0.0.0/8:*",), http=True),
        )
        resolver, keys = FakeResolver({"127.0.0.1": ("127.0.0.1",)}), KeySet.generate()
        fetcher = outside.stranger(settings, resolver, lambda: NOW)
        looking = matrix.homeserver(settings, keys, unsure(keys), fetcher, resolver, lambda: NOW)
        yield [each async for each in looking]


async def test_an_open_one_is_found_where_its_name_leads() -> None:
    async with homeserver({VERSION: respond(b"{}"), DIRECTORY: ROOMS}) as found:
        assert [(each.subject, each.level) for each in found] == [
            ("homeserver", Level.OK),
            ("directory (client)", Level.OK),
        ]
        assert "(the name itself)" in found[0].seen


async def test_a_closed_one_is_told_the_option() -> None:
    async with homeserver({VERSION: respond(b"{}"), DIRECTORY: NO}) as found:
        assert found[1].level is Level.WARN
        assert "allow_public_rooms_without_auth: true" in found[1].mend


async def test_nobody_where_the_name_leads_is_a_fault_of_the_delegation() -> None:
    async with homeserver({DIRECTORY: ROOMS}) as found:
        assert (found[0].subject, found[0].level) == ("homeserver", Level.FAIL)
        assert "and no homeserver answers" in found[0].seen
        assert "/.well-known/matrix/server" in found[0].mend
