"""Reading the fields of a document: each reader checks one shape and names what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

import regex

from webring.clock import Millis
from webring.documents.canonical import Json
from webring.errors import InvalidName, MalformedDocument
from webring.names import ServerName

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

SPEC: Final = "webring/1"
"""The version of the protocol that every document names."""
MAX_URL: Final = 2_048
"""Characters in a URL."""

_SHA256: Final = regex.compile(r"[0-9a-f]{64}")
_GRAPHEME: Final = regex.compile(r"\X")
_LONG_GRAPHEME: Final = 64
"""Characters behind a limit that are looked at to tell whether a grapheme goes on there."""
_SCHEMES: Final = ("https://", "http://")
_UNFIT: Final = regex.compile(r"[\s\\\p{Cc}\p{Cf}]")


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry that was left out while the rest was kept: where it stood, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reader:
    """One object of a document, with the path that leads to it."""

    content: Json
    path: str = ""

    def text(self, key: str, *, limit: int, default: str | None = None) -> str:
        """Text of at most `limit` characters; longer text is cut, not refused."""
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "text", value)
        return cut(value, limit).replace("\0", "\N{REPLACEMENT CHARACTER}")

    def integer(self, key: str, *, default: int | None = None) -> int:
        """An integer from 0."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(key, "an integer from 0", value)
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def url(self, key: str) -> str:
        """An https URL, or empty text where there is none."""
        value = self.content.get(key, "")
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or not is_web_url(value):
            raise self.wrong(key, f"an https URL of at most {MAX_URL} characters", value)
        return value

    def sha256(self, key: str) -> str:
        """The hash of a document or a page."""
        value = self._get(key, None)
        if not isinstance(value, str) or not _SHA256.fullmatch(value):
            raise self.wrong(key, "64 lowercase hex digits", value)
        return value

    def name(self, key: str, parse: Callable[[object], T]) -> T:
        """A required name, read by `parse`."""
        try:
            return parse(self._get(key, None))
        except InvalidName as error:
            raise MalformedDocument(f"{self._at(key)}: {error}") from None

    def optional(self, key: str, parse: Callable[[object], T]) -> T | None:
        """A name that may be absent or null."""
        return None if self.content.get(key) is None else self.name(key, parse)

    def word(self, key: str, kind: type[Word]) -> Word:
        """A word of an enumeration."""
        value = self._get(key, None)
        try:
            return kind(value if isinstance(value, str) else "")
        except ValueError:
            raise self.wrong(key, "one of " + ", ".join(kind), value) from None

    def objects(self, key: str) -> list[tuple[str, object]]:
        """The items of a list that may be absent, each with its path."""
        value = self.content.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list", value)
        return [(f"{self._at(key)}[{at}]", item) for at, item in enumerate(value)]

    def entries(
        self, key: str, read: Callable[[Reader], T], dropped: list[Dropped]
    ) -> tuple[T, ...]:
        """The objects in a list, each read by `read`; what it refuses is added to `dropped`."""
        kept: list[T] = []
        for path, item in self.objects(key):
            try:
                kept.append(read(read_object(item, path)))
            except MalformedDocument as error:
                dropped.append(Dropped(path, str(error)))
        return tuple(kept)

    def spare_text(self, key: str, dropped: list[Dropped], *, limit: int) -> str:
        """Text that can be done without: empty, and named in `dropped`, where it is wrong."""
        try:
            return self.text(key, limit=limit, default="")
        except MalformedDocument as error:
            dropped.append(Dropped(self._at(key), str(error)))
            return ""

    def spare_url(self, key: str, dropped: list[Dropped]) -> str:
        """A URL that can be done without: empty, and named in `dropped`, where it is wrong."""
        try:
            return self.url(key)
        except MalformedDocument as error:
            dropped.append(Dropped(self._at(key), str(error)))
            return ""

    def mapping(self, key: str) -> Json:
        """An object that may be absent."""
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "an object", value)
        return value

    def each(self, key: str, parse: Callable[[object], T], dropped: list[Dropped]) -> tuple[T, ...]:
        """The names in a list, without repeats; what `parse` refuses is added to `dropped`."""
        kept: dict[T, None] = {}
        for path, item in self.objects(key):
            try:
                kept[parse(item)] = None
            except (InvalidName, MalformedDocument) as error:
                dropped.append(Dropped(path, str(error)))
        return tuple(kept)

    def wrong(self, key: str, wanted: str, seen: object) -> MalformedDocument:
        """The error for a field that is not what it should be."""
        shown = ascii(seen) if isinstance(seen, str | int | None) else type(seen).__name__
        return MalformedDocument(f"{self._at(key)} is {wanted}, not {shown[:80]}")

    def _get(self, key: str, default: object) -> object:
        value = self.content.get(key, default)
        if value is None:
            raise MalformedDocument(f"{self._at(key)} is missing")
        return value

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def read_object(item: object, path: str) -> Reader:
    """A reader of the object `item` that stands at `path`; `MalformedDocument` if it is none."""
    if not isinstance(item, dict):
        raise MalformedDocument(f"{path} is an object, not {type(item).__name__}")
    return Reader(item, path)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, never half of a grapheme unless one is longer."""
    if len(text) <= limit:
        return text
    end = 0
    for grapheme in _GRAPHEME.finditer(text, endpos=limit + _LONG_GRAPHEME):
        if grapheme.end() > limit:
            break
        end = grapheme.end()
    return text[: end or limit]


def is_web_url(text: str) -> bool:
    """Whether `text` is an https URL with a host and without white space or controls.

    In plain http it is one on the reader's own machine alone: a federation that is tried out there.
    """
    if len(text) > MAX_URL or not text.startswith(_SCHEMES) or _UNFIT.search(text):
        return False
    try:
        parts = urlsplit(text)
        name = ServerName.parse(parts.netloc)
    except ValueError:
        return False
    return parts.scheme == "https" or name.is_loopback


def is_loopback_url(text: str) -> bool:
    """Whether a URL leads to whatever runs on the machine of whoever follows it."""
    try:
        return ServerName.parse(urlsplit(text).netloc).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a document holds."""

    sequence: int
    issued_at: Millis
    expires_at: Millis


def read_header(reader: Reader, kind: str) -> Validity:
    """Check `type` and `spec`, and read `sequence` and the times of a document of `kind`."""
    seen = reader.content.get("type")
    if seen != kind:
        raise MalformedDocument(f"type is {kind}, not {ascii(seen)[:80]}", "wrong_type")
    if reader.content.get("spec") != SPEC:
        raise reader.wrong("spec", SPEC, reader.content.get("spec"))
    validity = Validity(
        reader.integer("sequence"), reader.integer("issued_at"), reader.integer("expires_at")
    )
    if validity.expires_at <= validity.issued_at:
        raise reader.wrong("expires_at", "later than issued_at", validity.expires_at)
    return validity


def tag(value: object) -> str:
    """A short word: an interest or a language tag."""
    if not isinstance(value, str) or not 0 < len(value) <= 64 or not value.isprintable():
        raise InvalidName(f"a tag is 1 to 64 printable characters, not {ascii(value)[:80]}")
    return value
