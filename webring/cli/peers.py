"""`webring peers`: other instances, what was verified of each, and what was refused."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from webring.cli.arguments import NameArgument, NamesArgument, operator, read_names
from webring.cli.command import Setup, command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, distance, print_json, print_table, say
from webring.clock import Millis, now_ms
from webring.errors import NotFound
from webring.moderation.roster import Roster
from webring.names import ServerName
from webring.storage import documents, peers
from webring.storage.models import Peer

app = group(
    "Other instances: their states, and whom you trust.",
    example="webring peers list",
)

UndoOption = Annotated[bool, typer.Option("--undo", help="Take the acceptance back.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command(app, "list", examples=["webring peers list", "webring peers list --json"])
async def list_(setup: DatabaseSetup, as_json: AsJson = False) -> None:
    """Show every known instance.

    With its state, what its last visit came to, and why.
    """
    async with setup.database() as db:
        rows = await peers.all(db.reader)
        kept = {
            row.name: len(await documents.evidence(db.reader, ServerName(row.name))) for row in rows
        }
    if as_json:
        print_json([_described(row, kept[row.name]) for row in rows])
        return
    now = now_ms()
    print_table(
        ["name", "state", "outcome", "accepted", "answered", "why"],
        [_row(row, now) for row in rows],
        empty="No other instance is known: webring peers add neighbour.example",
    )


@command(app, "add", examples=["webring peers add neighbour.example"])
async def add(setup: DatabaseSetup, names: NamesArgument) -> None:
    """Add instances that you trust to list communities.

    They are visited in the next round, and accepted.
    """
    wanted = _others(setup, names)
    async with setup.database() as db:
        new = await Roster(db, now_ms, operator()).accept_peers(wanted)
    say(f"{new} of {len(wanted)} are new. A running webring serve visits them within seconds.")


@command(
    app,
    "accept",
    examples=["webring peers accept stranger.example", "webring peers accept --undo gone.example"],
)
async def accept(setup: DatabaseSetup, name: NameArgument, undo: UndoOption = False) -> None:
    """Trust a known instance to list communities.

    One that announced itself, or that a peer named.

    What it lists ranks as claimed until then, however well it is signed.
    """
    (wanted,) = _others(setup, [name])
    async with setup.database() as db:
        roster = Roster(db, now_ms, operator())
        if undo:
            await roster.unaccept_peer(wanted)
        elif await peers.get(db.reader, wanted) is None:
            raise NotFound(f"no peer {wanted} is known: webring peers add {wanted}")
        else:
            await roster.accept_peers([wanted])
    say(f"{wanted} is accepted{' no longer' if undo else ''}.")
    if undo and wanted in setup.settings.peers.seeds:
        say("It is accepted again at the next start: it stands in [peers] seeds.")


@command(app, "remove", examples=["webring peers remove gone.example"])
async def remove(setup: DatabaseSetup, name: NameArgument) -> None:
    """Forget an instance, its keys and what it listed.

    To keep it away, see `webring block server`.
    """
    async with setup.database() as db:
        removed = await Roster(db, now_ms, operator()).remove_peer(ServerName.parse(name))
    say(f"{name} is forgotten; listings gone with it: {removed}.")
    if name in setup.settings.peers.seeds:
        say("It comes back at the next start: it stands in [peers] seeds.")


@command(app, "repin", examples=["webring peers repin neighbour.example"])
async def repin(setup: DatabaseSetup, name: NameArgument, yes: YesOption = False) -> None:
    """Accept the keys that a frozen instance has now.

    Ask its operator first, some other way. A peer is frozen when its manifest is signed by no key
    that was pinned: its keys were lost, or somebody else answers under its name.
    """
    wanted = ServerName.parse(name)
    async with setup.database() as db:
        row = await peers.get(db.reader, wanted)
        if row is None:
            raise NotFound(f"no peer {wanted} is known: see webring peers list")
        say(f"{wanted} is {row.state}: {row.why}")
        if not yes:
            typer.confirm("Trust whatever keys it shows at the next visit?", abort=True)
        await Roster(db, now_ms, operator()).repin_peer(wanted)
    say(f"{wanted} is visited and pinned anew in the next round.")


def _others(setup: Setup, names: list[str]) -> list[ServerName]:
    wanted = read_names(names)
    if setup.settings.instance.name in wanted:
        raise NotFound(f"{setup.settings.instance.name} is this instance itself")
    return wanted


def _row(row: Peer, now: Millis) -> tuple[str, ...]:
    accepted = "yes" if row.accepted else "no"
    answered = distance(row.answered_at, now)
    return row.name, row.state, row.outcome or "", accepted, answered, row.why


def _described(row: Peer, evidence: int) -> dict[str, Any]:
    fields = (
        "name", "state", "outcome", "why", "accepted", "origin", "named_by", "base_url", "sequence",
        "sha256", "expires_at", "failures", "added_at", "tried_at", "answered_at", "next_at",
    )  # fmt: skip
    return {field: getattr(row, field) for field in fields} | {"evidence": evidence}
