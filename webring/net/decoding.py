"""An answer's body under its budgets: so many bytes off the wire, so many once unpacked."""

from __future__ import annotations

import zlib
from typing import Final

from webring.errors import BudgetExceeded, TypeRefused

_WINDOW: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": 15}


class BoundedBody:
    """Collects a body; raises as soon as a budget is passed, never after.

    One layer of gzip or deflate is unpacked, a bounded piece at a time.
    """

    def __init__(self, host: str, encoding: str, *, wire: int, decoded: int) -> None:
        self._host, self._wire, self._decoded = host, wire, decoded
        self._read = 0
        self._parts = bytearray()
        coding = encoding.strip().lower()
        if coding not in {"", "identity", *_WINDOW}:
            raise TypeRefused(f"the encoding {coding[:40]!a} is not one that we read", host=host)
        self._unpack = zlib.decompressobj(_WINDOW[coding]) if coding in _WINDOW else None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes off the wire."""
        self._read += len(chunk)
        if self._read > self._wire:
            raise self._too_large(self._wire, "bytes on the wire")
        if self._unpack is None:
            self._keep(chunk)
            return
        try:
            while chunk:
                room = self._decoded - len(self._parts) + 1
                self._keep(self._unpack.decompress(chunk, room))
                chunk = self._unpack.unconsumed_tail
        except zlib.error as error:
            raise TypeRefused(f"the body cannot be unpacked: {error}", host=self._host) from None

    def finish(self) -> bytes:
        """The whole body; `TypeRefused` where a packed one is cut short or followed by more."""
        if self._unpack is not None and self._read:
            if not self._unpack.eof:
                raise TypeRefused("the packed body is cut short", host=self._host)
            if self._unpack.unused_data:
                raise TypeRefused("more follows the packed body", host=self._host)
        return bytes(self._parts)

    def so_far(self) -> bytes:
        """As much of the body as the budget allows, after it was passed."""
        return bytes(self._parts[: self._decoded])

    def _keep(self, piece: bytes) -> None:
        self._parts += piece
        if len(self._parts) > self._decoded:
            raise self._too_large(self._decoded, "bytes once unpacked")

    def _too_large(self, limit: int, what: str) -> BudgetExceeded:
        return BudgetExceeded(f"the answer has more than {limit} {what}", host=self._host)
