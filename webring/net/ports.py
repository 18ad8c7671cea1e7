"""Ports of this machine, for those who are about to listen. Nothing is dialled here."""

from __future__ import annotations

import socket
from typing import Final

from webring.errors import Unavailable

Socket = socket.socket
"""One end of connections; whoever serves takes it as it is."""
LOOPBACK: Final = "127.0.0.1"


def free_port(ip: str = LOOPBACK) -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((ip, 0))
        port: int = probe.getsockname()[1]
        return port


def bound(host: str, port: int, setting: str) -> list[socket.socket]:
    """Sockets that have the port to themselves, of every address of `host`, and do not listen yet.

    Raises `Unavailable`, naming the `setting` that the port stands in, where there is none.
    """
    try:
        places = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        sockets = [_bound(family, address) for family, _, _, _, address in dict.fromkeys(places)]
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(
            f"{host}:{port} cannot be listened on ({why}): end what does, or set {setting}"
        ) from None
    return sockets


def inherited(descriptor: int) -> socket.socket:
    """A socket that the process which began this one has bound."""
    return socket.socket(fileno=descriptor)


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def can_bind(port: int, ip: str = LOOPBACK) -> bool:
    """Whether we may listen there, and nobody does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError:
            return False
    return True
