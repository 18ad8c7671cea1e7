"""`webring ring import`: another webring's list, each site pending its own consent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from webring.cli.arguments import operator
from webring.cli.command import command, group
from webring.cli.printing import AsJson, print_json, print_table, say
from webring.cli.ring_arguments import RingArgument
from webring.cli.ring_setup import RingSetup, ours
from webring.clock import now_ms
from webring.errors import BadRequest
from webring.rings.importing import MAX_BYTES, ImportedList, read_list
from webring.rings.inviting import Invited, invite_all

app = group("")

FileArgument = Annotated[
    str, typer.Argument(help="An OPML or JSON file, or - for standard input.", metavar="FILE")
]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be imported, and import nothing.")
]


@command(
    app,
    "import",
    examples=[
        "webring ring import soil:commune.example members.opml --dry-run",
        "webring ring import soil:commune.example - < ring.json",
    ],
)
async def import_(
    setup: RingSetup,
    ring: RingArgument,
    file: FileArgument,
    dry_run: DryOption = False,
    as_json: AsJson = False,
) -> None:
    """Invite every site of another webring's list.

    OPML, and the usual JSON lists. Nobody becomes a member by it: each site is let in once it says
    by itself that it wants to be, by the ring's links or the small file.
    """
    read = read_list(_bytes(file), lenient=setup.settings.is_testing)
    invited = Invited((), ())
    if not dry_run:
        async with setup.rings() as opened:
            name = (await ours(opened, opened.db.reader, ring)).id
            deciding = opened.rings.deciding
            by = operator()
            invited = await invite_all(opened.db, deciding, name, read.sites, by, now_ms)
    passed = [(each.seen, each.reason) for each in (*read.refused, *invited.passed)]
    if as_json:
        print_json(_described(read, invited.urls, passed))
        return
    say(f"{read.form}: {len(read.sites)} sites, {len(passed)} passed over.")
    print_table(["passed over", "why"], passed, empty="")
    if not dry_run:
        count = len(invited.urls)
        say(f"{count} are invited: each is let in once its page says that it is in the ring.")


def _bytes(file: str) -> bytes:
    """The file's bytes, as far as they are read at all: one more tells that it is too long."""
    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from None


def _described(
    read: ImportedList, invited: Sequence[str], passed: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "form": read.form,
        "sites": [{"url": site.url, "title": site.title} for site in read.sites],
        "invited": list(invited),
        "refused": [{"entry": entry, "reason": reason} for entry, reason in passed],
    }
