"""What `webring serve` logs, for people or as JSON, without a raw control character.

Names, paths and errors in a log come from strangers. Whatever a terminal or a reader of logs could
take for a command, a colour, a line of its own or another direction of writing is written as its
escape (`\\x1b`, `\\n`, `\\u202e`), so that a record is one line, and says what was really sent.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from webring.settings import LogSettings

MAX_MESSAGE: Final = 8_000
"""Characters of a message, or of a line of a traceback, that are kept."""
MORE: Final = "  | "
"""Begins the lines that belong to the record above them: no line of a message can."""
QUIET: Final = ("apscheduler", "httpx", "httpcore", "tortoise", "uvicorn")
"""Loggers whose news are of no use to an operator. Visitors are not logged at all."""


def begin(settings: LogSettings, *, verbose: bool = False) -> None:
    """Log to standard error from now on; `verbose`: whatever the settings' level is, all of it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if settings.format == "json" else Plain())
    logging.basicConfig(handlers=[handler], level=_level(settings, verbose=verbose), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _level(settings: LogSettings, *, verbose: bool) -> int:
    return logging.DEBUG if verbose else logging.getLevelNamesMapping()[settings.level.upper()]


def escaped(text: str) -> str:
    """`text` on one line, without anything that is not seen but a space; cut where it is long."""
    kept = text[:MAX_MESSAGE]
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() else _escape(c) for c in kept)
    return kept if len(text) <= MAX_MESSAGE else f"{kept} ... ({len(text)} characters)"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class Plain(logging.Formatter):
    """`time LEVEL logger: message`, and a traceback on lines that begin with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's lines."""
        time = _time(record).astimezone().strftime("%Y-%m-%d %H:%M:%S%z")
        first = f"{time} {record.levelname} {escaped(record.name)}: {message(record)}"
        return "\n".join([first, *(f"{MORE}{line}" for line in trace(record))])


class Json(logging.Formatter):
    """One object a line: `time` (UTC), `level`, `logger`, `message`, and of faults `error`.

    `event` is the message before names and numbers were put into it: what is the same each time.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        content: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": escaped(record.name),
            "message": message(record),
            "event": escaped(str(record.msg)),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[0]:
            content["error"] = {"type": record.exc_info[0].__name__, "trace": list(trace(record))}
        return json.dumps(content, ensure_ascii=False)


def message(record: logging.LogRecord) -> str:
    """The record's message, escaped; one whose arguments do not fit loses none of them."""
    try:
        return escaped(record.getMessage())
    except (TypeError, ValueError, KeyError):
        return escaped(f"{record.msg} {record.args!r}")


def trace(record: logging.LogRecord) -> Iterator[str]:
    """The lines of a record's traceback, each escaped."""
    if record.exc_info and record.exc_info[0]:
        for part in traceback.format_exception(*record.exc_info):
            yield from map(escaped, part.rstrip("\n").split("\n"))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
