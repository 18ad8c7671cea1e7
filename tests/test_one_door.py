"""Nothing but `webring.net` opens connections or asks name servers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "webring"
DOOR = ROOT / "net"
FORBIDDEN = {
    "httpx": "an HTTP client",
    "httpcore": "an HTTP client",
    "aiohttp": "an HTTP client",
    "requests": "an HTTP client",
    "urllib3": "an HTTP client",
    "h11": "an HTTP client",
    "urllib.request": "an HTTP client",
    "urllib.robotparser": "it fetches by itself",
    "http.client": "an HTTP client",
    "ftplib": "a network client",
    "smtplib": "a network client",
    "xmlrpc.client": "a network client",
    "websockets": "a network client",
    "socket": "a raw connection",
    "socketserver": "a raw connection",
    "ssl": "a connection's other half",
    "dns": "a resolver",
    "asyncio.streams": "a raw connection",
    "trio": "another event loop's connections",
}
CALLS = {
    "open_connection",
    "create_connection",
    "open_unix_connection",
    "create_datagram_endpoint",
    "sock_connect",
    "getaddrinfo",
    "gethostbyname",
    "connect_tcp",
    "urlopen",
    "urlretrieve",
}
EXCEPTIONS = {
    "webring/storage": {"create_connection"},  # tortoise's word for opening a database
}

FILES = sorted(path for path in ROOT.rglob("*.py") if DOOR not in path.parents)


def name(path: Path) -> str:
    return path.relative_to(ROOT.parent).as_posix()


def imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def called(tree: ast.AST) -> set[str]:
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def ways_out(source: str, allowed: frozenset[str] = frozenset()) -> set[str]:
    """The forbidden modules and calls that `source` uses."""
    tree = ast.parse(source)
    modules = {
        module
        for module in FORBIDDEN
        if any(used == module or used.startswith(f"{module}.") for used in imported(tree))
    }
    return (modules | (called(tree) & CALLS)) - allowed


@pytest.mark.parametrize("path", FILES, ids=name)
def test_there_is_one_door(path: Path) -> None:
    allowed = {
        word
        for folder, words in EXCEPTIONS.items()
        if name(path).startswith(folder)
        for word in words
    }
    found = ways_out(path.read_text(), frozenset(allowed))
    assert not found, f"{name(path)} goes round webring.net: {sorted(found)}"


SNEAKS = {
    "import httpx": {"httpx"},
    "import httpx as h": {"httpx"},
    "from httpx import AsyncClient": {"httpx"},
    "import urllib.request": {"urllib.request"},
    "from urllib import request": {"urllib.request"},
    "from urllib.request import urlopen": {"urllib.request"},
    "import dns.asyncresolver": {"dns"},
    "import asyncio\nasyncio.open_connection('a', 1)": {"open_connection"},
    "import anyio\nanyio.connect_tcp('a', 1)": {"connect_tcp"},
    "loop.getaddrinfo('a', 1)": {"getaddrinfo"},
    "def late():\n    import socket": {"socket"},
    "from urllib.parse import urlsplit": set(),
}


@pytest.mark.parametrize("source", SNEAKS)
def test_the_guard_sees_what_it_should(source: str) -> None:
    assert ways_out(source) == SNEAKS[source]
