"""Every command teaches by an example, and the examples are commands that exist."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.unit.cli.commands import COMMANDS, RUNNER, examples_of, help_of
from webring.cli.app import app

EXPECTED = {
    "init", "serve", "crawl", "search", "manifest show", "manifest verify", "peers list",
    "peers add", "peers accept", "peers remove", "peers repin", "servers list", "servers add",
    "servers remove", "servers explain", "block room", "block server", "block space", "block glob",
    "block word", "block list", "block remove", "optout room", "optout server", "optout space",
    "optout list", "optout remove",
    "ring create", "ring terms", "ring stewards", "ring list", "ring show", "ring export",
    "ring join", "ring leave", "ring sleep", "ring wake", "ring move", "ring requests",
    "ring accept", "ring decline", "ring invite", "ring remove", "ring cosign", "ring refuse",
    "ring choose", "ring import", "ring verify", "key show", "key rotate", "token create",
    "token list", "token revoke", "vouch add", "vouch list", "vouch remove", "vouch received",
    "vouch accept", "vouch unaccept", "reports list",
    "reports show", "reports resolve", "reindex", "backup", "restore", "check", "demo",
}  # fmt: skip
OPTION = re.compile(r"--?[a-z][a-z-]*")


def test_these_are_the_commands() -> None:
    assert set(COMMANDS) == EXPECTED


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(command: str) -> None:
    text = help_of(*COMMANDS[command])
    assert examples_of(text), text
    assert "--config" in text


GROUPS = sorted({path[0] for path in COMMANDS.values() if len(path) > 1})


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_of_commands_shows_an_example_of_one(group: str) -> None:
    (example,) = examples_of(help_of(group))
    words = shlex.split(example)
    assert " ".join(words[1:3]) in COMMANDS, example
    assert words[1] == group


@pytest.mark.parametrize("command", COMMANDS)
def test_the_usage_line_is_plain(command: str) -> None:
    usage = help_of(*COMMANDS[command]).partition("\n\n")[0]
    assert "..." not in usage.replace("]...", "").replace("}...", ""), usage
    assert "[[" not in usage, usage


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_name_options_that_exist(command: str) -> None:
    text = help_of(*COMMANDS[command])
    options = text.partition("Options:")[2]
    for example in examples_of(text):
        words = shlex.split(example, comments=True)
        assert words[0] == "webring", example
        assert words[1 : 1 + len(COMMANDS[command])] == list(COMMANDS[command]), example
        for option in filter(OPTION.fullmatch, words):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", options), (option, example)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_first_sentence_fits_into_the_list_of_commands(command: str) -> None:
    *group, name = COMMANDS[command]
    result = RUNNER.invoke(app, [*group, "--help"], env={"COLUMNS": "80"})
    line = next(line for line in result.output.splitlines() if line.split()[:1] == [name])
    assert not line.endswith("..."), line


def test_a_wrong_option_ends_with_2_and_says_where_help_is() -> None:
    result = RUNNER.invoke(app, ["serve", "--prot", "1"])
    assert result.exit_code == 2
    assert "--help" in result.output


def test_the_version_is_printed() -> None:
    assert RUNNER.invoke(app, ["--version"]).output.startswith("webring ")
