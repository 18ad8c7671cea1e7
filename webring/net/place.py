"""Where a connection is dialled, which need not be where its URL says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A host and a port to dial. An IPv6 literal keeps its brackets, as in a URL."""

    host: str
    port: int


Routes = Mapping[Place, tuple[Place, ...]]
"""The places at which a place is dialled instead, the best first."""
NO_ROUTES: Final[Routes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dial:
    """How one exchange is dialled. `plain`: without TLS.

    `configured`: its origin is written in the settings, and may be at a private address. `last`:
    there is no other place to try, so that a slow one may have its time.
    """

    place: Place
    plain: bool = False
    configured: bool = False
    last: bool = True
