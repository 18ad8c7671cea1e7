"""`webring ring`: every command about rings."""

from __future__ import annotations

from webring.cli import (
    ring_deciding,
    ring_founding,
    ring_importing,
    ring_membership,
    ring_showing,
    ring_verifying,
)
from webring.cli.command import group

app = group(
    "Rings: circles of communities and sites, signed by their stewards.",
    example='webring ring create soil --name "Soil" --interest gardening',
)

for _commands in (
    ring_founding,
    ring_showing,
    ring_membership,
    ring_deciding,
    ring_importing,
    ring_verifying,
):
    app.add_typer(_commands.app)
