"""The command line: every group of commands, and where a program begins."""

from __future__ import annotations

from typing import Annotated

import typer

from webring import __version__
from webring.cli.command import ConfigOption, group
from webring.cli.deferred import deferring

app = group(
    "A federated webring and discovery service for Matrix communities.",
    completion=True,
    kind=deferring(
        {
            "initialising": {"init": "Make a new instance: its keys, and webring.toml."},
            "serving": {"serve": "Run the instance: pages, API, crawl, manifest."},
            "crawling": {"crawl": "Visit instances and homeservers that are due, until none is."},
            "searching": {
                "search": "Search communities and rooms, as the pages do.",
                "reindex": "Build the search index anew from the database.",
            },
            "manifests:app": {"manifest": "Signed manifests: your own, and other instances'."},
            "peers:app": {"peers": "Other instances: their states, and whom you trust."},
            "servers:app": {"servers": "Homeservers: which are known, what they answer, and why."},
            "rings:app": {
                "ring": "Rings: circles of communities and sites, signed by their stewards."
            },
            "vouching:app": {
                "vouch": "Vouches: what your communities say of others, and others of them."
            },
            "blocking:block_app": {
                "block": "Keep rooms, servers, spaces, globs or words out, by your decision."
            },
            "blocking:optout_app": {
                "optout": "Keep rooms, servers or spaces out, at their own wish."
            },
            "reporting:app": {"reports": "What visitors report, and what you make of it."},
            "keys:app": {"key": "Show this instance's keys, or replace them."},
            "tokens:app": {
                "token": "Tokens, by which programs act for communities of this instance."
            },
            "backups": {
                "backup": "Copy the database and the keys into a new directory.",
                "restore": "Put a backup in the place of the data directory.",
            },
            "checking": {"check": "Check this instance, and say what to mend."},
            "playing": {"demo": "Show a small federation, alive on this machine."},
        }
    ),
)


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


def main() -> None:
    """Run the command that this process was started with."""
    app(prog_name="webring")
