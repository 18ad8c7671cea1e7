"""What can be published of a homeserver that shows little, or nothing for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.crawler.test_publisher import (
    NO,
    NOW,
    OWN,
    FakeHomeserver,
    World,
    room,
    space,
)
from webring.clock import HOUR, MINUTE
from webring.errors import ConnectFailed, StatusRefused
from webring.moderation.desk import Action, Desk, Target
from webring.names import RoomAlias, RoomId, ServerName, Slug
from webring.settings import SpelledCommunity
from webring.storage import choices, identity, sightings
from webring.storage.choices import ChoiceOutcome, WhyNot
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
BEES, NEWS, SECRET = (RoomAlias(f"#{slug}:{OWN}") for slug in ("bees", "news", "secret"))
CLOSED = StatusRefused(f"{OWN} answered 401 M_MISSING_TOKEN", status=401)
SILENT = ConnectFailed("nobody answers")


@pytest.fixture
def here(db: Database, tmp_path: Path) -> World:
    identity.create(tmp_path / "own")
    homeserver = FakeHomeserver([space("bees"), room("news")], [room("secret")])
    homeserver.children = {f"!bees:{OWN}": (f"!news:{OWN}", f"!secret:{OWN}")}
    return World(db, tmp_path / "own", homeserver)


async def outcome(here: World) -> ChoiceOutcome:
    found = await choices.last(here.db.reader)
    assert found is not None
    return found


def children(here: World) -> list[str]:
    return [str(each.room_id) for each in here.manifest.communities[0].rooms]


NAMED: dict[str, dict[str, Any]] = {
    "by alias": {"aliases": (BEES, SECRET)},
    "spelled out": {
        "community": (
            SpelledCommunity(Slug("bees"), BEES),
            SpelledCommunity(Slug("secret"), SECRET),
        )
    },
}


@pytest.mark.parametrize("case", NAMED)
async def test_what_is_named_is_published_also_of_a_closed_directory(
    here: World, case: str
) -> None:
    here.homeserver.closed = CLOSED
    done = await here.publish(**NAMED[case])
    assert (here.published, done.problem) == (["bees", "secret"], "")
    found = await outcome(here)
    assert (found.missing, found.problem) == ({}, "")
    assert (found.no_rooms, found.is_closed) == (CLOSED.sentence, True)


async def test_a_directory_is_read_only_for_what_has_to_be_in_it(here: World) -> None:
    await here.publish(aliases=(NEWS, SECRET))
    assert here.homeserver.directories == 0
    await here.publish(aliases=(BEES,))
    assert here.homeserver.directories == 1
    assert children(here) == [f"!news:{OWN}"]
    await here.publish(directory="marked")
    assert here.homeserver.directories == 2


async def test_a_homeserver_without_summaries_is_asked_for_its_directory(here: World) -> None:
    unknown = StatusRefused(f"{OWN} answered 404 M_UNRECOGNIZED", status=404)
    here.homeserver.silent = {NEWS: unknown, SECRET: unknown}
    await here.publish(aliases=(NEWS, SECRET))
    assert here.published == ["news"]
    assert (await outcome(here)).missing[SECRET].why is WhyNot.UNREAD


async def test_a_closed_directory_is_said_to_be_closed_where_it_was_chosen(here: World) -> None:
    here.homeserver.closed = CLOSED
    done = await here.publish(directory="all", aliases=(SECRET,))
    assert (here.published, done.problem) == (["secret"], CLOSED.sentence)
    assert (await outcome(here)).is_closed


async def test_rooms_of_a_closed_directory_are_named_where_another_lists_them(
    here: World,
) -> None:
    here.homeserver.closed = CLOSED
    await here.publish(aliases=(BEES,))
    assert children(here) == []
    async with here.db.transaction() as tx:
        other = ServerName("other.example")
        await sightings.record(tx, other, [room("news")], complete=True, now=NOW, lived=0)
    await here.publish(aliases=(BEES,))
    assert children(here) == [f"!news:{OWN}"]


async def test_children_stay_while_the_directory_is_down_and_go_when_it_closes(
    here: World,
) -> None:
    await here.publish(aliases=(BEES,))
    here.homeserver.closed = SILENT
    assert not (await here.publish(aliases=(BEES,))).issued
    assert children(here) == [f"!news:{OWN}"]
    here.homeserver.closed = CLOSED
    await here.publish(aliases=(BEES,))
    assert children(here) == []


async def test_one_alias_that_cannot_be_read_keeps_no_other_from_changing(here: World) -> None:
    everything = (BEES, NEWS, SECRET)
    await here.publish(aliases=everything)
    here.homeserver.silent, here.homeserver.closed = {SECRET: SILENT}, SILENT
    here.homeserver.rooms[0] = space("bees", members=77)
    here.now += MINUTE
    done = await here.publish(aliases=everything)
    assert (done.communities, done.problem) == (3, SILENT.sentence)
    assert here.manifest.communities[0].members == 77
    assert (await outcome(here)).missing == {}
    await here.publish(aliases=(BEES, SECRET))
    assert (sorted(here.published), here.withdrawn) == (["bees", "secret"], {f"!news:{OWN}"})


async def test_what_was_chosen_by_another_of_its_aliases_stays_while_that_is_silent(
    here: World,
) -> None:
    hive = RoomAlias(f"#hive:{OWN}")
    here.homeserver.aliases = {hive: here.homeserver.rooms[0]}
    await here.publish(aliases=(hive, NEWS))
    here.homeserver.silent, here.homeserver.closed = {hive: SILENT}, SILENT
    await here.publish(aliases=(hive, NEWS))
    assert (sorted(here.published), here.withdrawn) == (["bees", "news"], set())


async def blocked(here: World) -> None:
    await Desk(here.db, lambda: here.now).keep_out(
        Action.BLOCK, Target.ROOM, f"!news:{OWN}", "", "test"
    )


async def opted_out(here: World) -> None:
    here.homeserver.rooms[1] = room("news", topic=NO)


async def gone(here: World) -> None:
    here.homeserver.rooms.pop()


async def silent(here: World) -> None:
    here.homeserver.silent, here.homeserver.closed = {NEWS: SILENT}, SILENT


async def closed(here: World) -> None:
    here.homeserver.silent, here.homeserver.closed = {NEWS: CLOSED}, CLOSED


async def excluded(here: World) -> None:
    here.homeserver.aliases = {f"#papers:{OWN}": here.homeserver.rooms[1]}


REASONS: dict[WhyNot, Callable[[World], Any]] = {
    WhyNot.KEPT_OUT: blocked,
    WhyNot.OPTED_OUT: opted_out,
    WhyNot.UNKNOWN: gone,
    WhyNot.UNREAD: silent,
    WhyNot.CLOSED: closed,
    WhyNot.EXCLUDED: excluded,
}


@pytest.mark.parametrize("why", REASONS)
async def test_why_a_chosen_community_is_not_published_is_kept(here: World, why: WhyNot) -> None:
    await REASONS[why](here)
    exclude = (RoomAlias(f"#papers:{OWN}"),) if why is WhyNot.EXCLUDED else ()
    await here.publish(aliases=(BEES, NEWS), exclude=exclude)
    assert here.published == ["bees"]
    found = await outcome(here)
    assert {alias: each.why for alias, each in found.missing.items()} == {NEWS: why}
    assert found.aliases == {BEES, NEWS}


async def test_what_is_amiss_is_news_once(here: World) -> None:
    here.homeserver.rooms.pop()
    first = await here.publish(aliases=(BEES, NEWS))
    assert [each.split(":")[0] for each in first.news] == ["#news"]
    here.now += HOUR
    assert (await here.publish(aliases=(BEES, NEWS))).news == ()
    here.homeserver.closed = SILENT
    assert len((await here.publish(aliases=(BEES, NEWS))).news) == 1
    assert replace(await outcome(here), at=0).no_rooms == SILENT.sentence


async def test_nothing_is_published_while_what_is_excluded_is_not_known(here: World) -> None:
    papers = RoomAlias(f"#papers:{OWN}")
    here.homeserver.aliases = {papers: here.homeserver.rooms[1]}
    here.homeserver.silent = {papers: SILENT}
    done = await here.publish(directory="all", exclude=(papers,))
    assert (done.problem, here.published) == (SILENT.sentence, [])
    here.homeserver.silent = {}
    await here.publish(directory="all", exclude=(papers,))
    assert here.published == ["bees"]
    assert RoomId(f"!news:{OWN}") not in {each.room_id for each in here.manifest.communities}
