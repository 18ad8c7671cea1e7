"""What goes wrong becomes one line for a person and an exit code for a script, here alone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from webring.errors import (
    ConfigError,
    DocumentError,
    FetchError,
    InvalidName,
    RequestError,
    SearchError,
    StorageError,
    WebringError,
)
from webring.text import terminal

FAILED: Final = 1
"""Anything else; and a check that found something to mend."""
USAGE: Final = 2
INTERRUPTED: Final = 130
EXIT_CODES: Final[tuple[tuple[type[WebringError], int], ...]] = (
    (InvalidName, USAGE),
    (ConfigError, 3),
    (DocumentError, 4),
    (FetchError, 5),
    (StorageError, 6),
    (SearchError, 7),
    (RequestError, FAILED),
)


@contextmanager
def failing() -> Iterator[None]:
    """Turn our errors, and the system's, into a line on standard error and an exit code."""
    try:
        yield
    except WebringError as error:
        for line in error.sentence.splitlines():
            print(f"webring: {terminal(line)}", file=sys.stderr)
        raise typer.Exit(exit_code(error)) from None
    except BrokenPipeError:
        raise  # whoever read us has had enough: typer ends quietly
    except OSError as error:
        place = f"{terminal(str(error.filename))}: " if error.filename else ""
        print(f"webring: {place}{error.strerror or error}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(INTERRUPTED) from None


def exit_code(error: WebringError) -> int:
    """The exit code of an error: see `docs/operating.md`, "Exit codes"."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), FAILED)
