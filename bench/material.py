"""Made-up rooms and communities, the same in every run."""

from __future__ import annotations

import random
from typing import Final

from webring.directory.listing import DirectoryRoom, JoinRule, Kind
from webring.documents.community import ManifestCommunity
from webring.names import RoomAlias, RoomId, ServerName, Slug

NOW: Final = 1_790_000_000_000
SERVER: Final = ServerName("bench.example")
_SYLLABLES: Final = [
    "ka",
    "lo",
    "mi",
    "ren",
    "tu",
    "vas",
    "pel",
    "or",
    "ind",
    "esh",
    "gra",
    "no",
    "qui",
    "fal",
    "sto",
    "wen",
    "ba",
    "rim",
    "ux",
    "cor",
]


class Maker:
    """Words, and rooms of them."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._words = ["".join(self._random.choices(_SYLLABLES, k=3)) for _ in range(4_000)]

    def text(self, words: int) -> str:
        """That many words; a few are common and most are rare, as in a language."""
        picks = (int(len(self._words) * self._random.random() ** 3) for _ in range(words))
        return " ".join(self._words[pick] for pick in picks)

    def room(self, number: int, name: str = "") -> DirectoryRoom:
        """An entry of a directory."""
        return DirectoryRoom(
            room_id=RoomId(f"!room{number}:{SERVER}"),
            kind=Kind.ROOM,
            name=name or self.text(3),
            topic=self.text(14),
            alias=RoomAlias(f"#room{number}:{SERVER}"),
            avatar=None,
            members=self._random.randrange(2_000),
            join_rule=JoinRule.PUBLIC,
            world_readable=bool(number % 2),
            guest_can_join=False,
        )

    def community(self, number: int) -> ManifestCommunity:
        """A community of a manifest."""
        room = self.room(number)
        return ManifestCommunity(
            id=Slug(f"community-{number}"),
            room_id=room.room_id,
            kind=Kind.SPACE,
            alias=room.alias,
            via=(SERVER,),
            name=room.name,
            topic=room.topic,
            avatar=None,
            url="",
            interests=("gardening", "baking"),
            languages=("en",),
            members=room.members,
            activity=None,
            join_rule=room.join_rule,
            world_readable=room.world_readable,
            nsfw=False,
            rooms=(),
            updated_at=NOW,
        )
