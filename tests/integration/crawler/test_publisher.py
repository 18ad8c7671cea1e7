"""Our own manifest: what the operator chose, as the homeserver shows it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.fakes.listener import FakeResolver
from tests.fakes.rooms import directory_room
from webring.clock import DAY, MINUTE, Millis
from webring.crawler.choosing import Chooser
from webring.crawler.evidence import Witnesses
from webring.crawler.publisher import RENEW, Published, Publisher
from webring.directory.listing import DirectoryRoom, Kind
from webring.documents.manifest import Manifest, read_manifest
from webring.errors import ConnectFailed, FetchError
from webring.matrix.client import MatrixClient
from webring.matrix.directory import DirectoryListing
from webring.matrix.rooms import AliasAnswer, Hierarchy, SpaceChild
from webring.moderation.desk import Action, Desk, Target
from webring.names import PeerUrl, RoomAlias, RoomId, ServerName, Slug
from webring.net.addresses import AddressPolicy
from webring.net.fetch import Fetcher
from webring.net.mail import Mailer
from webring.rings.noticing import Noticing
from webring.settings import (
    CommunitiesSettings,
    HomeserverSettings,
    InstanceSettings,
    Settings,
    SpelledCommunity,
)
from webring.storage import communities, identity, listings, notices
from webring.storage.database import Database
from webring.storage.rotation import rotate

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
OWN = ServerName("own.example")
NO = "(MRS-noindex:true-MRS)"


def room(slug: str, **changes: Any) -> DirectoryRoom:
    values = {"alias": RoomAlias(f"#{slug}:{OWN}"), "name": slug, **changes}
    return directory_room(f"!{slug}:{OWN}", **values)


def space(slug: str, **changes: Any) -> DirectoryRoom:
    return room(slug, kind=Kind.SPACE, **changes)


@dataclass
class FakeHomeserver:
    """Our homeserver: its directory, rooms that it shows though unlisted, and spaces' children."""

    rooms: list[DirectoryRoom]
    unlisted: list[DirectoryRoom] = field(default_factory=list)
    aliases: dict[str, DirectoryRoom] = field(default_factory=dict)
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = True
    down: FetchError | None = None
    closed: FetchError | None = None
    silent: Mapping[str, FetchError] = field(default_factory=dict)
    directories: int = 0
    hierarchy_down: FetchError | None = None
    has_token: bool = False

    @property
    def own(self) -> FakeHomeserver:
        return self

    async def directory(self, *, room_cap: int) -> DirectoryListing:
        self.directories += 1
        if error := self.down or self.closed:
            raise error
        return DirectoryListing(tuple(self.rooms), {}, 1, self.complete)

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        found = self._find(alias)
        return AliasAnswer(found.room_id, ()) if found else None

    async def summary(self, name: RoomAlias | RoomId, via: object = ()) -> DirectoryRoom | None:
        if error := self.down or self.silent.get(name):
            raise error
        return self._find(name)

    async def hierarchy(self, space: RoomId, via: object = ()) -> Hierarchy | None:
        if self.hierarchy_down:
            raise self.hierarchy_down
        held = self.children.get(space, ())
        return Hierarchy((), tuple(SpaceChild(RoomId(each), (), False) for each in held))

    def _find(self, name: str) -> DirectoryRoom | None:
        known = [*self.rooms, *self.unlisted]
        there = {each.alias: each for each in known} | {each.room_id: each for each in known}
        return self.aliases.get(name) or there.get(name)  # type: ignore[call-overload]


@dataclass
class World:
    """An instance, its homeserver, and the time."""

    db: Database
    data: Path
    homeserver: FakeHomeserver
    now: Millis = NOW

    async def publish(self, **chosen: Any) -> Published:
        """Refresh with these `[communities]` settings, as a program that was just started."""
        publisher = self.publisher(**chosen)
        done = await publisher.refresh()
        self.row = await publisher.current()
        return done

    async def reissue(self) -> bool:
        """Issue a manifest where something else than the communities changed."""
        publisher = self.publisher()
        done = await publisher.reissue()
        self.row = await publisher.current()
        return done

    def publisher(self, **chosen: Any) -> Publisher:
        """The publisher of a program with these `[communities]` settings."""
        settings = Settings(
            InstanceSettings(OWN, PeerUrl("https://own.example"), self.data),
            homeserver=HomeserverSettings(name=OWN),
            communities=CommunitiesSettings(**chosen),
        )
        matrix = cast("MatrixClient", self.homeserver)

        def clock() -> Millis:
            return self.now

        fetcher = Fetcher(policy=AddressPolicy(), resolver=FakeResolver({}), agent="test")
        return Publisher(
            self.db,
            Chooser(matrix, settings.communities, OWN),
            lambda: Witnesses(self.db, fetcher, matrix, OWN),
            identity.load(self.data),
            settings,
            clock,
            Noticing(self.db, matrix, Mailer(settings.mail, clock), settings, clock),
        )

    @property
    def manifest(self) -> Manifest:
        assert self.row is not None
        return read_manifest(self.row.body)

    @property
    def published(self) -> list[str]:
        return [str(each.id) for each in self.manifest.communities]

    @property
    def withdrawn(self) -> set[str]:
        return {str(each.room_id) for each in self.manifest.withdrawn}


