"""The tree of errors is as its docstring draws it, and every one can speak."""

from __future__ import annotations

import re
from typing import TypeVar

import pytest

from webring import errors
from webring.errors import BackingOff, FetchError, RateLimited, RequestError, WebringError

Kind = TypeVar("Kind", bound=WebringError)


def tree(kind: type[Kind]) -> list[type[Kind]]:
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


KINDS = {kind.__name__: kind for kind in tree(WebringError) if kind.__module__ == errors.__name__}
DRAWN = re.findall(r"^    (?:[| ]*[|`]-- )?([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)


def test_the_drawing_is_the_tree() -> None:
    assert list(KINDS) == DRAWN


@pytest.mark.parametrize("name", KINDS)
def test_an_error_without_words_says_what_its_docstring_says(name: str) -> None:
    error = KINDS[name].__new__(KINDS[name])
    assert error.sentence == (KINDS[name].__doc__ or "").strip()


@pytest.mark.parametrize("name", KINDS)
def test_an_error_says_what_it_was_given(name: str) -> None:
    kind = KINDS[name]
    extra = {
        "StatusRefused": {"status": 403},
        "BackingOff": {"until": 1},
        "RateLimited": {"retry_after": 1},
    }.get(name, {})
    assert kind("one sentence", **extra).sentence == "one sentence"


def test_every_way_to_fail_a_fetch_has_a_word_of_its_own() -> None:
    reasons = [kind.reason for kind in tree(FetchError)]
    assert len(reasons) == len(set(reasons))


def test_every_refusal_has_a_status_and_matrix_words() -> None:
    for kind in tree(RequestError):
        assert 400 <= kind.status < 600
        assert kind.errcode.startswith("M_")


def test_times_are_carried() -> None:
    assert BackingOff("x", until=5).until == 5
    assert RateLimited("x", retry_after=7).retry_after == 7
