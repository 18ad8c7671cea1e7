"""What commands print is harmless, whoever wrote it."""

from __future__ import annotations

import json

import pytest

from webring.cli.printing import distance, print_json, print_table, say, when
from webring.clock import DAY, HOUR, MINUTE, SECOND

NOW = 1_790_000_000_000
HOSTILE = "\x1b]0;owned\x07\x1b[2J[red]x[/red]\u202etxt\u200b\r\n:smile:"


@pytest.mark.parametrize("show", [say, lambda text: print_table(["a"], [[text]], empty="")])
def test_text_from_outside_moves_no_cursor(
    show: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(show)
    show(HOSTILE)
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x07\r\u202e\u200b")
    assert "[red]x[/red]" in printed  # no markup of ours either
    assert ":smile:" in printed


def test_json_is_ascii_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": HOSTILE})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert "\x1b" not in printed
    assert json.loads(printed) == {"name": HOSTILE}


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "why"], [("a", "b " * 200), ("c", "d")], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "b b" in lines[2]


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name"], [], empty="There is none.")
    assert capsys.readouterr().out == "There is none.\n"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, "never"),
        (NOW - 3 * HOUR, "3 h ago"),
        (NOW + 20 * MINUTE, "in 20 min"),
        (NOW - 5 * SECOND, "5 s ago"),
        (NOW - 40 * DAY, "40 d ago"),
        (NOW, "0 s ago"),
    ],
)
def test_times_are_told_from_now(at: int | None, words: str) -> None:
    assert distance(at, NOW) == words


def test_times_are_utc() -> None:
    assert (when(0), when(None)) == ("1970-01-01 00:00 UTC", "never")
