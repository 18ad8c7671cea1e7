"""Names, parsed once at the edge: whoever holds one of these types need not check it again.

Each is a `str` (so that it stores, prints and compares as one) that only `parse` makes. Grammar:
Matrix specification, appendices, "Identifier grammar"; room ids of version 12 have no server part.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final, Self
from urllib.parse import urlsplit

from webring.errors import InvalidName

MAX_SERVER_NAME: Final = 230
"""Characters. Matrix bounds a whole identifier to 255 bytes."""
MAX_IDENTIFIER: Final = 255
"""Bytes of UTF-8."""
MAX_SLUG: Final = 64
MAX_URL: Final = 2_048

_DNS_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that resolvers take for part of an IPv4 address (URL standard, host parsing)."""
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SLUG = re.compile(rf"[a-z0-9-]{{1,{MAX_SLUG}}}")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_MXC_MEDIA = re.compile(r"[A-Za-z0-9_-]{1,255}")


class ServerName(str):
    """A Matrix server name in lower case: a host or IP literal with an optional port."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a server name; raise `InvalidName` for anything else."""
        if not isinstance(text, str) or not 0 < len(text) <= MAX_SERVER_NAME:
            raise InvalidName(
                f"a server name has 1 to {MAX_SERVER_NAME} characters, not {_seen(text)}"
            )
        name = text.lower()
        host, port = _split_port(name)
        if port is not None and (not _PORT.fullmatch(port) or int(port) > 65_535):
            raise InvalidName(f"the port of a server name is 1 to 65535, not {_seen(port)}")
        if not _is_host(host):
            raise InvalidName(f"{_seen(text)} is not a server name: its host is malformed")
        return cls(name)

    @property
    def host(self) -> str:
        """The name without its port; an IPv6 literal keeps its brackets."""
        return _split_port(self)[0]

    @property
    def port(self) -> int | None:
        """The port, where one is written."""
        port = _split_port(self)[1]
        return int(port) if port is not None else None

    @property
    def is_loopback(self) -> bool:
        """Whether it names the very machine that asks (RFC 6761, section 6.3, or an address)."""
        host = self.host
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IPv4 or IPv6 literal."""
        return self.startswith("[") or _is_ipv4(self.host)


class RoomId(str):
    """`!opaque:server`, or `!opaque` alone (room version 12)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a room id; raise `InvalidName` for anything else."""
        name = _identifier(text, "!", "room id")
        local, colon, server = name[1:].partition(":")
        if not local:
            raise InvalidName(f"{_seen(text)} is not a room id: nothing stands after the '!'")
        if colon:
            ServerName.parse(server)
        return cls(name)


class RoomAlias(str):
    """`#local:server`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a room alias; raise `InvalidName` for anything else."""
        name = _identifier(text, "#", "room alias")
        local, colon, server = name[1:].partition(":")
        if not local or not colon:
            raise InvalidName(f"{_seen(text)} is not a room alias like #room:server")
        return cls(f"#{local}:{ServerName.parse(server)}")

    @property
    def server(self) -> ServerName:
        """The server that answers for this alias."""
        return ServerName(self.partition(":")[2])

    @property
    def local(self) -> str:
        """What stands between `#` and the first colon."""
        return self[1:].partition(":")[0]


class Slug(str):
    """`[a-z0-9-]{1,64}`: a community's id within its instance, or a ring's within its founder."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a slug; raise `InvalidName` for anything else."""
        if not isinstance(text, str) or not _SLUG.fullmatch(text):
            raise InvalidName(f"a slug is 1 to {MAX_SLUG} of a-z, 0-9 and '-', not {_seen(text)}")
        return cls(text)


