"""Real homeservers and instances for the tests of this folder, started once each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.neighbourhood import Neighbourhood
from tests.acceptance.synapse import lab
from tests.browser.sites import Sites

HOW = "`make test` installs matrix-synapse and sets SYNAPSE_PYTHON to its interpreter"


@pytest.fixture(scope="session")
def synapse_python() -> str:
    """The interpreter that has matrix-synapse. Without it these tests fail, and say why."""
    python = os.environ.get("SYNAPSE_PYTHON", "")
    if not python or not Path(python).exists():
        pytest.fail(f"a test needs a real Synapse, and there is none: {HOW}", pytrace=False)
    return python


@pytest.fixture(scope="session")
def one_synapse(synapse_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """hs1 alone."""
    with lab.running(tmp_path_factory.mktemp("lab"), synapse_python, ("hs1",)) as running:
        yield running


@pytest.fixture(scope="session")
def three_synapses(
    synapse_python: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[lab.Lab]:
    """hs1 and hs2, which share a room, and hs3, whose directory is closed."""
    folder, keys = tmp_path_factory.mktemp("labs"), ("hs1", "hs2", "hs3")
    with lab.running(folder, synapse_python, keys, frozenset({"hs3"})) as running:
        yield running


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Four instances, which the tests of a file share; each test founds a ring of its own."""
    neighbourhood = Neighbourhood(tmp_path_factory.mktemp("neighbourhood"))
    yield neighbourhood
    neighbourhood.end()


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Plain web sites."""
    running = Sites()
    running.start()
    yield running
    running.end()
