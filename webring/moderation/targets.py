"""What can be kept out, and at whose wish: the words of commands and of the log."""

from __future__ import annotations

from enum import StrEnum


class Target(StrEnum):
    """What can be kept out."""

    ROOM = "room"
    SERVER = "server"
    SPACE = "space"
    GLOB = "glob"
    WORD = "word"

    @property
    def is_pattern(self) -> bool:
        """Whether it is compared with names, rather than a name itself."""
        return self in {Target.GLOB, Target.WORD}


class Action(StrEnum):
    """At whose wish."""

    BLOCK = "block"
    OPTOUT = "optout"
