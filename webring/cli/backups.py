"""`webring backup`, `restore` and `reindex`: looking after what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, say, when
from webring.clock import now_ms
from webring.errors import ConfigError
from webring.moderation.blocklist import Blocklist
from webring.moderation.sweeping import sweep
from webring.storage.backup import backup as copy
from webring.storage.restore import Restored
from webring.storage.restore import restore as put_back

app = group("")

TargetArgument = Annotated[
    Path, typer.Argument(help="A directory that is not there yet.", metavar="DIRECTORY")
]
SourceArgument = Annotated[
    Path, typer.Argument(help="A directory that webring backup made.", metavar="DIRECTORY")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command(app, "backup", examples=["webring backup /var/backups/webring/2026-05-01"])
async def backup(setup: DatabaseSetup, target: TargetArgument, as_json: AsJson = False) -> None:
    """Copy the database and the keys into a new directory.

    Everything goes on meanwhile. The copy holds secret keys: keep it as you keep those. Copy
    webring.toml too. A PostgreSQL is backed up by its own tools; the answer says how.
    """
    async with setup.database() as db:
        made = await copy(db, setup.settings.instance.data_dir, target, now_ms())
    if as_json:
        print_json(
            {
                "target": str(target),
                "created_at": made.created_at,
                "own_sequence": made.own_sequence,
                "files": dict(made.files),
            }
        )
        return
    say(f"{target} holds {len(made.files)} files as they were at {when(made.created_at)}.")


@command(app, "restore", examples=["webring restore /var/backups/webring/2026-05-01"])
async def restore(
    setup: DatabaseSetup, source: SourceArgument, yes: YesOption = False, as_json: AsJson = False
) -> None:
    """Put a backup in the place of the data directory. Stop `webring serve` first.

    Blocks, opt-outs, withdrawals, decisions and what is known of rings are carried over where they
    are newer than the backup, and what is replaced is kept aside. The search index is built anew at
    the next start.
    """
    instance = setup.settings.instance
    if instance.database:
        raise ConfigError("this instance's database is a PostgreSQL: restore it by its own tools")
    if not yes:
        typer.confirm(f"Replace what is in {instance.data_dir}?", abort=True)
    done = await put_back(source, instance.data_dir, now_ms())
    async with setup.database() as db, db.transaction() as tx:
        await sweep(tx, await Blocklist.load(tx), instance.name, now_ms())
    if as_json:
        print_json(
            {
                "created_at": done.contents.created_at,
                "aside": None if done.aside is None else str(done.aside),
                "known_until": done.known_until,
                "newer_keys": list(done.newer_keys),
            }
        )
        return
    for line in _report(done):
        say(line)


def _report(done: Restored) -> list[str]:
    lines = [f"The backup of {when(done.contents.created_at)} is in place."]
    if done.aside is not None:
        lines.append(f"What was there before is in {done.aside}; delete it when all is well.")
    lines += [f"{name} was newer than the backup's and stayed." for name in done.newer_keys]
    if done.known_until is not None:
        lines.append(
            f"Blocks and opt-outs are known up to {when(done.known_until)} only: what was decided "
            "later is lost. Found rooms are hidden until their homeservers list them afresh."
        )
    return lines
