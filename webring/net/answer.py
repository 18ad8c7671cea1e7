"""What came back from the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from webring.clock import Millis
from webring.errors import StatusRefused, TypeRefused
from webring.net.headers import retry_after

MAX_ERROR: Final = 200
"""Characters of the other side's own words that are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers (names in lower case, repeated ones joined), and the body, unpacked.

    `certificate` is the one that was shown, as DER; empty where there was no TLS.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str
    certificate: bytes = field(default=b"", repr=False)

    @property
    def etag(self) -> str | None:
        """The entity tag, to be sent back as If-None-Match."""
        return self.headers.get("etag")

    def json(self) -> object:
        """The body as JSON; `TypeRefused` where it is none.

        Wrong UTF-8 becomes U+FFFD and lone surrogates pass: one spoiled name must not lose the
        page. Signed documents are decoded from `body`, strictly, by `webring.documents`.
        """
        try:
            value: object = json.loads(
                self.body.decode("utf-8", "replace"), parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            raise TypeRefused(f"{self.url[:200]} did not answer JSON: {error}") from None
        return value


def status_refused(answer: Answer, host: str, now: Millis) -> StatusRefused:
    """The error for a status that nobody hoped for, with Matrix's words where there are any."""
    try:
        content = answer.json()
    except TypeRefused:
        content = None
    words = content if isinstance(content, dict) else {}
    errcode, error = (_word(words.get(key)) for key in ("errcode", "error"))
    sentence = f"{host} answered {answer.status}" + (f" {errcode}" if errcode else "")
    return StatusRefused(
        sentence + (f": {error}" if error else ""),
        host=host,
        status=answer.status,
        errcode=errcode,
        retry_after=retry_after(answer.headers, content, now),
    )


def _word(value: object) -> str:
    """Text from outside, safe to print: ASCII, and not much of it."""
    return ascii(value[:MAX_ERROR])[1:-1] if isinstance(value, str) else ""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
