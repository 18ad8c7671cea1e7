"""`webring ring verify`, for somebody without an instance and for an operator."""

from __future__ import annotations

import json
from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner, Result

from tests.integration.rings.served import Server, serving
from webring.cli.app import app

pytestmark = pytest.mark.anyio
SETTINGS = """
[instance]
name = "127.0.0.1:1"
base_url = "http://127.0.0.1:1"
[testing]
allow = ["127.0.0.0/8:*"]
http = true
"""


async def run(folder: Path, *words: str) -> Result:
    """One command beside the server: in a thread, for it has a loop of its own."""
    config = folder / "webring.toml"
    config.write_text(SETTINGS)
    runner = CliRunner(env={"COLUMNS": "200"})
    words = ("-c", str(config), "ring", "verify", *words)
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, list(words)))


def page(server: Server) -> str:
    return f"{server.base}/rings/{server.ring}"


async def test_a_chain_that_holds_ends_with_0(tmp_path: Path) -> None:
    async with serving("1", "2", "3", "4") as server:
        result = await run(tmp_path, page(server))
    assert result.exit_code == 0, result.output
    assert "ok    chain: 4 of 4 versions hold" in result.stdout
    assert "warn  founder: whether garden.example founded it" in result.stdout


async def test_a_broken_chain_ends_with_1_and_names_the_link(tmp_path: Path) -> None:
    async with serving("1", "2", "3, by nobody", "4") as server:
        result = await run(tmp_path, page(server))
        listed = await run(tmp_path, "--json", f"{server.base}/webring/v1/rings/{server.ring}")
    assert result.exit_code == listed.exit_code == 1
    assert "fail  chain: version 3 is broken, too_few_signatures" in result.stdout
    report = json.loads(listed.stdout)
    assert report["holds"] is False
    assert [link["outcome"] for link in report["links"]] == [
        "accepted",
        "accepted",
        "too_few_signatures",
        "accepted",
    ]
    assert report["root"] == report["links"][0]["sha256"]


REFUSED: dict[str, tuple[str, int, str]] = {
    "no ring": ("soil", 2, "slug:instance"),
    "a page of another kind": ("https://a.example/communities/x", 2, "/rings/ID"),
    "nobody there": ("http://127.0.0.1:1/rings/soil:garden.example", 5, "127.0.0.1"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_asked_is_a_sentence(tmp_path: Path, name: str) -> None:
    place, code, sentence = REFUSED[name]
    result = await run(tmp_path, place)
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert "Traceback" not in result.output


async def test_no_instance_is_needed(tmp_path: Path) -> None:
    words = ["-c", str(tmp_path / "none.toml"), "ring", "verify", "http://127.0.0.1/rings/x:a.b"]
    result = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(app, words))
    assert result.exit_code == 2
    assert "https://" in result.stderr


async def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    async with serving("1", "2") as server:
        path = f"/webring/v1/rings/{server.ring}"
        head = server.listener.answers[path]
        assert head is not None
        body = head.partition(b"\r\n\r\n")[2].replace(b'"Soil"', b'"\\u001b[31m"')
        length = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        server.listener.answers[path] = length.encode() + body
        result = await run(tmp_path, page(server))
    assert "\x1b" not in result.output
    assert result.exit_code == 1
