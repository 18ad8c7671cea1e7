"""Globs: `*` for any characters, `?` for one, as Matrix's policy rules write them.

A name is compared in time linear in its length, whatever pattern a stranger thought of: each
literal part is taken where it first occurs and never reconsidered, which finds a match wherever
there is one (Matrix specification, appendices, "Glob-style matching").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

WILD: Final = frozenset("*?")


class Globs:
    """Patterns that a name is compared with; those without a wildcard cost nothing more."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        patterns = list(dict.fromkeys(patterns))
        self._plain = {each for each in patterns if not WILD & set(each)}
        self._wild = [(each, compiled(each)) for each in patterns if each not in self._plain]

    def __bool__(self) -> bool:
        return bool(self._plain or self._wild)

    def find(self, name: str) -> str | None:
        """The first pattern that the whole of `name` matches."""
        if name in self._plain:
            return name
        return next((each for each, pattern in self._wild if pattern.fullmatch(name)), None)


def compiled(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression that never goes back to an earlier `*`."""
    # Neighbouring wildcards are put in order: "*?*" is "?*".
    runs = ["".join(run) for _, run in groupby(pattern, WILD.__contains__)]
    tidy = "".join(_run(run) if run[0] in WILD else run for run in runs)
    first, *rest = tidy.split("*")
    if not rest:
        return re.compile(_literal(first), re.DOTALL)
    *middle, last = rest
    inner = "".join(f"(?>.*?{_literal(each)})" for each in middle)
    return re.compile(f"{_literal(first)}{inner}.*{_literal(last)}", re.DOTALL)


def _run(wild: str) -> str:
    return "?" * wild.count("?") + "*" * ("*" in wild)


def _literal(text: str) -> str:
    return "".join("." if each == "?" else re.escape(each) for each in text)
