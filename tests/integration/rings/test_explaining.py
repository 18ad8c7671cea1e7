"""Explanations from what is stored, on both databases."""

from __future__ import annotations

import pytest

from tests.integration.rings.checked import RING, world
from tests.integration.rings.kept import keep
from tests.integration.rings.web import html
from tests.unit.documents.ring_world import ID, NOW, after, first, site
from webring.clock import DAY
from webring.errors import NotFound
from webring.rings.explaining import why_not_shown
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


async def test_a_page_without_the_link(db: Database) -> None:
    async with world(db) as here:
        member = await here.join()
        here.web.serve("/", html("Hello"))
        await here.check()
        found = await why_not_shown(db.reader, RING, member, here.web.time.now)
        assert (found.is_shown, found.ring_half, found.own_half) == (False, True, False)
        assert "/.well-known/webring.json" in found.own_says
        assert found.checked_at == here.web.time.now
        assert found.next_at is not None
        assert found.next_at > here.web.time.now


async def test_a_ring_that_lapsed_sends_nobody_on(db: Database) -> None:
    root = first()
    member = site(1, root.root)
    await keep(db, after(root, members=[member]))
    assert (await why_not_shown(db.reader, ID, member.id, NOW)).is_shown
    late = await why_not_shown(db.reader, ID, member.id, NOW + 500 * DAY)
    assert not late.is_shown


async def test_nobody_is_there(db: Database) -> None:
    for name in ("1" * 20, "'; --", ""):
        with pytest.raises(NotFound):
            await why_not_shown(db.reader, RING, name, NOW)
