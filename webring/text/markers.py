"""What a room's moderators say to directories in the topic.

`(MRS-noindex:true-MRS)` and `(MRS-language:EN-MRS)` are MatrixRooms.info's; `[webring:INSTANCE]`
names the instance that may speak for the room (`docs/protocol.md`, "Authority"), `[webring:off]`
asks every webring to leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import regex

from webring.errors import InvalidName
from webring.names import ServerName

OFF: Final = "off"
TRUE: Final = frozenset({"true", "yes", "1", "on"})

_MRS: Final = regex.compile(
    r"\(\s*MRS-(noindex|language)\s*:\s*([^()]{1,32}?)\s*-MRS\s*\)", regex.IGNORECASE
)
_WEBRING: Final = regex.compile(
    r"\[\s*webring\s*:\s*([^\[\]\s]{1,230}|\[[^\[\]\s]{1,60}\](?::\d+)?)\s*\]", regex.IGNORECASE
)
_ANY: Final = regex.compile(rf"(?<!\s)\s*(?:{_MRS.pattern}|{_WEBRING.pattern})", regex.IGNORECASE)
_LANGUAGE: Final = regex.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
_UNSEEN: Final = regex.compile(
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Markers:
    """The markers of one topic. `language` is a BCP 47 tag in lower case."""

    noindex: bool = False
    language: str | None = None
    instance: ServerName | None = None
    optout: bool = False

    @property
    def listable(self) -> bool:
        """Whether no marker asks to be left out."""
        return not (self.noindex or self.optout)


def read_markers(topic: str) -> Markers:
    """The markers in `topic`. The first of a kind counts; one wish to be left out is enough."""
    if "(" not in topic and "[" not in topic:
        return Markers()
    topic = _UNSEEN.sub("", topic)
    mrs = [(kind.lower(), value.strip().lower()) for kind, value in _MRS.findall(topic)]
    named = [value.lower() for value in _WEBRING.findall(topic)]
    return Markers(
        noindex=any(kind == "noindex" and value in TRUE for kind, value in mrs),
        language=next((value for kind, value in mrs if _is_language(kind, value)), None),
        instance=next((name for value in named if (name := _server(value))), None),
        optout=OFF in named,
    )


def without_markers(topic: str) -> str:
    """`topic` as people want to read it."""
    return _ANY.sub("", topic).strip() if "(" in topic or "[" in topic else topic


def _is_language(kind: str, value: str) -> bool:
    return kind == "language" and _LANGUAGE.fullmatch(value) is not None


def _server(value: str) -> ServerName | None:
    if value == OFF:
        return None
    try:
        return ServerName.parse(value)
    except InvalidName:
        return None
