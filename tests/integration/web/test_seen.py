"""How a request arrived: the operator is told, through a real proxy with TLS, and nobody else."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.fakes.authority import Authority
from tests.fakes.listener import FakeResolver
from tests.fakes.tls_front import TlsFront
from tests.integration.web.garden import NOW
from webring.check import outside, proxy
from webring.check.findings import Finding, Level
from webring.documents import passes
from webring.documents.keys import SigningKey
from webring.names import PeerUrl
from webring.net.ports import bound, free_port
from webring.services import Services
from webring.settings import InstanceSettings, Settings
from webring.settings import TestingSettings as Exceptions
from webring.web.app import create_app
from webring.web.server import serving

pytestmark = pytest.mark.anyio
HOST = "ring.garden.example"


def allowed(services: Services) -> dict[str, str]:
    return {proxy.HEADER: passes.issue(services.identity.instance_keys.current, NOW)}


async def test_the_operator_is_told(client: httpx.AsyncClient, services: Services) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
    answer = await client.get(proxy.PATH, headers=allowed(services) | forwarded)
    assert answer.json() == {
        "peer": "127.0.0.1",
        "trusted": True,
        "forwarded": ["192.0.2.1", "198.51.100.7"],
    }


async def test_strangers_are_not(client: httpx.AsyncClient) -> None:
    stranger = {proxy.HEADER: passes.issue(SigningKey.generate(), NOW)}
    for headers in ({}, {proxy.HEADER: "x"}, stranger):
        answer = await client.get(proxy.PATH, headers=headers)
        assert (answer.status_code, answer.json()["errcode"]) == (404, "M_NOT_FOUND")


async def test_a_proxy_that_says_nothing_is_noticed_through_tls(
    services: Services, tmp_path: Path
) -> None:
    authority, port, inner = Authority(tmp_path), free_port(), free_port()
    settings = Settings(
        InstanceSettings(services.settings.instance.name, PeerUrl(f"https://{HOST}:{port}")),
        testing=Exceptions(("127.0.0.0/8:*",), ca_file=str(authority.ca_file)),
    )
    fetcher = outside.stranger(settings, FakeResolver({HOST: ("127.0.0.1",)}), lambda: NOW)
    keys, web = services.identity.instance_keys, replace(services.settings.web, port=inner)
    found: list[Finding] = []
    async with serving(create_app(services), web, bound("127.0.0.1", inner, "none")):
        front = await asyncio.to_thread(TlsFront, authority.context(HOST), "127.0.0.1", port, inner)
        with closing(front):
            found += [each async for each in outside.base_url(settings, fetcher, NOW)]
            found += [each async for each in proxy.headers(settings, keys, fetcher, lambda: NOW)]
    assert [(each.subject, each.level) for each in found[:2]] == [
        ("base URL", Level.OK),
        ("TLS", Level.OK),
    ]
    assert "it believes whatever visitors say" in found[2].seen