@pytest.fixture
def here(db: Database, tmp_path: Path) -> World:
    identity.create(tmp_path / "own")
    return World(db, tmp_path / "own", FakeHomeserver([space("bees"), room("news"), room("off")]))


async def test_nothing_is_published_that_nobody_chose(here: World) -> None:
    assert (await here.publish()).communities == 0
    assert here.published == []


CHOICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an alias": ({"aliases": (RoomAlias(f"#bees:{OWN}"),)}, ["bees"]),
    "an alias of a room that is not listed": (
        {"aliases": (RoomAlias(f"#secret:{OWN}"),)},
        ["secret"],
    ),
    "an alias that leads nowhere": ({"aliases": (RoomAlias(f"#none:{OWN}"),)}, []),
    "one room twice": (
        {"aliases": (RoomAlias(f"#bees:{OWN}"), RoomAlias(f"#hive:{OWN}"))},
        ["bees"],
    ),
    "spelled out": (
        {"community": (SpelledCommunity(Slug("apiary"), RoomAlias(f"#bees:{OWN}")),)},
        ["apiary"],
    ),
    "an id spelled that another would have": (
        {
            "community": (SpelledCommunity(Slug("news"), RoomAlias(f"#bees:{OWN}")),),
            "directory": "all",
        },
        ["news", "news-2", "marked"],
    ),
    "marked": ({"directory": "marked"}, ["marked"]),
    "all, but who says no": ({"directory": "all"}, ["bees", "news", "marked"]),
    "all but one": (
        {"directory": "all", "exclude": (RoomAlias(f"#news:{OWN}"),)},
        ["bees", "marked"],
    ),
    "all but one by another of its aliases": (
        {"directory": "all", "exclude": (RoomAlias(f"#hive:{OWN}"),)},
        ["news", "marked"],
    ),
    "a room that says no, by its alias": ({"aliases": (RoomAlias(f"#off:{OWN}"),)}, []),
}


@pytest.mark.parametrize("case", CHOICES)
async def test_what_the_operator_chose_is_published(here: World, case: str) -> None:
    chosen, expected = CHOICES[case]
    bees = here.homeserver.rooms[0]
    here.homeserver.aliases = {f"#hive:{OWN}": bees}
    here.homeserver.rooms[2] = room("off", topic=f"Quiet. {NO}")
    here.homeserver.rooms.append(room("marked", topic=f"[webring:{OWN}]"))
    here.homeserver.unlisted = [room("secret")]
    await here.publish(**chosen)
    assert here.published == expected


async def test_what_the_homeserver_says_anew_is_published_anew(here: World) -> None:
    await here.publish(directory="all")
    first = here.manifest
    here.now += MINUTE
    assert not (await here.publish(directory="all")).issued
    here.homeserver.rooms[0] = space("bees", members=77, topic="Honey")
    assert (await here.publish(directory="all")).issued
    bees = here.manifest.communities[0]
    assert (bees.members, bees.topic, bees.updated_at) == (77, "Honey", here.now)
    assert here.manifest.communities[1] == first.communities[1]
    assert here.manifest.sequence > first.sequence


async def test_what_leaves_is_withdrawn_for_thirty_days_and_forgotten_when_it_is_back(
    here: World,
) -> None:
    await here.publish(directory="all")
    here.homeserver.rooms.pop()
    here.now += MINUTE
    await here.publish(directory="all")
    assert (here.published, here.withdrawn) == (["bees", "news"], {f"!off:{OWN}"})
    assert await listings.get(here.db.reader, RoomId(f"!off:{OWN}")) is None
    here.homeserver.rooms.append(room("off"))
    here.now += MINUTE
    await here.publish(directory="all")
    assert (here.published, here.withdrawn) == (["bees", "news", "off"], set())
    here.homeserver.rooms.pop()
    await here.publish(directory="all")
    here.now += 30 * DAY
    await here.publish(directory="all")
    assert here.withdrawn == set()


async def test_a_homeserver_that_is_down_withdraws_nothing(here: World) -> None:
    await here.publish(directory="all")
    here.homeserver.down = ConnectFailed("nobody answers")
    done = await here.publish(directory="all")
    assert (done.problem, done.communities, done.issued) == ("nobody answers", 3, False)
    assert len(here.published) == 3


async def test_a_directory_that_was_not_read_whole_withdraws_nothing(here: World) -> None:
    await here.publish(directory="all")
    here.homeserver.complete = False
    here.homeserver.rooms = [room("off", topic=NO), room("new")]
    await here.publish(directory="all")
    assert sorted(here.published) == ["bees", "new", "news"]
    assert here.withdrawn == {f"!off:{OWN}"}
    await here.publish(directory="all", exclude=(RoomAlias(f"#news:{OWN}"),))
    assert sorted(here.published) == ["bees", "new"]
    await here.publish()
    assert here.published == []


