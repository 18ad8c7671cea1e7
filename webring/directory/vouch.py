"""Vouches: one community's sentence about another place, and the other's yes to that sentence."""

from __future__ import annotations

from dataclasses import dataclass

from webring.names import CommunityId, RoomId


@dataclass(frozen=True, slots=True)
class Vouch:
    """A sentence about another place: a room by its id, or a site by its URL (one of the two)."""

    sentence: str
    room_id: RoomId | None = None
    url: str = ""

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a manifest."""
        place = {"url": self.url} if self.room_id is None else {"room_id": self.room_id}
        return {**place, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class AcceptedVouch:
    """The yes of a community to what `voucher` says of it: to this sentence, and no other."""

    voucher: CommunityId
    sentence: str

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a manifest."""
        return {"from": self.voucher, "sentence": self.sentence}
