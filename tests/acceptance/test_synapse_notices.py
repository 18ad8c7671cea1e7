"""Notices in rooms of a real Synapse: posted once, and never by whom it does not let."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.asking import client
from tests.acceptance.synapse.content import Spec
from tests.acceptance.synapse.lab import Homeserver, Lab
from tests.unit.documents.test_trust import community
from webring.clock import DAY, Millis, now_ms
from webring.crawler.claims import claim_of
from webring.crawler.evidence import Claimant
from webring.directory.listing import Standing
from webring.matrix.client import MatrixClient
from webring.names import PeerUrl, RoomId, ServerName, Slug
from webring.net.mail import Mailer
from webring.rings.noticing import Noticing
from webring.settings import InstanceSettings, MailSettings, Settings
from webring.storage import communities, notices
from webring.storage.database import Database
from webring.storage.notices import RoomState, StoredNotice

pytestmark = [pytest.mark.anyio, pytest.mark.synapse]

OWN = ServerName("own.example")
SLUG = Slug("potting-shed")
UNLISTED = Spec("potting-shed", "Potting Shed", published=False, listed=False)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open("", tmp_path)
    yield database
    await database.close()


def noticing(db: Database, matrix: MatrixClient, after: Millis = 0) -> Noticing:
    own = InstanceSettings(OWN, PeerUrl("https://ring.own.example"), Path("unused"))

    def clock() -> Millis:
        return now_ms() + after

    return Noticing(db, matrix, Mailer(MailSettings(), clock), Settings(own), clock)


async def listed(db: Database, room: str, here: Noticing) -> None:
    shown = replace(community(SLUG), room_id=RoomId(room))
    claimant = Claimant(OWN, frozenset(), accepted=True)
    claim = claim_of(shown, claimant, Standing.SPOKEN_FOR, "")
    async with db.transaction() as tx:
        await communities.apply(tx, OWN, [(claim, {}, now_ms())], 0)
        await here.note_listed(tx, [SLUG])


async def only(db: Database) -> StoredNotice:
    (notice,) = await notices.of_community(db.reader, SLUG)
    return notice


def said(server: Homeserver, room: str) -> list[str]:
    path = f"/_matrix/client/v3/rooms/{quote(room)}/messages?dir=b&limit=50"
    events = server.synapse.call("GET", path)["chunk"]
    return [
        event["content"]["body"]
        for event in events
        if event["type"] == "m.room.message" and event["content"]["msgtype"] == "m.notice"
    ]


async def test_a_guest_may_not_tell_a_room_and_one_of_its_people_does_once(
    one_synapse: Lab, db: Database
) -> None:
    hs1 = one_synapse.servers["hs1"]
    room = hs1.make(UNLISTED)
    guest = hs1.synapse.call("POST", "/_matrix/client/v3/register?kind=guest", {})["access_token"]
    stranger = noticing(db, client(one_synapse, None, own=hs1, token=guest))
    await listed(db, room, stranger)
    assert await stranger.post_due() == 0
    notice = await only(db)
    assert (notice.room_state, "403" in notice.room_reason) == (RoomState.PENDING, True)
    assert said(hs1, room) == []

    matrix = client(one_synapse, None, own=hs1)
    assert await noticing(db, matrix, DAY).post_due() == 1
    assert (await only(db)).room_state is RoomState.POSTED
    again = f"webring-{notice.id}-{notice.at}"
    await matrix.own.send_notice(RoomId(room), "the same, tried again", again)
    (told,) = said(hs1, room)
    assert "https://ring.own.example/communities/potting-shed:own.example" in told
    assert "[webring:off]" in told
