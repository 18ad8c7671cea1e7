"""What commands refuse: one line that says why and how to mend it, a code, and nothing done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from webring.cli.app import app

NAME = "commune.example"
HOME = "hs.commune.example"


class Operator:
    """Somebody at a command line with an instance of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "webring.toml"
        made = self.run(
            "init", "--name", NAME, "--base-url", f"https://ring.{NAME}", "--homeserver", HOME
        )
        assert made.exit_code == 0, made.output

    def run(self, *words: str) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["-c", str(self.config), *words])

    def keys(self) -> str:
        return self.run("key", "show", "--json").stdout


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "blocking ourselves": (["block", "server", NAME], 1, f"{NAME} is this instance itself"),
    "opting ourselves out": (["optout", "server", NAME.upper()], 1, "is this instance itself"),
    "blocking our homeserver": (["block", "server", HOME], 1, "take it out of [homeserver] first"),
    "a server that is none": (["block", "server", "a b"], 2, "'a b' is not a server name"),
    "a room that is none": (["block", "room", "a.example"], 1, "a room id begins with '!'"),
    "an alias that nobody lists": (
        ["block", "space", "#x:a.example"], 1, "nothing is listed under #x:a.example",
    ),
    "a glob that hits ourselves": (["block", "glob", "*.example"], 1, "this instance's own name"),
    "a glob of everything": (["block", "glob", "*"], 1, "would keep out everything"),
    "a word that is none": (["block", "word", "!?"], 1, "has letters"),
    "a glob that is not blocked": (
        ["block", "remove", "glob", "*.a.example"], 1, "no glob *.a.example is blocked",
    ),
    "a report that nobody made": (["reports", "show", "7"], 1, "there is no report 7"),
    "a resolution without a decision": (["reports", "resolve", "7"], 1, "say what is to become"),
    "a resolution of both kinds": (
        ["reports", "resolve", "7", "--delist", "spam", "--leave", "settled"], 1, "say what is to",
    ),
    "what is not blocked": (["block", "remove", "room", "!x:a.example"], 1, "webring block list"),
    "a recovery of the wrong key": (
        ["key", "rotate", "matrix", "--recovery-key", "/nowhere"], 3, "nothing was rotated",
    ),
    "a recovery without a theft": (
        ["key", "rotate", "--recovery-key", "/nowhere"], 3, "add --compromised",
    ),
    "a theft without a recovery": (["key", "rotate", "--compromised"], 3, "add --recovery-key"),
    "a recovery key that is not there": (
        ["key", "rotate", "--compromised", "--recovery-key", "/nowhere"], 3, "/nowhere",
    ),
    "ourselves as a peer": (["peers", "add", NAME], 1, f"{NAME} is this instance itself"),
    "a peer that nobody knows": (["peers", "repin", "a.example"], 1, "webring peers list"),
    "a homeserver that nobody knows": (["servers", "remove", "a.example"], 1, "is known"),
    "a backup to where nothing can be": (["backup", "/proc/x/y"], 6, "/proc/x"),
    "a restore of nothing": (["restore", "--yes", "/nowhere"], 6, "/nowhere"),
    "a manifest of nobody": (["manifest", "verify", "a b"], 2, "'a b' is not a server name"),
    "a demo where no file can be": (["demo", "--keep", "/proc/x"], 1, "/proc/x: No such file"),
    "an unknown state": (["servers", "list", "--state", "x"], 2, "'open', 'closed'"),
    "a second init": (["init", "--name", NAME, "--base-url", f"https://{NAME}"], 3, "edit it"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(operator: Operator, case: str) -> None:
    words, code, sentence = REFUSED[case]
    before = operator.keys()
    result = operator.run(*words)
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert "Traceback" not in result.output
    assert operator.keys() == before
    for word in ("block", "optout"):
        assert json.loads(operator.run(word, "list", "--json").stdout) == []


def test_questions_without_somebody_to_answer_end_on_a_line_of_their_own(tmp_path: Path) -> None:
    config = tmp_path / "webring.toml"
    result = CliRunner().invoke(app, ["-c", str(config), "init", "--name", "a.example"], input="")
    assert result.exit_code == 3
    assert result.stdout.endswith("\n")
    assert result.stderr.startswith("webring: init asks questions")
    assert not config.exists()


def test_a_base_url_with_a_path_makes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "webring.toml"
    words = ["init", "--name", "a.example", "--base-url", "https://a.example/ring"]
    result = CliRunner().invoke(app, ["-c", str(config), *words])
    assert (result.exit_code, list(tmp_path.iterdir())) == (3, [])
    assert "without a path" in result.stderr
