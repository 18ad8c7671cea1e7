"""Every command of the program, found in the program itself."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from webring.cli.app import app

RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
APP = app


def paths(of: typer.Typer = app, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words that name each command, such as ("servers", "list")."""
    found = [(*before, command.name or "") for command in of.registered_commands]
    for group in of.registered_groups:
        assert group.typer_instance is not None
        name = (group.name,) if isinstance(group.name, str) else ()
        found += paths(group.typer_instance, (*before, *name))
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
