"""Addresses as written: what is refused before anything is resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from webring.errors import InvalidName, UrlRefused
from webring.names import ServerName

MAX_URL: Final = 4_096
"""Characters."""
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_WELL_KNOWN_PORTS: Final = frozenset({443, 8448})
_FIRST_FREE_PORT: Final = 1024
_NOT_IN_URLS = re.compile(r"[^\x21-\x7e]|[\\<>\"{}|^`]")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be visited, in parts. `target` is path and query exactly as written."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host, and port unless it is the scheme's own."""
        own = self.port == DEFAULT_PORTS[self.scheme]
        return self.host if own else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole."""
        return self.origin + self.target

    def join(self, location: str) -> Target:
        """Where a redirect from here leads."""
        return parse_url(urljoin(self.url, location), allow_http=self.scheme == "http")


def parse_url(url: str, *, allow_http: bool = False) -> Target:
    """Read a URL; `UrlRefused` for one that we do not visit, as it is written.

    https only (http where a test allows it); no user, fragment, backslash, percent or zone in the
    host; no number posing as a host; port 443, 8448 or from 1024.
    """
    if len(url) > MAX_URL or _NOT_IN_URLS.search(url):
        raise UrlRefused(f"a URL has at most {MAX_URL} printable ASCII characters: {url[:80]!a}")
    try:
        parts = urlsplit(url)
        host = _host(parts.netloc)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError, InvalidName) as error:
        raise UrlRefused(f"{url[:80]!a} is not a URL that we visit: {error}") from None
    if parts.scheme != "https" and not allow_http:
        raise UrlRefused(f"only https is visited, not {url[:80]!a}")
    if parts.scheme == "https":
        check_port(host, port)
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query)


def check_port(host: str, port: int) -> None:
    """Raise `UrlRefused` for a port of other services: dialled are 443, 8448 and from 1024."""
    if port not in _WELL_KNOWN_PORTS and port < _FIRST_FREE_PORT:
        raise UrlRefused(f"ports are 443, 8448 or from 1024, not {port}", host=host)


def _host(netloc: str) -> str:
    if "@" in netloc or netloc.endswith(":"):
        raise InvalidName("it has a user or an empty port")
    return ServerName.parse(netloc).host
