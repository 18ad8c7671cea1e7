"""A site's well-known file: which rings its addresses are in, and which they have left. Pure.

Others use files of that name for other things: whatever has another shape says nothing.
"""

from __future__ import annotations

from enum import StrEnum

from webring.names import RingId
from webring.rings.site import same_url


class FileWord(StrEnum):
    """What the file says of an address and a ring. Of two words, the one that it is in counts."""

    NOTHING = ""
    MEMBER = "memberships"
    LEFT = "left"


def read_webring_json(content: object, ring: RingId, url: str) -> FileWord:
    """What the content of `/.well-known/webring.json` says of this very URL and this ring."""
    if isinstance(content, dict):
        for word in (FileWord.MEMBER, FileWord.LEFT):
            if _names(content.get(word), ring, url):
                return word
    return FileWord.NOTHING


def _names(listed: object, ring: RingId, url: str) -> bool:
    return isinstance(listed, list) and any(
        isinstance(each, dict)
        and each.get("ring") == ring
        and isinstance(named := each.get("url"), str)
        and same_url(named, url)
        for each in listed
    )
