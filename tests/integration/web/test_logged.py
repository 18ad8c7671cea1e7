"""What strangers send stands in the log as they sent it, and does nothing there."""

from __future__ import annotations

import httpx
import pytest

from webring.cli.logs import Json, Plain
from webring.errors import StorageUnavailable

pytestmark = pytest.mark.anyio
PATH = "/servers/%1b%5b2J%0aERROR%20webring:%20owned%e2%80%ae.example"


@pytest.mark.parametrize("error", [StorageUnavailable("the disk is full"), ValueError("\x1b\n")])
async def test_a_path_makes_no_line_of_its_own(
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    async def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("webring.web.pages.ServerName.parse", lambda text: text)
    monkeypatch.setattr("webring.crawler.explain.homeserver", broken)
    assert (await client.get(PATH)).status_code in {500, 503}
    (record,) = [each for each in caplog.records if each.name == "webring.web.errors"]
    assert "\x1b" in record.getMessage()
    first, *trace = Plain().format(record).split("\n")
    assert r"\x1b[2J\nERROR webring: owned\u202e.example" in first
    assert all(line.startswith("  | ") and line.isprintable() for line in (*trace, first)[:-1])
    assert first.isprintable()
    assert Json().format(record).isprintable()
