"""Commands that are imported late show nothing of it, but that the others begin without them."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest
import typer

import webring.cli
from tests.unit.cli.commands import COMMANDS, itself, stands
from webring.cli.deferred import Stand

STANDS = stands()
SCRIPT = """
import sys
from webring.cli.app import main
try:
    main()
except SystemExit as ended:
    print(ended.code, *sorted(sys.modules))
"""
HEAVY = {"tortoise", "httpx", "starlette", "tantivy", "apscheduler", "jinja2"}


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.deferred.name)
def test_the_sentence_in_the_list_is_the_first_of_its_help(stand: Stand) -> None:
    for width in (20, 45, 200):
        assert stand.get_short_help_str(width) == itself(stand).get_short_help_str(width)
    assert stand.hidden == itself(stand).hidden is False


def test_no_command_is_forgotten() -> None:
    written: list[str] = []
    for module in pkgutil.iter_modules(webring.cli.__path__):
        for made in vars(import_module(f"webring.cli.{module.name}")).values():
            if isinstance(made, typer.Typer):
                written += [command.name or "" for command in made.registered_commands]
    assert sorted(written) == sorted(path[-1] for path in COMMANDS.values())


def imported(*words: str) -> tuple[str, set[str]]:
    """The exit code of a command, and what it imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    return code, set(modules)


@pytest.mark.parametrize(
    ("words", "code", "needed"),
    [
        (["--help"], "0", set()),
        (["--version"], "0", set()),
        (["ring", "--help"], "0", set()),
        (["init", "--help"], "0", set()),
        (["key", "show", "-c", "missing.toml"], "3", set()),
        (["ring", "show", "a:b", "-c", "missing.toml"], "3", {"tortoise"}),
        (["ring", "list", "-c", "missing.toml"], "3", {"tortoise"}),
    ],
)
def test_a_command_begins_with_what_it_needs(words: list[str], code: str, needed: set[str]) -> None:
    ended, modules = imported(*words)
    assert ended == code
    assert modules & HEAVY == needed


@pytest.mark.parametrize(
    ("begun", "ends"),
    [
        (["ser"], {"serve", "servers"}),
        (["ring", "re"], {"requests", "remove", "refuse"}),
        (["ring", "show", "--j"], {"--json"}),
        (["servers", "list", "--state", "op"], {"open"}),
    ],
)
def test_a_shell_completes_them(begun: list[str], ends: set[str]) -> None:
    asked = {
        "_WEBRING_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["webring", *begun]),
        "COMP_CWORD": str(len(begun)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "webring"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == ends, done.stderr
