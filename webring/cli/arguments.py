"""Options and arguments that several commands share."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from webring.names import ServerName

NamesArgument = Annotated[
    list[str], typer.Argument(help="Server names, such as matrix.org.", metavar="NAME")
]
NameArgument = Annotated[
    str, typer.Argument(help="A server name, such as matrix.org.", metavar="NAME")
]


def read_names(names: list[str]) -> list[ServerName]:
    """Server names from the command line; `InvalidName` for the first that is none."""
    return [ServerName.parse(name) for name in names]


def operator() -> str:
    """Who stands in the log of decisions for what is done on this command line."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "operator (command line)"
