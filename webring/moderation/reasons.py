"""Why something is reported, kept out, or left as it is: one word each, and a sentence.

The sentences are shown on pages, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a visitor reports a listing."""

    SPAM = "spam"
    HARM = "harm"
    MINORS = "minors"
    ILLEGAL = "illegal"
    ADULT = "adult"
    IMPERSONATION = "impersonation"
    PRIVACY = "privacy"
    WRONG = "wrong"
    OTHER = "other"


REPORTED: Final[Mapping[Reason, str]] = {
    Reason.SPAM: "It is spam or a scam.",
    Reason.HARM: "It threatens, harasses or incites hatred.",
    Reason.MINORS: "It endangers children or young people.",
    Reason.ILLEGAL: "It is against the law in another way.",
    Reason.ADULT: "It is for adults only, and does not say so.",
    Reason.IMPERSONATION: "It pretends to be somebody or something else.",
    Reason.PRIVACY: "It shows private things of somebody.",
    Reason.WRONG: "It is not what it says, or no longer there.",
    Reason.OTHER: "Something else.",
}
"""What the form says for each."""


class Code(StrEnum):
    """Why something is kept out."""

    SPAM = "spam"
    HARM = "harm"
    MINORS = "minors"
    ILLEGAL = "illegal"
    ADULT = "adult"
    IMPERSONATION = "impersonation"
    PRIVACY = "privacy"
    WRONG = "wrong"
    RULES = "rules"
    WISH = "wish"
    LIST = "list"


DELISTED: Final[Mapping[Code, str]] = {
    Code.SPAM: "spam or a scam",
    Code.HARM: "threats, harassment or hatred",
    Code.MINORS: "a danger to children or young people",
    Code.ILLEGAL: "against the law",
    Code.ADULT: "for adults only, and did not say so",
    Code.IMPERSONATION: "pretended to be somebody or something else",
    Code.PRIVACY: "private things of somebody",
    Code.WRONG: "not what it said, or no longer there",
    Code.RULES: "against the rules of this place",
    Code.WISH: "at its own wish",
    Code.LIST: "on a list of rules that is followed here",
}
"""What the public log says for each."""


class Kept(StrEnum):
    """Why a reported listing stays."""

    UNFOUNDED = "unfounded"
    SETTLED = "settled"
    DUPLICATE = "duplicate"


KINDS: Final[Mapping[str, str]] = {
    "room": "a room",
    "server": "a server",
    "space": "a space with its rooms",
    "glob": "whatever matches a pattern",
    "word": "whatever says a word",
    "list": "servers and rooms of a list",
}
"""What the public log calls each kind."""
