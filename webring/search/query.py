"""What a person typed, read leniently: every string means something, and none is an error.

    rust async          both words; the last one also as the beginning of a longer word
    "open source"       these words beside each other
    -windows  -"x y"    not this
    #room:server  !id   exactly that room, first; also inside a matrix.to link or a matrix: URI
    server:matrix.org   published by that homeserver; also lang:de, interest:music, in:INSTANCE
                        and in:COMMUNITY:INSTANCE; each with a minus as well

What is malformed (a lone quote, a field without a value, operators) is read as plain words.
"""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import regex

from webring.errors import InvalidName
from webring.interests import normalise
from webring.names import RoomAlias, RoomId
from webring.text import is_spaced, words

MAX_TEXT: Final = 500
"""Characters of a query that are read."""
MAX_WORDS: Final = 12
"""Words, and as many phrases, exclusions and filters, that are searched for."""

FIELDS: Final = {
    "server": "server",
    "homeserver": "server",
    "lang": "language",
    "language": "language",
    "interest": "interest",
    "in": "within",
    "instance": "within",
}
"""What can be typed before a colon, and the field of the index that is meant."""

_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»〝〞＂", '"') | {"「": '"', "」": '"'})
_MINUS: Final = str.maketrans(dict.fromkeys("−–—﹣－", "-"))
_UNSEEN: Final = regex.compile(r"[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_PART: Final = regex.compile(
    r"""(?P<minus>-?)(?:(?P<field>[A-Za-z]{2,10}):(?="?[^\s"]))?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))"""
    r"""|["\s-]"""
)
_LINK: Final = regex.compile(
    r"(?:https?://)?matrix\.to/#/(?P<name>[^?/\s]+)[^\s]*", regex.IGNORECASE
)
_URI: Final = regex.compile(r"matrix:(?P<kind>r|roomid)/(?P<name>[^?/\s]+)[^\s]*", regex.IGNORECASE)
_OPERATORS: Final = frozenset({"AND", "OR", "NOT", "&&", "||", "+"})

Term = tuple[str, ...]
"""Words that stand beside each other; mostly one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`field` has to have (with `excluded`: must not have) `value`."""

    field: str
    value: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query, read. `prefix`: the last of `terms` may go on.

    `plain` is the text of words and phrases as it was typed, for exact names and interests.
    """

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    alias: RoomAlias | None = None
    room_id: RoomId | None = None
    prefix: bool = False
    plain: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing in particular."""
        return not (self.terms or self.excluded or self.filters or self.alias or self.room_id)


class _Reader:
    """Collects the parts of one query."""

    def __init__(self) -> None:
        self.terms: list[Term] = []
        self.excluded: list[Term] = []
        self.filters: list[Filter] = []
        self.plain: list[str] = []
        self.alias: RoomAlias | None = None
        self.room_id: RoomId | None = None
        self.open_ended = False

    def phrase(self, text: str, *, excluded: bool) -> None:
        """Words in quotes."""
        term = tuple(words(text))[:MAX_WORDS]
        if not term:
            return
        if excluded:
            self.excluded.append(term)
        else:
            self.terms.append(term)
            self.plain.append(text)
            self.open_ended = False

    def word(self, text: str, *, excluded: bool) -> None:
        """Characters up to the next space."""
        terms = split(text)
        if not excluded and self._name(text):
            return
        if excluded:
            # "-rust-lang" means those words together, not each of them.
            self.excluded += [tuple(words(text))[:MAX_WORDS]] if terms else []
        elif terms:
            self.terms += terms
            self.plain.append(text)
            self.open_ended = True

    def filter(self, field: str, value: str, *, excluded: bool) -> bool:
        """A field and its value; False if the field is none."""
        name = FIELDS.get(field.lower())
        if name is None:
            return False
        self.filters.append(Filter(name, _value(name, value), excluded))
        return True

    def _name(self, text: str) -> bool:
        """Whether `text` is the alias or id of a room; the alias' own words count as well."""
        if text.startswith("!") and self.room_id is None:
            try:
                room_id = RoomId.parse(text)
            except InvalidName:
                return False
            if ":" in text or len(text) >= MIN_OPAQUE_ID:
                self.room_id = room_id
            return self.room_id is not None
        if text.startswith("#") and self.alias is None:
            try:
                self.alias = RoomAlias.parse(text)
            except InvalidName:
                return False
            self.terms += split(self.alias.local)
            self.plain.append(self.alias.local)
            return True
        return False


MIN_OPAQUE_ID: Final = 40
"""Characters of a room id without a server, at least (room version 12: '!' and 43 more)."""


def parse(text: str) -> Query:
    """Read what was typed. Never raises."""
    text = _UNSEEN.sub(" ", text[:MAX_TEXT]).translate(_QUOTES).translate(_MINUS)
    text = _URI.sub(_from_uri, _LINK.sub(lambda link: unquote(link["name"]), text))
    if text.count('"') % 2:
        text = " ".join(text.rsplit('"', 1))
    reader = _Reader()
    negated = False
    for part in _PART.finditer(text):
        word = part["word"]
        if word in _OPERATORS and not part["field"] and _goes_on(text, part.end()):
            negated = word == "NOT"
            continue
        if word is not None or part["phrase"] is not None:
            _read(reader, part, excluded=bool(part["minus"]) or negated)
            negated = False
    return Query(
        terms=tuple(reader.terms[:MAX_WORDS]),
        excluded=tuple(reader.excluded[:MAX_WORDS]),
        filters=tuple(reader.filters[:MAX_WORDS]),
        alias=reader.alias,
        room_id=reader.room_id,
        prefix=reader.open_ended and not text[-1:].isspace() and len(reader.terms) <= MAX_WORDS,
        plain=" ".join(reader.plain),
    )


def split(text: str) -> list[Term]:
    """The terms in one run of characters: spaced words one by one, unspaced scripts as a phrase."""
    terms: list[Term] = []
    run: list[str] = []
    for word in words(text):
        if is_spaced(word):
            terms += [tuple(run[:MAX_WORDS])] if run else []
            run = []
            terms.append((word,))
        else:
            run.append(word)
    return [*terms, tuple(run[:MAX_WORDS])] if run else terms


def _read(reader: _Reader, part: regex.Match[str], *, excluded: bool) -> None:
    value = part["phrase"] if part["word"] is None else part["word"]
    if part["field"]:
        if value.strip() and reader.filter(part["field"], value, excluded=excluded):
            return
        value = f"{part['field']}:{value}"
    if part["word"] is None:
        reader.phrase(value, excluded=excluded)
    else:
        reader.word(value, excluded=excluded)


def _value(field: str, value: str) -> str:
    value = value.strip()
    if field == "interest":
        return normalise(value)
    return value.lower().replace("_", "-") if field == "language" else value.lower().strip("/.,")


def _goes_on(text: str, end: int) -> bool:
    return bool(text[end:].strip(' "-'))


def _from_uri(uri: regex.Match[str]) -> str:
    return ("#" if uri["kind"].lower() == "r" else "!") + unquote(uri["name"])
