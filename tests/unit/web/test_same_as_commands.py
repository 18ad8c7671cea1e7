"""What the commands do about rings, the API does too: none is forgotten there."""

from __future__ import annotations

import pytest

from tests.unit.cli.commands import COMMANDS
from webring.web.interface import OPERATIONS
from webring.web.rings.routes import ROUTES

RING_COMMANDS = {path[1] for path in COMMANDS.values() if path[0] == "ring"}
SAME: dict[str, tuple[str, ...]] = {
    "create": ("found",),
    "terms": ("change",),
    "stewards": ("change_stewards",),
    "list": ("all_rings",),
    "show": ("ring", "members", "member"),
    "join": ("join",),
    "leave": ("leave",),
    "sleep": ("sleep",),
    "wake": ("wake",),
    "move": ("move",),
    "requests": ("requests", "proposals"),
    "accept": ("decide_request",),
    "decline": ("decide_request",),
    "invite": ("invite",),
    "remove": ("remove",),
    "cosign": ("decide_proposal",),
    "refuse": ("decide_proposal",),
    "choose": ("choose_branch",),
    "import": ("import_list",),
    "verify": ("verify_chain",),
    "export": (),
}
"""The operations that do what a command does. What `export` prints is a file for everybody."""


def test_every_command_about_rings_has_its_operation() -> None:
    assert SAME.keys() == RING_COMMANDS


@pytest.mark.parametrize("command", SAME)
def test_it_is_there(command: str) -> None:
    assert set(SAME[command]) <= {each.name for each in OPERATIONS}


def test_what_export_prints_is_served() -> None:
    assert {"/rings/{ring}/export.json", "/rings/{ring}/members.opml"} <= {
        route.path for route in ROUTES
    }
