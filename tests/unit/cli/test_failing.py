"""What goes wrong becomes one line and an exit code."""

from __future__ import annotations

import pytest
import typer

from webring.cli.failing import exit_code, failing
from webring.errors import (
    BadRequest,
    BadSignature,
    ConfigError,
    InvalidName,
    LeaseLost,
    NewerSchema,
    SearchError,
    TimedOut,
    TrustError,
    WebringError,
)

CODES: dict[str, tuple[WebringError, int]] = {
    "a malformed name": (InvalidName("x"), 2),
    "wrong settings": (ConfigError("x"), 3),
    "a bad signature": (BadSignature("x"), 4),
    "not to be believed": (TrustError("x", "rollback"), 4),
    "nobody answers": (TimedOut("x"), 5),
    "a newer schema": (NewerSchema("x"), 6),
    "another process": (LeaseLost("x"), 6),
    "no index": (SearchError("x"), 7),
    "a refusal": (BadRequest("x"), 1),
    "anything else": (WebringError("x"), 1),
}


@pytest.mark.parametrize("case", CODES)
def test_every_error_has_its_exit_code(case: str) -> None:
    error, code = CODES[case]
    assert exit_code(error) == code


def test_each_problem_is_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, failing():
        raise ConfigError("one\ntwo \x1b[31mred\x07")
    assert ended.value.exit_code == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "webring: one\nwebring: two [31mred\n"


def test_an_error_without_words_says_what_its_kind_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit), failing():
        raise TimedOut("")
    assert "took longer than its budget" in capsys.readouterr().err


def test_what_the_system_refuses_is_a_line_with_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as ended, failing():
        raise PermissionError(13, "Permission denied", "/x\x1b[31m")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "webring: /x[31m: Permission denied\n"
    with pytest.raises(BrokenPipeError), failing():
        raise BrokenPipeError


def test_an_interruption_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, failing():
        raise KeyboardInterrupt
    assert (ended.value.exit_code, capsys.readouterr().err) == (130, "")


def test_what_is_not_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), failing():
        raise ZeroDivisionError
