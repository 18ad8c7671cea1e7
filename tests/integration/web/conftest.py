"""An instance with a little of everything, and a stranger who asks it by another name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.integration.conftest import copy_tables
from tests.integration.web.garden import NAME, NOW, fill
from webring.names import PeerUrl
from webring.services import Services, open_services
from webring.settings import InstanceSettings, ProfileSettings, Settings, WebSettings
from webring.storage import identity
from webring.web.app import create_app


@pytest.fixture
async def services(tmp_path: Path, template: Path) -> AsyncIterator[Services]:
    settings = Settings(
        InstanceSettings(NAME, PeerUrl("https://ring.garden.example"), tmp_path),
        profile=ProfileSettings(name="Garden ring", contact=("mailto:a@garden.example",)),
        web=WebSettings(requests_per_minute=100_000),
    )
    identity.create(tmp_path)
    await copy_tables(template, tmp_path)
    async with open_services(settings, lambda: NOW) as opened:
        yield opened


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    await fill(services)
    await services.publisher.refresh()
    await fill(services)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made
