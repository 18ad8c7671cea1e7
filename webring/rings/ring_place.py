"""Where a ring is asked for, as people write it: its id, or an address that has it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from webring.errors import InvalidName
from webring.names import PeerUrl, RingId

DOCUMENTS: Final = "/webring/v1/rings/"
PAGES: Final = "/rings/"


@dataclass(frozen=True, slots=True)
class RingPlace:
    """A ring, and the base URL of the instance to ask; None: that of its founding instance."""

    ring: RingId
    base: PeerUrl | None

    @classmethod
    def parse(cls, text: str, *, allow_http: bool = False) -> RingPlace:
        """Read `https://host/webring/v1/rings/ID`, `https://host/rings/ID` or an ID.

        What follows the id in an address is passed over. `InvalidName` for anything else.
        """
        written = text.strip()
        if "://" not in written:
            return cls(RingId.parse(written), None)
        try:
            parts = urlsplit(written)
        except ValueError as error:
            raise InvalidName(f"{text[:80]!a} is not a URL: {error}") from None
        before, mark, rest = _split(parts.path)
        if not mark:
            raise InvalidName(f"a ring's address has {PAGES}ID in its path, {text[:80]!a} has not")
        ring = RingId.parse(unquote(rest.partition("/")[0]))
        base = urlunsplit((parts.scheme, parts.netloc, before, "", ""))
        return cls(ring, PeerUrl.parse(base, allow_http=allow_http))


def document_url(base: PeerUrl, ring: RingId, sequence: int | None = None) -> str:
    """Where an instance serves a ring's newest version, or an older one."""
    query = "" if sequence is None else f"?sequence={sequence}"
    return f"{base}{DOCUMENTS}{quote(ring, safe=':')}{query}"


def _split(path: str) -> tuple[str, str, str]:
    """What stands before the ring's id in a path, the mark before it, and the rest."""
    return path.partition(DOCUMENTS) if DOCUMENTS in path else path.partition(PAGES)
