"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests.fakes.demo import RunningDemo

NO_BROWSER = "no Chromium for the browser tests: `apt install chromium`, or name one in CHROMIUM"

ROOT = Path(__file__).parents[1]

# Processes that tests start run this tree too, from wherever, and not what else is installed.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])])

# No test asserts how long something takes: the machine may be busy with something else.
# `make test-slow` looks for exceptions to laws more thoroughly (see `tests.laws`).
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")


SHARED = ("kept_demo", "one_synapse", "three_synapses")
"""What is costly to start, and started once: tests that use it go to one worker."""


LONG = ("tests/acceptance", "tests/browser", "tests/integration/cli", "tests/integration/demo")
"""Where tests wait for processes and browsers. They begin first, and all that is short fills up the
end: both workers are busy until then.
"""


ON_POSTGRES = ROOT / "tests" / "integration" / "storage"
"""Whose tests run on PostgreSQL each time; all others run there among the slow ones."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together, and those of all files that share something costly; what is
    long begins first.
    """
    for item in items:
        if item.get_closest_marker("postgres") and ON_POSTGRES not in item.path.parents:
            item.add_marker(pytest.mark.slow)
        names = getattr(item, "fixturenames", ())
        group = next((name for name in SHARED if name in names), str(item.path))
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """When a test begins: the lower the sooner, among equals in the order of files."""
    names = getattr(item, "fixturenames", ())
    if any(name in names for name in SHARED):
        return 0
    return 1 if item.nodeid.startswith(LONG) else 2


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the database and the scheduler do."""
    return "asyncio"


@pytest.fixture(scope="session")
def kept_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The sample federation, made once; at the end it has to end in good order."""
    running = RunningDemo(tmp_path_factory.mktemp("demo"))
    yield running
    if running.is_running:
        assert running.end(signal.SIGINT) == 0, running.output()


@pytest.fixture
def demo(kept_demo: RunningDemo) -> RunningDemo:
    """The sample federation, alive; a test may end it, or kill it."""
    if not kept_demo.is_running:
        kept_demo.start()
    return kept_demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; where there is none, these tests fail and say what installs it.

    For the tests of one file, each of which opens its own context: while it is open its event loop
    runs, beside which no async test can.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()
