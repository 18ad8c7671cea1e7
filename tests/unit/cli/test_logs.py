"""A record is one line, whoever's words are in it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.cli import logs
from webring.cli.logs import Json, Plain, escaped
from webring.settings import LogSettings

HOSTILE = {
    "an escape sequence": ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
    "a control sequence of one byte": ("\x9b31m", r"\x9b31m"),
    "a second record": (
        "x\n2026-01-01 ERROR webring: owned",
        r"x\n2026-01-01 ERROR webring: owned",
    ),
    "a line that is written over": ("bad\rgood", r"bad\rgood"),
    "writing turned around": ("a\u202egpj.exe", r"a\u202egpj.exe"),
    "letters that nobody sees": ("a\u200bb\ufeff\U000e0041", r"a\u200bb\ufeff\U000e0041"),
    "line and paragraph separators": ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\x85d"),
    "half a character": ("a\ud800b", r"a\ud800b"),
    "nothing at all": ("a\x00b\x7fc", r"a\x00b\x7fc"),
    "a tab": ("a\tb", r"a\tb"),
}


def record(message: str, *args: Any, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("webring.x", logging.WARNING, "x.py", 1, message, args, trace)


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_not_seen_is_written_as_its_escape(case: str) -> None:
    text, expected = HOSTILE[case]
    assert escaped(text) == expected
    line = Plain().format(record("%s did not answer: %s", text, text))
    assert line.endswith(f"WARNING webring.x: {expected} did not answer: {expected}")
    read = json.loads(Json().format(record("%s did not answer", text)))
    assert read["message"] == f"{expected} did not answer"
    assert (read["event"], read["level"]) == ("%s did not answer", "warning")


def test_what_people_write_stays() -> None:
    for text in ("Gärten & Höfe", "庭", "сад", "حديقة", "🐝", 'a "b" \\ c'):
        assert escaped(text) == text
        assert json.loads(Json().format(record("%s", text)))["message"] == text


@given(st.text(), st.text())
def test_no_words_make_a_line_or_move_a_cursor(name: str, words: str) -> None:
    plain = Plain().format(record("%s: %s", name, words))
    assert plain.isprintable()
    line = Json().format(record("%s: %s", name, words))
    assert line.isprintable()
    assert all(str(value).isprintable() for value in json.loads(line).values())


def failed(words: str) -> BaseException:
    try:
        raise ValueError(words)
    except ValueError as error:
        return error


@given(st.text())
def test_no_words_in_a_traceback_make_a_record(words: str) -> None:
    first, *others = Plain().format(record("It failed", error=failed(words))).split("\n")
    assert first.endswith("WARNING webring.x: It failed")
    assert all(line.startswith(logs.MORE) and line.isprintable() for line in others)
    read = json.loads(Json().format(record("It failed", error=failed(words))))
    assert read["error"]["type"] == "ValueError"
    assert all(line.isprintable() for line in read["error"]["trace"])


def test_what_does_not_fit_its_message_is_logged_all_the_same() -> None:
    assert "%d of %s" in Plain().format(record("%d of %s", "\x1b"))
    assert "\x1b" not in Plain().format(record("%d of %s", "\x1b"))


def test_a_long_message_is_cut() -> None:
    line = Plain().format(record("%s", "a" * 1_000_000))
    assert len(line) < logs.MAX_MESSAGE + 200
    assert line.endswith("(1000000 characters)")


@pytest.mark.parametrize(
    ("level", "verbose", "shown"),
    {
        "warnings alone": ("warning", False, ["warning"]),
        "as it is by default": ("info", False, ["info", "warning"]),
        "everything, by the command line": ("error", True, ["debug", "info", "warning"]),
    }.values(),
)
def test_levels(
    level: Any, verbose: bool, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.begin(LogSettings(level, "json"), verbose=verbose)
        for each in ("debug", "info", "warning"):
            getattr(logging.getLogger("webring.x"), each)("%s", each)
        sys.stderr.flush()
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level = before
    said = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert said == shown
