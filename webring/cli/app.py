"""The command line: every group of commands, and where a program begins."""

from __future__ import annotations

from typing import Annotated

import typer

from webring import __version__
from webring.cli import (
    backups,
    blocking,
    checking,
    crawling,
    initialising,
    keys,
    manifests,
    peers,
    playing,
    rings,
    searching,
    servers,
    serving,
    tokens,
    vouching,
)
from webring.cli.command import ConfigOption, group

app = group("A federated webring and discovery service for Matrix communities.", completion=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"webring {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", help="Show the version and exit.", callback=_print_version, is_eager=True
    ),
]


@app.callback(
    epilog="`webring demo` shows it alive; `webring init` begins an instance of your own."
)
def begin(
    context: typer.Context,
    config_file: ConfigOption = None,
    version: VersionOption = False,  # noqa: ARG001
) -> None:
    """A federated webring and discovery service for Matrix communities."""
    context.obj = config_file


for _commands in (initialising, serving, crawling, searching):
    app.add_typer(_commands.app)
for _name, _group in {
    "manifest": manifests.app,
    "peers": peers.app,
    "servers": servers.app,
    "ring": rings.app,
    "vouch": vouching.app,
    "block": blocking.block_app,
    "optout": blocking.optout_app,
    "key": keys.app,
    "token": tokens.app,
}.items():
    app.add_typer(_group, name=_name)
for _commands in (backups, checking, playing):
    app.add_typer(_commands.app)


def main() -> None:
    """Run the command that this process was started with."""
    app(prog_name="webring")
