"""Reports: taken in within limits, resolved with a reason, told in public without a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.rooms import child, claim
from tests.integration.crawler.test_homeservers import NOW, listed, listing, room, visit
from webring.clock import HOUR
from webring.errors import BadRequest, Conflict, NotFound, RateLimited, Unavailable
from webring.moderation import reporting
from webring.moderation.desk import Action, Desk, Target
from webring.moderation.reasons import Code, Kept, Reason
from webring.moderation.reporting import AT_ONCE, MAX_TEXT, PER_ROOM, Reporting, delist, leave
from webring.names import RoomId
from webring.storage import blocks, communities, decisions, delistings, listings, reports
from webring.storage.carry_reports import carry_reports
from webring.storage.database import Database
from webring.storage.delistings import Delisting

pytestmark = pytest.mark.anyio
ROOM, OTHER = RoomId("!x:a.example"), RoomId("!y:a.example")


async def filled(db: Database) -> Reporting:
    await visit(db, listing(room("x"), room("y")))
    return Reporting(db, lambda: NOW)


async def say(
    desk: Reporting, about: RoomId = ROOM, reason: str = "spam", text: str = "", client: str = "c"
) -> None:
    await desk.report(about, None, reason, text, client)


async def test_a_report_waits_for_the_operator(db: Database) -> None:
    await say(await filled(db), text="  It <b>sells</b> things.\x00 ")
    (report,) = await reports.open_ones(db.reader, 9)
    assert (report.room_id, report.name, report.reason) == (ROOM, "x", "spam")
    assert report.text == "It <b>sells</b> things.\ufffd"
    assert await reports.count_open(db.reader) == 1


REFUSED = {
    "no reason": (ROOM, "", "", BadRequest, "choose what is wrong"),
    "a reason of their own": (ROOM, "<b>", "", BadRequest, "choose what is wrong"),
    "something else, unsaid": (ROOM, "other", "  ", BadRequest, "in a few words"),
    "too much": (ROOM, "spam", "x" * (MAX_TEXT + 1), BadRequest, "at most 2000"),
    "what is not listed": (RoomId("!z:a.example"), "spam", "", NotFound, "is listed here"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_says_nothing_is_refused_and_costs_nothing(db: Database, case: str) -> None:
    about, reason, text, error, words = REFUSED[case]
    desk = await filled(db)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(error, match=words):
            await say(desk, about, reason, text)
    await say(desk)
    assert await reports.count_open(db.reader) == 1


async def test_a_client_reports_so_much_and_others_still_may(db: Database) -> None:
    now = [NOW]
    await filled(db)
    desk = Reporting(db, lambda: now[0])
    for _ in range(AT_ONCE):
        await say(desk)
    with pytest.raises(RateLimited, match="wait 11 minutes") as caught:
        await say(desk)
    assert 0 < (caught.value.retry_after or 0) <= HOUR
    await say(desk, client="d")
    now[0] += HOUR
    await say(desk)


async def test_a_flood_about_one_room_fills_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await filled(db)
    for number in range(PER_ROOM):
        await say(desk, client=f"c{number}")
    with pytest.raises(RateLimited, match="reported often"):
        await say(desk, client="new")
    await say(desk, OTHER, client="new")
    monkeypatch.setattr(reporting, "MOST_OPEN", PER_ROOM + 1)
    with pytest.raises(Unavailable, match="looked at first"):
        await say(desk, OTHER, client="newer")
    assert await reports.count_open(db.reader) == PER_ROOM + 1


async def test_delisting_resolves_every_report_about_the_place(db: Database) -> None:
    desk = await filled(db)
    await say(desk, reason=Reason.HARM)
    await say(desk, text="again")
    await say(desk, OTHER)
    first = (await reports.open_ones(db.reader, 9))[0].id
    assert await delist(db, lambda: NOW, first, Code.HARM, "threats", "tester") == 1
    assert await listed(db) == ["y"]
    await visit(db, listing(room("x"), room("y")))
    assert await listed(db) == ["y"]
    assert [each.room_id for each in await reports.open_ones(db.reader, 9)] == [OTHER]
    done = await reports.get(db.reader, first)
    assert done is not None
    assert (done.code, done.note, done.resolved_at) == ("harm", "threats", NOW)
    (line,) = await delistings.recent(db.reader, 9)
    assert line == Delisting(NOW, "room", "harm", 1)
    with pytest.raises(Conflict, match="is resolved: harm"):
        await leave(db, lambda: NOW, first, Kept.UNFOUNDED, "", "tester")
    with pytest.raises(NotFound, match="webring reports list"):
        await delist(db, lambda: NOW, 10_000, Code.SPAM, "", "tester")


async def test_a_space_goes_with_its_rooms(db: Database) -> None:
    held = claim("b:two.example", "!b:hs.example", rooms=(child("!c:hs.example"),))
    async with db.transaction() as tx:
        await communities.apply(tx, held.id.instance, [(held, {}, NOW)], 0)
        await listings.refresh(tx, [held.room_id, held.rooms[0].room_id], NOW)
    await Reporting(db, lambda: NOW).report(held.room_id, held.id, "spam", "", "c")
    (report,) = await reports.open_ones(db.reader, 9)
    assert report.community == "b:two.example"
    assert await delist(db, lambda: NOW, report.id, Code.SPAM, "", "tester") == 2
    assert [each.kind for each in await blocks.all(db.reader)] == ["space"]


async def test_what_is_left_stays_and_only_that_report_is_resolved(db: Database) -> None:
    desk = await filled(db)
    await say(desk)
    await say(desk)
    first, second = await reports.open_ones(db.reader, 9)
    await leave(db, lambda: NOW, first.id, Kept.UNFOUNDED, "a quarrel", "tester")
    assert [each.id for each in await reports.open_ones(db.reader, 9)] == [second.id]
    assert await listed(db) == ["x", "y"]
    assert await delistings.all(db.reader) == []
    (decision,) = await decisions.about(db.reader, ROOM)
    assert (decision.action, decision.reason) == ("left_listed", "unfounded: a quarrel")
    async with db.transaction() as tx:
        assert await reports.prune(tx, NOW + 1) == 1
    assert await reports.all(db.reader) == [second]


async def test_every_decision_has_its_line_and_no_line_a_name(db: Database) -> None:
    await filled(db)
    desk = Desk(db, lambda: NOW)
    await desk.keep_out(Action.OPTOUT, Target.ROOM, ROOM, "by wish", "tester")
    await desk.keep_out(Action.BLOCK, Target.SERVER, "a.example", "spam", "tester", Code.SPAM)
    await desk.let_in(Target.SERVER, "a.example", "tester")
    assert await delistings.all(db.reader) == [
        Delisting(NOW, "room", "wish", 1),
        Delisting(NOW, "server", "spam", 1),
        Delisting(NOW, "server", "rules", 0, restored=True),
    ]


async def test_a_restore_forgets_no_report_nor_what_became_of_it(
    db: Database, tmp_path: Path
) -> None:
    desk = await filled(db)
    await say(desk, text="one")
    former = await Database.open("", tmp_path / "former")
    try:
        later = await filled(former)
        await say(later, OTHER, text="since then")
        await say(later, text="one")
        report = (await reports.open_ones(former.reader, 9))[1]
        await delist(former, lambda: NOW, report.id, Code.SPAM, "", "tester")
        for _ in range(2):  # what is known is not carried twice
            async with db.transaction() as tx:
                await carry_reports(former.reader, tx)
    finally:
        await former.close()
    found = [(each.text, each.code) for each in await reports.all(db.reader)]
    assert sorted(found) == [("one", "spam"), ("since then", None)]
    assert await delistings.all(db.reader) == [Delisting(NOW, "room", "spam", 1)]
