"""How a sample homeserver tells who asks: X-Matrix, with the asker's keys fetched from the asker.

Fails closed: whoever's keys cannot be had, or whose signature does not hold, is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from webring.clock import HOUR, Clock, Millis
from webring.demo.homeserver import Unauthorised
from webring.documents import envelope
from webring.documents.keys import VerifyKey
from webring.errors import DocumentError, FetchError, InvalidName
from webring.matrix import xmatrix
from webring.names import ServerName

FetchKeys = Callable[[ServerName], Awaitable[object]]
"""Gets a server's key document, as JSON; a `FetchError` where it cannot be had."""

KEPT_FOR: Final[Millis] = HOUR
"""How long a key document is relied on at most, whatever it says."""


class KeyRing:
    """The keys of those who asked. A key that was once seen under an id is never replaced."""

    def __init__(self, fetch: FetchKeys, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[ServerName, dict[str, VerifyKey]] = {}
        self._until: dict[ServerName, Millis] = {}

    async def check(
        self, header: str, name: ServerName, method: str, uri: str, content: object = None
    ) -> ServerName:
        """The server that signed a request to `name`; `Unauthorised` where none did."""
        if not header:
            raise Unauthorised("Missing Authorization headers")
        try:
            claim = xmatrix.parse(header)
            body = content if isinstance(content, dict) else None
            request = xmatrix.Request(claim.origin, name, method, uri, body)
            xmatrix.verify(header, request, await self._of(claim.origin, claim.key))
        except (DocumentError, FetchError, InvalidName) as error:
            raise Unauthorised(error.sentence) from error
        return claim.origin

    async def _of(self, origin: ServerName, key_id: str) -> Mapping[str, VerifyKey]:
        known = self._keys.get(origin, {})
        if key_id not in known or self._until.get(origin, 0) <= self._clock():
            document = await self._fetch(origin)
            fetched, until = read_key_document(document, origin, self._clock())
            known = self._keys[origin] = {**fetched, **known}
            self._until[origin] = until
        return known


def read_key_document(
    content: object, origin: ServerName, now: Millis
) -> tuple[dict[str, VerifyKey], Millis]:
    """The keys in a key document, and until when they hold; `Unauthorised` unless it is good."""
    if not isinstance(content, dict) or content.get("server_name") != origin:
        raise Unauthorised(f"the key document of {origin} is another server's")
    until, listed = content.get("valid_until_ts"), content.get("verify_keys")
    if not isinstance(until, int) or until <= now or not isinstance(listed, dict):
        raise Unauthorised(f"the key document of {origin} is out of date or malformed")
    keys = {
        str(key_id): VerifyKey.parse(key_id, key.get("key") if isinstance(key, dict) else None)
        for key_id, key in listed.items()
    }
    if envelope.valid_signatures(content, origin, keys) != keys.keys():
        raise Unauthorised(f"the key document of {origin} is not signed by all of its keys")
    return keys, min(until, now + KEPT_FOR)
