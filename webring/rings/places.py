"""Callers' addresses, parsed so that they can be compared: by host and path, never by prefix."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import regex

MAX_URL: Final = 2_048
"""Characters of an address that is read; a longer one is nobody's."""
MAX_HOST: Final = 253
"""Characters of a host (RFC 1035)."""
_PORTS: Final = {"https": 443, "http": 80}
_UNFIT: Final = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\\]")
"""What cannot be seen, and what browsers and parsers disagree about."""
_HOST: Final = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(f"{string.ascii_letters}{string.digits}-._~")
_SAFE: Final = "%/?#[]@!$&'()*+,;=:"


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in parts that compare. `port` is None where it is the scheme's own."""

    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    @property
    def origin(self) -> tuple[str, int | None]:
        """Host and port: http and https are one."""
        return self.host, self.port

    @property
    def loose(self) -> tuple[str, int | None, str, str]:
        """The same without fragment, and whether or not the path ends in a slash."""
        return self.host, self.port, self.path.rstrip("/"), self.query


def read_address(text: str) -> Address | None:
    """Read an http or https URL as written by a stranger; None for anything that is none.

    A URL with a user, a backslash or a control is nobody's address. Escapes are written one way
    (RFC 3986, section 6.2.2); a dot segment is none of ours to resolve.
    """
    if len(text) > MAX_URL or _UNFIT.search(text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        return None
    host = _ascii_host(parts)
    if host is None:
        return None
    return Address(
        host=host,
        port=None if port == _PORTS[parts.scheme] else port,
        path=_normal(parts.path) or "/",
        query=_normal(parts.query),
        fragment=_normal(parts.fragment),
    )


def _ascii_host(parts: SplitResult) -> str | None:
    """The host in lower-case ASCII (IDNA), an IPv6 literal in brackets."""
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if not 0 < len(host) <= MAX_HOST:
        return None
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return host if _HOST.fullmatch(host) else None


def _normal(text: str) -> str:
    """Escapes in upper case, none where none is needed, and one wherever it is."""
    if text.isalnum() and text.isascii():
        return text
    return _ESCAPE.sub(_escape, quote(text, safe=_SAFE))


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
