"""What `webring check` finds in the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from webring.check import local
from webring.check.findings import Finding, Level
from webring.clock import DAY, HOUR, Millis
from webring.documents import message as messages
from webring.names import PeerUrl, ServerName, Slug
from webring.settings import CommunitiesSettings, InstanceSettings, Settings
from webring.storage import notices, outgoing
from webring.storage.database import Database
from webring.storage.notices import LISTED, NoticeDraft, RoomState

pytestmark = pytest.mark.anyio
NOW: Millis = 1_790_000_000_000


async def found(data: Path, now: Millis = NOW, *, told: bool = True) -> list[Finding]:
    own = InstanceSettings(ServerName("own.example"), PeerUrl("https://own.example"), data)
    settings = Settings(own, communities=CommunitiesSettings(notices=told))
    return [each async for each in local.database(settings, now)]


async def test_rooms_that_could_not_be_told_are_named(tmp_path: Path) -> None:
    db = await Database.open("", tmp_path)
    async with db.transaction() as tx:
        for slug in ("herbs", "bees"):
            why = "there is no account to post by"
            state = RoomState.PENDING
            draft = NoticeDraft(LISTED, "", community=Slug(slug), room_state=state, room_reason=why)
            await notices.add(tx, draft, NOW)
        posted = NoticeDraft(LISTED, "", community=Slug("a"), room_state=RoomState.POSTED)
        await notices.add(tx, posted, NOW)
    await db.close()
    database, schema, warning = await found(tmp_path)
    assert (database.level, schema.level) == (Level.OK, Level.OK)
    assert schema.seen.endswith(", the newest that this program knows")
    assert (warning.level, warning.subject) == (Level.WARN, "notices")
    assert warning.seen == (
        "the people in bees, herbs could not be told: there is no account to post by"
    )
    assert len(await found(tmp_path, told=False)) == 2
    assert len(await found(tmp_path, NOW + 31 * DAY)) == 2


async def test_a_message_that_is_late_is_named(tmp_path: Path) -> None:
    db = await Database.open("", tmp_path)
    note = messages.announce(ServerName("own.example"), ServerName("garden.example"))
    async with db.transaction() as tx:
        await outgoing.add(tx, note, NOW)
    await db.close()
    assert len(await found(tmp_path, NOW + HOUR - 1)) == 2
    *_, warning = await found(tmp_path, NOW + HOUR)
    assert (warning.level, warning.subject) == (Level.WARN, "messages")
    assert "garden.example is not delivered yet" in warning.seen
