"""The sample ring is founded once, from wherever an interrupted demo had come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from webring.demo import commands
from webring.demo.instances import Place
from webring.demo.ring import MEMBERS, SLUG, SampleRing
from webring.demo.vouches import SENTENCES, vouch
from webring.demo.watching import Watcher
from webring.names import ServerName

pytestmark = pytest.mark.anyio
PLACES = [
    Place(key, key.title(), ServerName(f"{key}.localhost"), f"http://{key}", Path(), Path())
    for key in MEMBERS
]
RING = f"{SLUG}:{PLACES[0].name}"
ALL = {f"{each}:{place.name}" for place in PLACES for each in MEMBERS[place.key]}


@dataclass
class Federation:
    """What the instances know, and the commands that were run."""

    sequence: int | None = None
    proposal: str = ""
    members: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)

    async def run(self, place: Place, *words: str) -> bytes:
        self.ran.append(f"{place.key} {' '.join(words)}")
        if words[:2] == ("ring", "create"):
            self.sequence, self.proposal = 0, "arrived"
        elif words[:2] == ("ring", "cosign"):
            self.sequence, self.proposal = 1, ""
        elif words[:2] == ("ring", "join"):
            self.members.add(f"{words[3]}:{place.name}")
        return b""

    async def answer(self, place: Place, *words: str) -> Any:
        if words[:2] == ("ring", "list"):
            return [] if self.sequence is None else [{"ring": RING, "sequence": self.sequence}]
        if words[:2] == ("ring", "show"):
            pairs = [each.split(":") for each in sorted(self.members)]
            return {"members": [{"community": one, "instance": other} for one, other in pairs]}
        versions = [{"state": self.proposal}] if self.proposal else []
        return {"versions": versions, "requests": [{"who": each} for each in sorted(self.asked)]}

    def count(self, words: str) -> int:
        return sum(words in each for each in self.ran)


class Seen(Watcher):
    """Sees whoever joined, or has asked: they are let in meanwhile."""

    def __init__(self, here: Federation) -> None:
        self._here = here

    async def members(self, base_url: str, ring: str) -> int | None:
        return len(self._here.members | self._here.asked) if self._here.sequence else None


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Federation:
    made = Federation()
    monkeypatch.setattr(commands, "run", made.run)
    monkeypatch.setattr(commands, "answer", made.answer)
    monkeypatch.setattr(commands, "LOOK_AGAIN", 0)
    return made


STAGES: dict[str, tuple[Federation, int, int, int]] = {
    "nothing": (Federation(), 1, 1, 6),
    "a proposal": (Federation(0, "arrived"), 0, 1, 6),
    "a proposal that an operator has to see": (Federation(0, "held"), 0, 1, 6),
    "a ring": (Federation(1), 0, 0, 6),
    "some members": (Federation(2, members=set(sorted(ALL)[:2])), 0, 0, 4),
    "some who have asked": (
        Federation(2, members=set(sorted(ALL)[:2]), asked=set(sorted(ALL)[2:4])), 0, 0, 2,
    ),
    "all of it": (Federation(7, members=set(ALL)), 0, 0, 0),
}  # fmt: skip
"""How far it was, and how often it is created, signed and joined from there on."""


@pytest.mark.parametrize("stage", STAGES)
async def test_it_goes_on_from_where_it_was(here: Federation, stage: str) -> None:
    before, *counts = STAGES[stage]
    here.sequence, here.proposal = before.sequence, before.proposal
    here.members, here.asked = set(before.members), set(before.asked)
    assert await SampleRing(PLACES, Seen(here)).found() == len(ALL)
    ran = [here.count(f"ring {each} ") for each in ("create", "cosign", "join")]
    assert ran == counts
    assert here.members | here.asked == ALL


async def test_both_say_something_of_each_other(here: Federation) -> None:
    await vouch(PLACES)
    assert len(here.ran) == len(SENTENCES) == 2
    assert here.count("vouch add kitchen-garden night-sky:lantern.localhost") == 1
    assert here.count("vouch add night-sky kitchen-garden:meadow.localhost") == 1
