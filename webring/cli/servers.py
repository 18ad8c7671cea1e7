"""`webring servers`: the homeservers whose directories are read, and why each is as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from webring.cli.arguments import NameArgument, NamesArgument, operator, read_names
from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, distance, print_json, print_table, say
from webring.clock import Millis, now_ms
from webring.crawler import explain
from webring.crawler.explain import Explanation
from webring.moderation.roster import Roster
from webring.names import ServerName
from webring.storage import homeservers
from webring.storage.models import Homeserver

app = group(
    "Homeservers: which are known, what they answer, and why.",
    example="webring servers explain matrix.org",
)


class State(StrEnum):
    """What a homeserver's last visit came to."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    ROBOTS = "robots"
    IDENTITY = "identity"
    BLOCKED = "blocked"
    FAILED = "failed"


StateOption = Annotated[State | None, typer.Option("--state", help="Only those in this state.")]


@command(
    app,
    "list",
    examples=["webring servers list", "webring servers list --state closed --json"],
)
async def list_(setup: DatabaseSetup, state: StateOption = None, as_json: AsJson = False) -> None:
    """Show the homeservers that are known.

    With the state, rooms, last answer and next visit of each.
    """
    async with setup.database() as db:
        rows = await homeservers.all(db.reader)
    chosen = [row for row in rows if state is None or row.state == state]
    if as_json:
        print_json([_described(row) for row in chosen])
        return
    now = now_ms()
    print_table(
        ["name", "state", "way", "rooms", "answered", "next visit"],
        [_row(row, now) for row in chosen],
        empty="No homeserver is known: webring servers add matrix.org",
    )


@command(app, "add", examples=["webring servers add matrix.org commune.example"])
async def add(setup: DatabaseSetup, names: NamesArgument) -> None:
    """Have homeservers visited in the next round.

    Also such as are known already.
    """
    wanted = read_names(names)
    async with setup.database() as db:
        new = await Roster(db, now_ms, operator()).add_servers(wanted)
    say(f"{new} of {len(wanted)} are new. A running webring serve visits them within seconds.")


@command(app, "remove", examples=["webring servers remove matrix.example"])
async def remove(setup: DatabaseSetup, name: NameArgument) -> None:
    """Forget a homeserver and its directory.

    To keep it away, see `webring block server`.
    """
    async with setup.database() as db:
        removed = await Roster(db, now_ms, operator()).remove_server(ServerName.parse(name))
    say(f"{name} is forgotten; listings gone with it: {removed}.")
    if name in setup.settings.crawl.seeds:
        say("It comes back at the next start: it stands in [crawl] seeds.")


@command(app, "explain", examples=["webring servers explain matrix.org"])
async def explain_(setup: DatabaseSetup, name: NameArgument, as_json: AsJson = False) -> None:
    """Say why a homeserver's rooms are listed, or are not.

    When it was last tried, what it answered, when it is tried again, and how to mend it.
    """
    async with setup.database() as db:
        found = await explain.homeserver(db.reader, ServerName.parse(name))
    if as_json:
        print_json(asdict(found))
        return
    for line in _explained(found, now_ms()):
        say(line)


def _explained(found: Explanation, now: Millis) -> Iterator[str]:
    yield f"{found.name}: {found.state}. {found.sentence}"
    if found.mending:
        yield f"To mend it: {found.mending}"
    if found.state == "unknown":
        yield f"To have it visited: webring servers add {found.name}"
        return
    tried, answered = distance(found.tried_at, now), distance(found.answered_at, now)
    yield f"Last tried {tried}, last answered {answered}."
    for way, reason in found.reasons.items():
        yield f"By {way}: {reason}"
    if found.way:
        whole = "all of its directory" if found.complete else "a part of its directory"
        yield f"Read by {found.way}: {found.rooms} rooms, {whole}; {found.listed} are listed here."
    for reason, number in found.dropped.items():
        yield f"Left out: {number} wrong entries, {reason}"
    if found.state != State.BLOCKED:
        due = found.next_at is None or found.next_at <= now
        yield f"It is tried again {'in the next round' if due else distance(found.next_at, now)}."


def _row(row: Homeserver, now: Millis) -> tuple[object, ...]:
    answered = distance(row.answered_at, now)
    due = "due" if row.next_at <= now else distance(row.next_at, now)
    if row.state == State.BLOCKED:
        due = "never"
    return row.name, row.state, row.way or "", row.rooms, answered, due


def _described(row: Homeserver) -> dict[str, Any]:
    fields = (
        "name", "state", "way", "rooms", "complete", "origin", "named_by", "reasons", "dropped",
        "failures", "added_at", "tried_at", "answered_at", "changed_at", "next_at",
    )  # fmt: skip
    return {field: getattr(row, field) for field in fields}
