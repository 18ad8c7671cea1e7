"""The words of notices: what happened, where to read more, and how to opt out. Pure.

Names of others are raw in a notice, and made harmless here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from webring.names import CommunityId, PeerUrl, RingId, ServerName, Slug
from webring.net.mail import Mail
from webring.storage.notices import LISTED, StoredNotice
from webring.text import cut, line

LENGTH: Final = 500
"""Graphemes of one notice's sentence."""
_RING: Final = "A ring is a circle of communities around an interest: each leads to the next."
_OPT_OUT: Final = (
    "Whoever may change the topic of this room can take it out everywhere: write [webring:off] "
    "into it."
)
_MAILED_BY: Final = "This mail was sent by webring, as [mail] of its settings says."


@dataclass(frozen=True, slots=True)
class Here:
    """This instance, as notices name it: `name` is the one shown to people."""

    instance: ServerName
    name: str
    base_url: PeerUrl

    def community(self, community: Slug) -> str:
        """The page of one of its communities."""
        own = CommunityId(f"{community}:{self.instance}")
        return f"{self.base_url}/communities/{quote(own, safe=':')}"

    def ring(self, ring: RingId) -> str:
        """The page of a ring."""
        return f"{self.base_url}/rings/{quote(ring, safe=':')}"


def listed(here: Here) -> str:
    """That a community is published, in a sentence."""
    return f"It is listed by {here.name}."


def in_room(notice: StoredNotice, here: Here) -> str:
    """What is posted in a room of ours about one notice."""
    whose = f"This community is listed by {line(here.name)}, a directory of Matrix communities"
    where = f"{whose}: {here.community(notice.community)}" if notice.community else f"{whose}."
    if notice.kind == LISTED or notice.ring is None:
        others = "Others of its kind may show it as well."
        return f"{where}\n{others} {_OPT_OUT}"
    said = f"About this community: {sentence(notice)} {here.ring(notice.ring)}"
    return f"{said}\n{_RING}\n{where}\n{_OPT_OUT}"


def mail(notices: Sequence[StoredNotice], here: Here) -> Mail:
    """What the operator is sent about some notices, the oldest first."""
    count = len(notices)
    told = sentence(notices[0]) if count == 1 else f"{count} notices"
    parts = [_mailed(each, here) for each in notices]
    return Mail(f"[{here.instance}] {told}", "\n\n".join((*parts, f"-- \n{_MAILED_BY}")) + "\n")


def sentence(notice: StoredNotice) -> str:
    """A notice on one line."""
    return cut(line(notice.text), LENGTH)


def _mailed(notice: StoredNotice, here: Here) -> str:
    whose = [f"Ring: {here.ring(notice.ring)}"] if notice.ring else []
    if notice.community:
        whose.append(f"Our community: {here.community(notice.community)}")
    elif notice.member:
        whose.append(f"Member: {notice.member}")
    return "\n".join((sentence(notice), *whose))
