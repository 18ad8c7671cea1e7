"""`webring vouch`: what is said, heard and agreed to, on a command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.rooms import claim
from tests.integration.cli.test_refusals import NAME, Operator
from webring import config
from webring.directory.vouch import Vouch
from webring.names import RoomId
from webring.storage import communities, documents
from webring.storage.database import Database

BEES, MOSS = RoomId(f"!bees:{NAME}"), RoomId("!moss:forest.example")
HAY = "hay:meadow.example"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    made = Operator(tmp_path)
    asyncio.run(_know(made))
    return made


async def _know(of: Operator) -> None:
    """A community of ours, one that says nothing, and one that vouches for ours in a nasty way."""
    nasty = Vouch("Sweet\u202e \x1b[31mhoney.", BEES)
    known = [
        claim(f"bees:{NAME}", BEES),
        claim("moss:forest.example", MOSS, name="Moss"),
        replace(claim(HAY, RoomId("!hay")), vouches=(nasty,), name="Hay"),
    ]
    db = await _database(of)
    async with db.transaction() as tx:
        for each in known:
            await communities.apply(tx, each.id.instance, [(each, {}, 1)], 0)
    await db.close()


async def _database(of: Operator) -> Database:
    instance = config.load(of.config, {}).instance
    return await Database.open(instance.database, instance.data_dir)


async def _wanted(of: Operator) -> int:
    db = await _database(of)
    try:
        return await documents.manifest_wanted(db.reader)
    finally:
        await db.close()


def rows(operator: Operator, *words: str) -> Sequence[dict[str, object]]:
    """What a command prints as JSON."""
    done = operator.run("vouch", *words, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_a_community_says_something_and_takes_it_back(operator: Operator) -> None:
    assert "webring vouch add" in operator.run("vouch", "list").output
    done = operator.run("vouch", "add", "bees", "moss:forest.example", "Quiet people.")
    assert done.exit_code == 0, done.output
    assert f"bees vouches for {MOSS}: Quiet people." in done.output
    assert asyncio.run(_wanted(operator)) > 0
    (said,) = rows(operator, "list", "bees")
    assert (said["room_id"], said["sentence"], said["reason"]) == (MOSS, "Quiet people.", None)
    assert "Quiet people." in operator.run("vouch", "list").output
    assert operator.run("vouch", "remove", "bees", MOSS).exit_code == 0
    assert rows(operator, "list") == []


def test_what_others_say_is_heard_and_agreed_to(operator: Operator) -> None:
    (heard,) = rows(operator, "received", "bees")
    assert (heard["from"], heard["accepted"], heard["reason"]) == (HAY, False, None)
    shown = operator.run("vouch", "received", "bees").output
    assert "Sweet [31mhoney." in shown
    assert "\x1b" not in shown
    done = operator.run("vouch", "accept", "bees", HAY)
    assert done.exit_code == 0, done.output
    (heard,) = rows(operator, "received", "bees")
    assert heard["accepted"] is True
    assert "accepted" in operator.run("vouch", "received", "bees").output
    assert operator.run("vouch", "unaccept", "bees", HAY).exit_code == 0
    (heard,) = rows(operator, "received", "bees")
    assert heard["accepted"] is False


REFUSED = {
    "a community that is not ours": (["add", "moss", HAY, "x"], 1, "publishes no community moss"),
    "a community's name that is none": (["add", "Moss!", HAY, "x"], 2, "a slug is"),
    "a place that nobody knows": (["add", "bees", "#x:y.example", "x"], 1, "by its id, !..."),
    "no sentence": (["add", "bees", HAY, ""], 1, "1 to 500 characters, not 0"),
    "what is not said": (["remove", "bees", HAY], 1, "webring vouch list"),
    "a yes to nobody": (["accept", "bees", "a:b.example"], 1, "webring vouch received bees"),
    "no voucher": (["accept", "bees", "hay"], 2, "slug:instance"),
    "a yes that was not given": (["unaccept", "bees", HAY], 1, "has not agreed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_said_in_a_line(operator: Operator, case: str) -> None:
    words, code, text = REFUSED[case]
    done = operator.run("vouch", *words)
    assert done.exit_code == code, done.output
    assert text in done.output
    assert "Traceback" not in done.output
