"""`webring reports`: what visitors say is wrong, and what you make of it."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from webring.cli.arguments import operator
from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.clock import now_ms
from webring.errors import BadRequest, NotFound
from webring.moderation.reasons import REPORTED, Code, Kept, Reason
from webring.moderation.reporting import delist, leave
from webring.storage import reports
from webring.storage.reports import Report

app = group("What visitors report, and what you make of it.", example="webring reports list")

MOST: Final = 1_000
"""Reports of one list."""
_FIELDS: Final = (
    "id", "at", "room_id", "community", "name", "reason", "text", "code", "note", "resolved_at",
)  # fmt: skip
IdArgument = Annotated[int, typer.Argument(help="A report's number.", metavar="ID")]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also those that are resolved, the newest first.")
]
DelistOption = Annotated[
    Code | None, typer.Option("--delist", help="Keep the place out, for this reason.")
]
LeaveOption = Annotated[
    Kept | None, typer.Option("--leave", help="Leave the place as it is, for this reason.")
]
NoteOption = Annotated[
    str,
    typer.Option(
        "--note",
        metavar="TEXT",
        help="A word on it. Where the place is kept out, it is shown to people who ask why.",
    ),
]


@command(app, "list", examples=["webring reports list", "webring reports list --all --json"])
async def list_(setup: DatabaseSetup, every: AllOption = False, as_json: AsJson = False) -> None:
    """Show the reports that wait for you, the oldest first."""
    async with setup.database() as db:
        find = reports.recent if every else reports.open_ones
        found = await find(db.reader, MOST)
    if as_json:
        print_json([_json(each) for each in found])
        return
    print_table(
        ["id", "since", "what", "reason", "resolved"],
        [(each.id, when(each.at), _what(each), each.reason, each.code or "") for each in found],
        empty="No report waits for you.",
    )


@command(app, "show", examples=["webring reports show 12"])
async def show(setup: DatabaseSetup, report_id: IdArgument, as_json: AsJson = False) -> None:
    """Show one report whole."""
    async with setup.database() as db:
        report = await reports.get(db.reader, report_id)
        if report is None:
            raise NotFound(f"there is no report {report_id}: see webring reports list")
        beside = await reports.count_open(db.reader, report.room_id)
    if as_json:
        print_json({**_json(report), "open_about_this_room": beside})
        return
    say(f"Report {report.id}, {when(report.at)}: {REPORTED[Reason(report.reason)]}")
    say(f"About {_what(report)} ({report.room_id})")
    for line in report.text.splitlines():
        say(f"  {line}")
    if report.code:
        say(f"Resolved {when(report.resolved_at)}: {report.code}. {report.note}".rstrip())
    else:
        say(f"Open; reports about this place that wait: {beside}.")


@command(
    app,
    "resolve",
    examples=[
        "webring reports resolve 12 --delist spam",
        "webring reports resolve 12 --leave unfounded --note 'a quarrel between two rooms'",
    ],
)
async def resolve(
    setup: DatabaseSetup,
    report_id: IdArgument,
    delisting: DelistOption = None,
    leaving: LeaveOption = None,
    note: NoteOption = "",
) -> None:
    """Decide about a report: keep the place out, or leave it.

    A space is kept out with its rooms. Every other report about the place is resolved with it, and
    the public log says why, naming nobody.
    """
    if (delisting is None) == (leaving is None):
        raise BadRequest("say what is to become of it: --delist REASON, or --leave REASON")
    async with setup.database() as db:
        if delisting is not None:
            gone = await delist(db, now_ms, report_id, delisting, note, operator())
            say(f"It is kept out ({delisting}); listings gone, and staying so: {gone}.")
        if leaving is not None:
            await leave(db, now_ms, report_id, leaving, note, operator())
            say(f"It stays as it is ({leaving}).")


def _json(report: Report) -> dict[str, Any]:
    return {field: getattr(report, field) for field in _FIELDS}


def _what(report: Report) -> str:
    return report.name or report.community or report.room_id