class _Owned(str):
    """`slug:instance`, split at the first colon (an instance's name may have a port)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `slug:instance`; raise `InvalidName` for anything else."""
        if not isinstance(text, str) or ":" not in text:
            raise InvalidName(f"{_seen(text)} is not of the form slug:instance")
        slug, _, instance = text.partition(":")
        return cls(f"{Slug.parse(slug)}:{ServerName.parse(instance)}")

    @property
    def slug(self) -> Slug:
        """What stands before the first colon."""
        return Slug(self.partition(":")[0])

    @property
    def instance(self) -> ServerName:
        """The instance, after the first colon."""
        return ServerName(self.partition(":")[2])


class RingId(_Owned):
    """A ring: its slug and its founding instance."""

    __slots__ = ()


class CommunityId(_Owned):
    """A community: its slug and the instance that presents it."""

    __slots__ = ()


class MxcUri(str):
    """`mxc://server/media`, by the specification's alphabet only."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a content URI; raise `InvalidName` for anything else."""
        if not isinstance(text, str) or not text.startswith("mxc://"):
            raise InvalidName(f"{_seen(text)} is not a content URI like mxc://server/media")
        server, _, media = text[len("mxc://") :].partition("/")
        if not _MXC_MEDIA.fullmatch(media):
            raise InvalidName(f"{_seen(text)} has a malformed media id")
        return cls(f"mxc://{ServerName.parse(server)}/{media}")


class PeerUrl(str):
    """An instance's base URL: scheme, host and optional port and path, without a trailing slash."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: object, *, allow_http: bool = False) -> Self:
        """Read a base URL; raise `InvalidName` for anything but https (or http where allowed)."""
        if not isinstance(text, str) or len(text) > MAX_URL or _CONTROL.search(text):
            raise InvalidName(f"{_seen(text)} is not a base URL")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise InvalidName(f"{_seen(text)} is not a URL: {error}") from None
        if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
            raise InvalidName(f"a base URL begins with https://, not {_seen(text)}")
        if parts.username is not None or parts.query or parts.fragment or "\\" in text:
            raise InvalidName(f"a base URL has no user, query or fragment: {_seen(text)}")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
        name = ServerName.parse(host if port is None else f"{host}:{port}")
        return cls(f"{parts.scheme}://{name}{parts.path.rstrip('/')}")

    @property
    def server_name(self) -> ServerName:
        """This URL's host as a Matrix server name; its port unless it is the scheme's own."""
        parts = urlsplit(self)
        name = ServerName(parts.netloc)
        default = 443 if parts.scheme == "https" else 80
        return ServerName(name.host) if name.port == default else name


def _split_port(name: str) -> tuple[str, str | None]:
    if name.startswith("["):
        host, bracket, rest = name.partition("]")
        return host + bracket, rest[1:] if rest.startswith(":") else (rest or None)
    host, colon, port = name.rpartition(":")
    return (host, port) if colon else (name, None)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return host.endswith("]") and "%" not in host and _is_ip(host[1:-1], ipaddress.IPv6Address)
    if _is_ipv4(host):
        return True
    labels = host.split(".")
    return not _NUMBER.fullmatch(labels[-1]) and all(
        _DNS_LABEL.fullmatch(label) for label in labels
    )


def _is_ipv4(host: str) -> bool:
    return _is_ip(host, ipaddress.IPv4Address)


def _is_ip(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _identifier(text: object, sigil: str, kind: str) -> str:
    if not isinstance(text, str) or not text.startswith(sigil):
        raise InvalidName(f"a {kind} begins with '{sigil}', not {_seen(text)}")
    if _CONTROL.search(text) or not _fits(text):
        raise InvalidName(
            f"a {kind} has at most {MAX_IDENTIFIER} bytes and no spaces, not {_seen(text)}"
        )
    return text


def _fits(text: str) -> bool:
    try:
        return len(text.encode()) <= MAX_IDENTIFIER
    except UnicodeEncodeError:
        return False


def _seen(text: object, limit: int = 80) -> str:
    """What was seen, safe to print: quoted, escaped and cut."""
    shown = ascii(text) if isinstance(text, str) else type(text).__name__
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
