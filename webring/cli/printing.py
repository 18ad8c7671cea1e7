"""What commands print. Text from outside passes `text.terminal` here, and nowhere is it markup."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.text import terminal

WIDE: Final = 4_000
"""Columns of an output that is no terminal: a script wants its lines whole."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def console() -> Console:
    """The console on standard output, as it is now (tests and pipes put another there)."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)


def say(text: str = "") -> None:
    """One line of our own words; what it quotes is made harmless by `terminal`."""
    print(terminal(text) if text else "")


def print_json(value: object) -> None:
    """A value as JSON in ASCII: no character of it moves a cursor."""
    print(json.dumps(value, indent=2, ensure_ascii=True))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table of cells, numbers to the right; the sentence `empty` where there is no row."""
    listed = [list(row) for row in rows]
    if not listed:
        say(empty)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for at, column in enumerate(columns):
        number = all(isinstance(row[at], int) for row in listed)
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(terminal(str(cell))) for cell in row))
    console().print(table)


def when(at: Millis | None) -> str:
    """A time as people and scripts read it: `2026-05-01 12:30 UTC`, or `never`."""
    if at is None:
        return "never"
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")


def distance(at: Millis | None, now: Millis) -> str:
    """A time as seen from now: `3 h ago`, `in 20 min`, `never`."""
    if at is None:
        return "never"
    length = abs(at - now)
    unit, word = next((each for each in _UNITS if length >= each[0]), _UNITS[-1])
    amount = f"{length // unit} {word}"
    return f"in {amount}" if at > now else f"{amount} ago"
