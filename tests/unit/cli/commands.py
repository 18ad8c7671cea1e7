"""Every command of the program, found in the program itself."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup
from typer.main import get_group
from typer.testing import CliRunner

from webring.cli.app import app
from webring.cli.deferred import Stand

RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
APP = app


def stands(of: TyperGroup | None = None) -> list[Stand]:
    """Whatever stands in a list of commands for one that is imported when it is asked for."""
    found: list[Stand] = []
    for each in (of or get_group(app)).commands.values():
        if isinstance(each, Stand):
            found.append(each)
        loaded = itself(each)
        if isinstance(loaded, TyperGroup):
            found += stands(loaded)
    return found


def itself(command: Any) -> Any:
    """The command that stands in a list, or that something stands there for."""
    return command.deferred.load() if isinstance(command, Stand) else command


def paths(of: TyperGroup | None = None, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words that name each command, such as ("servers", "list")."""
    found: list[tuple[str, ...]] = []
    for name, each in (of or get_group(app)).commands.items():
        loaded = itself(each)
        path = (*before, name)
        found += paths(loaded, path) if isinstance(loaded, TyperGroup) else [path]
    return found


COMMANDS = {" ".join(path): path for path in paths()}


def help_of(*path: str) -> str:
    """The help of one command."""
    result = RUNNER.invoke(app, [*path, "--help"])
    assert result.exit_code == 0, result.output
    return result.output


def examples_of(help_text: str) -> list[str]:
    """The example lines of a help text."""
    shown = help_text.partition("For example:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in shown.replace("\\\n", " ").splitlines() if line.strip()]
