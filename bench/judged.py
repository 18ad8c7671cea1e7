"""What relevance is measured on: communities and judged queries, real ones where they are at hand.

Real ones are read from a directory with `communities.jsonl.gz` (id, name, topic, members, pools)
and `queries.jsonl` (qid, query, pool, relevant ids): `WEBRING_BENCH_DATA`, or `../shared/data`.
None of it is part of this project. Elsewhere rooms are made up, and nobody has judged any query.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.material import Maker
from webring.directory.listing import JoinRule, Kind, Listing, Standing
from webring.interests.extraction import extract
from webring.names import CommunityId, RoomId, ServerName
from webring.text import squash

DATA: Final = "WEBRING_BENCH_DATA"
BESIDE: Final = Path("../shared/data")
MADE_UP: Final = 20_000
"""Rooms that are made up where no real ones are at hand."""
SAMPLE: Final = 1_000
"""Names that are looked for again."""
LONG_ENOUGH: Final = 6
"""Letters of a name in which a typo is made."""
BEGUN: Final = 0.6
"""The share of a name's letters that somebody has typed so far."""
_SERVER: Final = ServerName("bench.example")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, the rooms that are relevant to it, and among which ones that was judged."""

    qid: str
    text: str
    pool: str
    relevant: frozenset[RoomId]

    @property
    def is_reported(self) -> bool:
        """Whether it is of the half that figures are reported of; the other is to tune with.

        That is the second lowest bit of its id's SHA-256: whoever judged keeps the odd ones.
        """
        return hashlib.sha256(self.qid.encode()).digest()[-1] & 2 == 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody types who wants the room of this name."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Listings to search, and queries that are judged."""

    listings: Sequence[Listing]
    queries: Sequence[Judged]


def corpus() -> Corpus:
    """The real corpus, or a made-up one."""
    folder = Path(os.environ.get(DATA, BESIDE))
    if not (folder / "communities.jsonl.gz").is_file():
        maker = Maker()
        rows = [
            {"id": str(n), "name": maker.text(3), "topic": maker.text(14)} for n in range(MADE_UP)
        ]
        return Corpus([_listing(row) for row in rows], ())
    with gzip.open(folder / "communities.jsonl.gz") as lines:
        listings = [_listing(msgspec.json.decode(line)) for line in lines]
    with (folder / "queries.jsonl").open("rb") as lines:
        return Corpus(listings, [_judged(msgspec.json.decode(line)) for line in lines])


def pool_of(pool: str) -> CommunityId:
    """How the rooms among which a query was judged are told from others."""
    return CommunityId(f"{pool}:{_SERVER}")


def known_items(listings: Sequence[Listing]) -> list[Wanted]:
    """Names as they are, of rooms picked by a seed."""
    names = sorted({each.name for each in listings if squash(each.name)})
    return [Wanted(name, name) for name in _picked(names)]


def typos(listings: Sequence[Listing]) -> list[Wanted]:
    """Unique names of at least six letters, with one letter changed, added, lost or swapped."""
    chance = random.Random(2)
    return [Wanted(_mistyped(name, chance), name) for name in _picked(_unique(listings))]


def prefixes(listings: Sequence[Listing]) -> list[Wanted]:
    """The beginnings of unique names."""
    return [Wanted(name[: int(len(name) * BEGUN)], name) for name in _picked(_unique(listings))]


def _unique(listings: Sequence[Listing]) -> list[str]:
    counted = Counter(squash(each.name) for each in listings)
    names = {each.name.strip() for each in listings if counted[squash(each.name)] == 1}
    return sorted(name for name in names if len(squash(name)) >= LONG_ENOUGH)


def _picked(names: Sequence[str]) -> list[str]:
    return random.Random(1).sample(names, min(SAMPLE, len(names)))


def _mistyped(name: str, chance: random.Random) -> str:
    places = [n for n in range(1, len(name) - 1) if name[n].isalpha() and name[n - 1].isalpha()]
    at = chance.choice(places or [0])
    letter = chance.choice(_LETTERS)
    return chance.choice(
        [
            name[:at] + letter + name[at + 1 :],
            name[:at] + letter + name[at:],
            name[:at] + name[at + 1 :],
            name[: at - 1] + name[at : at + 1] + name[at - 1 : at] + name[at + 1 :],
        ]
    )


def _listing(row: dict[str, Any]) -> Listing:
    name, topic = row.get("name") or "", row.get("topic") or ""
    return Listing(
        room_id=_room_id(row["id"]),
        kind=Kind.ROOM,
        standing=Standing.SPOKEN_FOR,
        why="",
        community=None,
        parents=tuple(map(pool_of, row.get("pools", ()))),
        servers=(_SERVER,),
        name=name,
        topic=topic,
        alias=None,
        avatar=None,
        url="",
        interests=extract(name, topic),
        languages=(row["lang"],) if row.get("lang") else (),
        members=row.get("members") or 0,
        activity=None,
        join_rule=JoinRule.PUBLIC,
        world_readable=False,
        adult=False,
    )


def _room_id(identifier: str) -> RoomId:
    digest = hashlib.sha256(identifier.encode("utf-8", "replace")).hexdigest()[:32]
    return RoomId(f"!{digest}:{_SERVER}")


def _judged(row: dict[str, Any]) -> Judged:
    relevant = frozenset(map(_room_id, row["relevant"]))
    return Judged(row["qid"], row["query"], row["pool"], relevant)
