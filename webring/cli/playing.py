"""`webring demo`: a living federation on this machine, to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webring.cli.command import Setup, command, group
from webring.demo.run import run_demo

app = group("")

KeepOption = Annotated[
    Path | None,
    typer.Option("--keep", help="Keep its data in this directory.", metavar="DIRECTORY"),
]


@command(app, "demo", examples=["webring demo", "webring demo --keep ./demo"])
async def demo(setup: Setup, keep: KeepOption = None) -> None:  # noqa: ARG001
    """Show a small federation, alive on this machine.

    Three instances with sample communities crawl and verify each other for real. They are ordinary
    `webring serve` processes on loopback ports, and end with Ctrl-C.
    """
    await run_demo(keep=keep)
