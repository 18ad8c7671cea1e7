"""Commands that are imported when they are asked for, so that every other begins without them.

The list of commands shows them by a sentence that stands in a table; all else (their options, their
help, what they do) is their module's.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class Deferred:
    """A command, or a group of commands, and where it is: see `deferring`."""

    name: str
    place: str
    sentence: str

    def load(self) -> Any:
        """The command as typer made it. Its module is imported now, if it is not yet."""
        module, _, variable = self.place.partition(":")
        with _nothing_thrown_away():
            app: typer.Typer = getattr(import_module(f"webring.cli.{module}"), variable or "app")
        made = get_group(app)
        return made if variable else made.commands[self.name]


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Imports make what stays: looking through it again and again for garbage is a seventh of their
    time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class Stand(TyperCommand):
    """Stands for a command where commands are listed. Whoever calls it gets the command itself."""

    def __init__(self, deferred: Deferred) -> None:
        super().__init__(deferred.name, help=deferred.sentence, rich_markup_mode=None)
        self.deferred = deferred

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """The context of the command itself, which reads the words and is what is invoked."""
        return self.deferred.load().make_context(*args, **extra)


def deferring(table: Mapping[str, Mapping[str, str]]) -> type[TyperGroup]:
    """What `command.group` takes as its `kind` so that it has these commands, in this order.

    By place, name and sentence. A place is a module of this package, whose `app` has the commands;
    or `module:variable`, a whole group of commands. The sentence is the first of the help there.
    """
    commands = [
        Deferred(name, place, sentence)
        for place, named in table.items()
        for name, sentence in named.items()
    ]

    class Deferring(TyperGroup):
        """Has commands that are not imported yet."""

        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for each in commands:
                self.add_command(Stand(each))

    return Deferring
