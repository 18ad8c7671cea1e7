"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.demo import RunningDemo


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the database and the scheduler do."""
    return "asyncio"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The sample federation, alive; started once."""
    running = RunningDemo(tmp_path_factory.mktemp("demo"))
    yield running
    running.end()