async def test_children_are_published_that_are_listed_themselves(here: World) -> None:
    bees = (RoomAlias(f"#bees:{OWN}"),)
    here.homeserver.children = {f"!bees:{OWN}": (f"!news:{OWN}", f"!off:{OWN}", "!private:own")}
    here.homeserver.rooms[2] = room("off", topic=NO)
    here.homeserver.unlisted = [room("private")]

    def rooms() -> list[str]:
        return [str(each.room_id) for each in here.manifest.communities[0].rooms]

    await here.publish(aliases=bees)
    assert rooms() == [f"!news:{OWN}"]
    here.homeserver.hierarchy_down = ConnectFailed("nobody answers")
    assert not (await here.publish(aliases=bees)).issued
    here.homeserver.rooms[1] = room("news", topic=NO)
    await here.publish(aliases=bees)
    assert rooms() == []


@pytest.mark.parametrize("down", [False, True], ids=["up", "down"])
async def test_what_is_kept_out_leaves_at_once_whatever_the_homeserver_says(
    here: World, down: bool
) -> None:
    here.homeserver.children = {f"!bees:{OWN}": (f"!off:{OWN}",)}
    await here.publish(directory="all")
    assert [len(each.rooms) for each in here.manifest.communities] == [1, 0, 0]
    desk = Desk(here.db, lambda: here.now)
    for slug in ("news", "off"):
        await desk.keep_out(Action.OPTOUT, Target.ROOM, f"!{slug}:{OWN}", "", "test")
    here.homeserver.down = ConnectFailed("nobody answers") if down else None
    here.now += MINUTE
    await here.publish(directory="all")
    assert (here.published, here.manifest.communities[0].rooms) == (["bees"], ())
    assert here.withdrawn == {f"!news:{OWN}", f"!off:{OWN}"}
    assert len(await communities.of_instance(here.db.reader, OWN)) == 1


async def test_a_space_that_is_kept_out_takes_along_what_our_homeserver_says_is_in_it(
    here: World,
) -> None:
    space, desk = f"!bees:{OWN}", Desk(here.db, lambda: here.now)
    here.homeserver.children = {space: (f"!off:{OWN}",)}
    await here.publish(directory="all")
    await desk.keep_out(Action.OPTOUT, Target.SPACE, space, "", "test")
    await here.publish(directory="all")
    assert here.published == ["news"]
    here.homeserver.children = {space: (f"!off:{OWN}", f"!news:{OWN}")}
    await here.publish(directory="all")
    assert await communities.of_instance(here.db.reader, OWN) == []
    here.now += MINUTE
    await here.publish(directory="all")
    assert here.published == []
    await desk.let_in(Target.SPACE, space, "test")
    await here.publish(directory="all")
    assert here.published == ["bees", "news", "off"]


async def test_a_manifest_is_renewed_well_before_it_expires(here: World) -> None:
    await here.publish(directory="all")
    before = here.manifest
    here.now += RENEW - 1
    assert not (await here.publish(directory="all")).issued
    here.now += 1
    assert (await here.publish(directory="all")).issued
    assert here.manifest.expires_at > before.expires_at


async def test_a_clock_that_went_back_takes_the_sequence_nowhere(here: World) -> None:
    await here.publish(directory="all")
    before = here.manifest.sequence
    here.now -= 400 * DAY
    assert (await here.publish(directory="all")).issued
    assert here.manifest.sequence == before + 1


async def test_a_rotated_key_is_published_at_the_next_refresh(here: World) -> None:
    await here.publish(directory="all")
    here.now += MINUTE
    rotate(here.data, identity.INSTANCE, here.now)
    assert (await here.publish(directory="all")).issued
    assert len(here.manifest.retired_keys) == 1


async def test_thousands_of_communities_move_to_pages_and_stay_as_they_are(here: World) -> None:
    here.homeserver.rooms = [room(f"r{n}", topic="Weeds. " * 60) for n in range(1_200)]
    await here.publish(directory="all")
    assert (here.published, len(here.manifest.pages) > 1) == ([], True)
    assert await communities.count(here.db.reader, OWN) == 1_200
    assert not (await here.publish(directory="all")).issued
    pages = {each.sha256 for each in here.manifest.pages}
    here.homeserver.rooms[7] = replace(here.homeserver.rooms[7], name="Another")
    here.now += MINUTE
    await here.publish(directory="all")
    assert len(pages & {each.sha256 for each in here.manifest.pages}) == len(pages) - 1


async def test_a_community_is_told_once_that_it_is_listed(here: World) -> None:
    await here.publish(directory="all")
    here.homeserver.rooms.pop()
    await here.publish(directory="all")
    here.homeserver.rooms += [room("off"), room("new")]
    await here.publish(directory="all")
    told = await notices.to_post(here.db.reader, 99)
    assert [(each.kind, each.community) for each in told] == [
        ("listed", "bees"),
        ("listed", "news"),
        ("listed", "off"),
        ("listed", "new"),
    ]
    assert {(each.ring, each.text) for each in told} == {(None, f"It is listed by {OWN}.")}
