"""What a request carries: one JSON object, read so strictly that nothing in it is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request

from webring.documents import canonical
from webring.documents.ring import JoinPolicy, Order, Reason
from webring.errors import BadRequest, MalformedDocument
from webring.web.middleware import read_body

MAX_BODY: Final = 16 * 1024
"""Bytes of a body."""
_JSON: Final = "application/json"
_SEEN: Final = 200
"""Characters of what was wrong that an answer repeats."""
Read = TypeVar("Read", bound="Body")
MaybeText = str | msgspec.UnsetType
MaybeTexts = list[str] | msgspec.UnsetType


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body of which every field is known."""


class Nothing(Body, frozen=True):
    """No field at all."""


class Join(Body, frozen=True):
    """A community of this instance asks for a place; `note` is a word to the stewards, `via` an
    instance or a base URL to find the ring by.
    """

    community: str
    note: str = ""
    via: str = ""


class Move(Body, frozen=True):
    """Another address, another instance, or another community; empty is as it is."""

    url: str = ""
    instance: str = ""
    community: str = ""


class Decision(Body, frozen=True):
    """What is decided about a request: accepted, or declined for the reason `code`."""

    outcome: str
    code: Reason | None = None
    sentence: str = ""


class Invitation(Body, frozen=True):
    """Who is asked in: a community, as `slug:instance`, or the site at `url`."""

    community: str = ""
    url: str = ""
    sentence: str = ""


class Remove(Body, frozen=True):
    """Why a member is taken out."""

    code: Reason = Reason.REMOVED
    sentence: str = ""


class Cosign(Body, frozen=True):
    """What is decided about a proposed version: signed or refused."""

    outcome: str


class Import(Body, frozen=True):
    """Another webring's list, as the text of its file: OPML, JSON, or an address a line."""

    list: str
    dry_run: bool = False


class Verify(Body, frozen=True):
    """Where the ring is asked for: its page or document on any instance; empty for its founder."""

    address: str = ""


class Choose(Body, frozen=True):
    """The branch with the version `sha256`; `via` is an instance or a base URL that holds it."""

    sha256: str
    via: str = ""


class StewardChange(Body, frozen=True):
    """Who is to be a steward, who no more, and whose present keys are to be taken; `threshold` of
    all sign (null: as before, where that is possible).
    """

    add: list[str] = []
    remove: list[str] = []
    renew: list[str] = []
    threshold: int | None = None


class Found(Body, frozen=True):
    """A new ring. This instance is its first steward; `threshold` of all sign (null: over half)."""

    slug: str
    name: str
    description: str = ""
    interests: list[str] = []
    languages: list[str] = []
    criteria: str = ""
    policy: JoinPolicy = JoinPolicy.REQUEST
    order: Order = Order.JOINED
    mirrors: list[str] = []
    stewards: list[str] = []
    threshold: int | None = None


class Change(Body, frozen=True):
    """Terms that are to be others; what is not said stays."""

    name: MaybeText = msgspec.UNSET
    description: MaybeText = msgspec.UNSET
    interests: MaybeTexts = msgspec.UNSET
    languages: MaybeTexts = msgspec.UNSET
    criteria: MaybeText = msgspec.UNSET
    policy: JoinPolicy | msgspec.UnsetType = msgspec.UNSET
    order: Order | msgspec.UnsetType = msgspec.UNSET
    mirrors: MaybeTexts = msgspec.UNSET


async def read_json(request: Request, kind: type[Read], limit: int = MAX_BODY) -> Read:
    """The body, of at most `limit` bytes; an empty one has no field.

    Raises `TooLarge`, `BadRequest` for another media type, and `MalformedDocument` for what is no
    JSON object, has a field twice, or one that is unknown, missing or of another type.
    """
    body = await read_body(request, limit)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != _JSON:
        raise BadRequest(f"a body is sent as {_JSON}, not {media_type[:80]!a}")
    content = canonical.decode(body or b"{}", limit=limit)
    if any("\0" in text for text in _texts(content)):
        raise MalformedDocument("no text of a body holds a NUL")
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise MalformedDocument(f"the body is refused: {_shown(str(error))}") from None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _shown(text: str) -> str:
    """A sentence of `msgspec`'s, which repeats names of fields, in ASCII and cut."""
    return ascii(text)[1:-1][:_SEEN]
