"""Telling people: in rooms by the homeserver, once, and by mail; and what becomes of failures."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.fakes.mailbox import Mailbox, mailbox
from tests.integration.rings.pledged import HERBS, NOW, OWN, RING, ROOT, standing
from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.matrix.client import MatrixClient
from webring.matrix.federation import nobody
from webring.names import PeerUrl, RingId, Slug
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.net.mail import Mailer
from webring.rings import noticing
from webring.rings.noticing import Noticing
from webring.settings import (
    CommunitiesSettings,
    HomeserverSettings,
    InstanceSettings,
    MailSettings,
    Settings,
)
from webring.storage import communities, notices, rings
from webring.storage.database import Database
from webring.storage.notices import RoomState, StoredNotice

pytestmark = pytest.mark.anyio
MEMBER = "0123456789abcdef0123"
POSTED = respond(b'{"event_id":"$e"}')
SENDING = "/_matrix/client/v3/rooms/"


def refusal(status: str, errcode: str) -> bytes:
    content = {"errcode": errcode, "error": "User not in room"}
    return respond(json.dumps(content).encode(), status=status)


@dataclass
class World:
    """Notices of an instance, with its homeserver and its mail server, and the time."""

    db: Database
    listener: Listener
    box: Mailbox
    settings: Settings
    times: list[Millis] = field(default_factory=lambda: [NOW])

    def start(self, **changes: object) -> Noticing:
        """As a program that was just started, with these settings."""
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
        resolver = FakeResolver({"127.0.0.1": ("127.0.0.1",)})

        def clock() -> Millis:
            return self.times[0]

        fetcher = Fetcher(policy=policy, resolver=resolver, agent="test", clock=clock)
        matrix = MatrixClient(fetcher, resolver, nobody, settings.homeserver, clock)
        return Noticing(self.db, matrix, Mailer(settings.mail, clock), settings, clock)

    async def note(
        self,
        here: Noticing,
        kind: str = "join",
        text: str = "It has joined Gardens.",
        community: Slug | None = HERBS,
        ring: RingId = RING,
    ) -> None:
        async with self.db.transaction() as tx:
            await here.note(tx, ring, MEMBER, kind, text, community)

    async def only(self) -> StoredNotice:
        (notice,) = await notices.of_ring(self.db.reader, RING)
        return notice

    def answer(self, answer: bytes | None) -> None:
        """What the homeserver answers to whatever is posted."""
        self.listener.answers = _Anything(answer)


class _Anything(dict[str, bytes | None]):
    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer

    def get(self, target: str, default: object = None) -> bytes | None:
        return self.answer if target.startswith(SENDING) else respond(b"", status="404 None")


@asynccontextmanager
async def world(db: Database) -> AsyncIterator[World]:
    async with listening({}) as listener, mailbox() as box:
        url = f"http://127.0.0.1:{listener.port}"
        settings = Settings(
            InstanceSettings(OWN, PeerUrl("https://ring.commune.example"), Path("unused")),
            homeserver=HomeserverSettings(OWN, url, "secret"),
            mail=MailSettings(
                "localhost", box.port, "none", sender="ring@a.example", to=("keeper@a.example",)
            ),
        )
        here = World(db, listener, box, settings)
        here.answer(POSTED)
        await standing(db, instance=OWN)
        yield here


def targets(listener: Listener) -> list[str]:
    return [unquote(" ".join(request.split(" ")[:2])) for request in listener.requests]


async def test_a_room_of_ours_is_told_once(db: Database) -> None:
    async with world(db) as here:
        ours = here.start()
        await here.note(ours)
        assert (await here.only()).room_state is RoomState.PENDING
        assert await ours.post_due() == 1
        assert await ours.post_due() == 0
        notice = await here.only()
        assert (notice.room_state, notice.room_reason) == (RoomState.POSTED, "")
        claim = (await communities.of_instance(db.reader, OWN))[0]
        number = f"webring-{notice.id}-{NOW}"
        assert targets(here.listener) == [
            f"PUT {SENDING}{claim.room_id}/send/m.room.message/{number}"
        ]
        content = json.loads(here.listener.bodies[0])
        assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})
        assert "It has joined Gardens." in content["body"]
        assert "Bearer secret" in here.listener.requests[0]


async def test_what_was_posted_and_not_written_down_is_posted_under_the_same_number(
    db: Database,
) -> None:
    async with world(db) as here:
        ours = here.start()
        await here.note(ours)
        here.answer(None)
        here.answer(b"")
        await ours.post_due()
        here.answer(POSTED)
        here.times[0] += HOUR
        assert await here.start().post_due() == 1
        assert len(set(targets(here.listener))) == 1
        assert len(here.listener.requests) >= 2


NO_MATTER_FOR_A_ROOM: dict[str, tuple[str, Slug | None]] = {
    "of a member elsewhere": ("join", None),
    "that it sleeps": ("sleep", HERBS),
    "that it is one-sided": ("one_sided", HERBS),
    "a request": ("request", HERBS),
}


@pytest.mark.parametrize("case", NO_MATTER_FOR_A_ROOM)
async def test_other_notices_are_for_pages_alone(db: Database, case: str) -> None:
    kind, community = NO_MATTER_FOR_A_ROOM[case]
    async with world(db) as here:
        ours = here.start()
        await here.note(ours, kind, community=community)
        assert await ours.post_due() == 0
        assert (await here.only()).room_state is RoomState.NONE
        assert here.listener.requests == []


HINDRANCES: dict[str, tuple[bytes, str]] = {
    "not in the room": (refusal("403 Forbidden", "M_FORBIDDEN"), "invite the account"),
    "a guest": (refusal("403 Forbidden", "M_GUEST_ACCESS_FORBIDDEN"), "invite the account"),
    "a token that is none": (refusal("401 No", "M_UNKNOWN_TOKEN"), "M_UNKNOWN_TOKEN"),
    "no such room": (refusal("404 No", "M_NOT_FOUND"), "M_NOT_FOUND"),
    "too often": (refusal("429 Slow", "M_LIMIT_EXCEEDED"), "429"),
    "a fault": (refusal("500 Broken", "M_UNKNOWN"), "500"),
    "a page": (respond(b"<h1>no</h1>", status="502 Bad Gateway"), "502"),
    "nobody": (b"", "127.0.0.1"),
}


@pytest.mark.parametrize("case", HINDRANCES)
async def test_what_hinders_is_noted_and_tried_again_for_a_week(db: Database, case: str) -> None:
    answer, why = HINDRANCES[case]
    async with world(db) as here:
        here.answer(answer)
        ours = here.start()
        await here.note(ours)
        await here.note(ours, "leave", "It has left Gardens.")
        assert await ours.post_due() == 0
        notice = (await notices.of_ring(db.reader, RING))[-1]
        assert (notice.room_state, why in notice.room_reason) == (RoomState.PENDING, True)
        asked = len(here.listener.requests)
        assert await ours.post_due() == 0
        assert len(here.listener.requests) <= 2 * asked
        here.answer(POSTED)
        here.times[0] += DAY
        assert await ours.post_due() == 2


async def test_after_a_week_it_is_given_up(db: Database) -> None:
    async with world(db) as here:
        here.answer(refusal("403 Forbidden", "M_FORBIDDEN"))
        ours = here.start()
        await here.note(ours)
        attempts = 0
        while (await here.only()).room_state is RoomState.PENDING:
            await ours.post_due()
            here.times[0] += MINUTE * 30
            attempts += 1
        assert here.times[0] - NOW >= 7 * DAY
        assert len(here.listener.requests) < 50
        notice = await here.only()
        assert (notice.room_state, "M_FORBIDDEN" in notice.room_reason) == (RoomState.FAILED, True)


async def test_without_a_token_it_waits_for_one(db: Database) -> None:
    async with world(db) as here:
        ours = here.start(homeserver=HomeserverSettings(OWN))
        await here.note(ours)
        assert await ours.post_due() == 0
        notice = await here.only()
        assert (notice.room_state, "access_token" in notice.room_reason) == (
            RoomState.PENDING,
            True,
        )
        assert await here.start().post_due() == 1


async def test_switched_off_no_room_is_told(db: Database) -> None:
    off = CommunitiesSettings(notices=False)
    async with world(db) as here:
        await here.note(here.start())
        ours = here.start(communities=off)
        assert await ours.post_due() == 0
        assert "switched off" in (await here.only()).room_reason
        await here.note(ours)
        states = {each.room_state for each in await notices.of_ring(db.reader, RING)}
        assert states == {RoomState.FAILED}
        assert here.listener.requests == []


async def test_a_room_that_is_not_listed_any_more_is_left_alone(db: Database) -> None:
    async with world(db) as here:
        ours = here.start()
        await here.note(ours)
        await standing(db, None, instance=OWN)
        assert await ours.post_due() == 0
        notice = await here.only()
        assert (notice.room_state, here.listener.requests) == (RoomState.NONE, [])


async def test_a_run_ends_in_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world(db) as here:
        ours = here.start()
        for _ in range(3):
            await here.note(ours)
        monkeypatch.setattr(noticing, "RUN", 0)
        assert await ours.post_due() == 0
        monkeypatch.undo()
        assert await ours.post_due() == 3


async def test_the_operator_is_mailed_what_concerns_us(db: Database) -> None:
    async with world(db) as here:
        ours = here.start()
        bees = RingId("bees:commune.example")
        async with db.transaction() as tx:
            await rings.add(tx, bees, ROOT, "stewarded", NOW)
            await rings.set_stewarded(tx, bees, True)
            await ours.note_listed(tx, [HERBS])
        await here.note(ours, text="It has joined Gardens.")
        await here.note(ours, "sleep", "Somebody else sleeps.", None)
        await here.note(ours, "unreachable", "A member of ours is unreachable.", None, bees)
        await here.note(ours, "request", "Somebody asks to join.", None)
        assert await ours.mail_due() == 0
        here.times[0] += noticing.SETTLED
        assert await ours.mail_due() == 3
        assert await ours.mail_due() == 0
        (message,) = here.box.messages
        text = message.get_content()
        assert message["To"] == "keeper@a.example"
        for told in ("It has joined Gardens.", "is unreachable", "asks to join"):
            assert told in text
        assert "Somebody else" not in text
        assert await here.start().mail_due() == 0


async def test_what_concerns_nobody_here_costs_no_mail(db: Database) -> None:
    async with world(db) as here:
        ours = here.start()
        await here.note(ours, "sleep", community=None)
        here.times[0] += HOUR
        assert await ours.mail_due() == 0
        assert here.box.messages == []


async def test_a_mail_server_that_fails_is_left_alone_and_tried_again(db: Database) -> None:
    async with world(db) as here:
        ours = here.start()
        await here.note(ours)
        here.times[0] += HOUR
        here.box.refuses = b"451 later"
        assert await ours.mail_due() == 0
        commands = len(here.box.commands)
        assert await ours.mail_due() == 0
        assert len(here.box.commands) == commands
        here.box.refuses = b""
        here.times[0] += noticing.MAIL_PAUSE
        assert await ours.mail_due() == 1
        assert len(here.box.messages) == 1


async def test_without_a_mail_server_nothing_is_mailed_and_old_news_never(db: Database) -> None:
    async with world(db) as here:
        ours = here.start(mail=MailSettings())
        await here.note(ours)
        here.times[0] += 8 * DAY
        assert await ours.mail_due() == 0
        await here.note(ours, "leave", "It has left Gardens.")
        here.times[0] += HOUR
        assert await here.start().mail_due() == 1
        assert "It has joined" not in here.box.messages[0].get_content()


async def test_many_notices_are_several_mails(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noticing, "IN_ONE_MAIL", 2)
    async with world(db) as here:
        ours = here.start()
        for _ in range(3):
            await here.note(ours)
        here.times[0] += HOUR
        assert [await ours.mail_due() for _ in range(3)] == [2, 1, 0]
