"""What a restored database must not forget of reports: that they came, and what became of them."""

from __future__ import annotations

from dataclasses import replace

from webring.storage import delistings, reports
from webring.storage.reports import Report
from webring.storage.sql import Connection


async def carry_reports(former: Connection, tx: Connection) -> None:
    """Carry over reports, their resolutions, and the public log."""
    known = {_said(each): each for each in await reports.all(tx)}
    fresh: list[Report] = []
    for each in await reports.all(former):
        mine = known.get(_said(each))
        if mine is None:
            fresh.append(each)
        elif each.code is not None and each.resolved_at is not None and mine.code is None:
            await reports.resolve(
                tx, each.room_id, each.code, each.note, each.resolved_at, only=mine.id
            )
    await reports.add(tx, fresh)
    lines = set(await delistings.all(tx))
    await delistings.add(tx, [each for each in await delistings.all(former) if each not in lines])


def _said(report: Report) -> Report:
    """A report as it came, by which it is known again under another number."""
    return replace(report, code=None, note="", resolved_at=None, id=0)
