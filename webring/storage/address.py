"""Where the database is."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from webring.clock import SECOND
from webring.errors import ConfigError

FILE_NAME: Final = "webring.sqlite3"
"""The embedded database's file in the data directory."""
CONNECT_TIMEOUT: Final = 10 * SECOND
_OPTIONS: Final = frozenset({"host", "port", "sslmode"})


def postgres_credentials(url: str) -> dict[str, Any]:
    """asyncpg's arguments from "postgres://user:password@host:port/name?sslmode=require".

    `?host=/directory` names a Unix socket, as in libpq. Raises `ConfigError`; its sentence never
    holds the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError('"database" is not a URL like postgres://user@host/name') from None
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(options.keys() - _OPTIONS):
        raise ConfigError(f'"database" has an unknown option {unknown[0]!r}')
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ConfigError('"database" names no database: postgres://user@host/NAME')
    credentials: dict[str, Any] = {
        "host": options.get("host") or parts.hostname or "localhost",
        "port": int(options.get("port") or port or 5432),
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or "") or None,
        "database": name,
        "timeout": CONNECT_TIMEOUT / SECOND,
    }
    if "sslmode" in options:
        credentials["ssl"] = options["sslmode"]
    return credentials
