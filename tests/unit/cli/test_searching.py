"""What `webring search` prints of what was found."""

from __future__ import annotations

import pytest

from tests.fakes.listings import listing
from webring.cli import searching
from webring.search.service import SearchResult


def test_a_table_holds_words_and_not_what_is_meant_for_crawlers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bees = listing("bees", "Bees", topic="Swarms [webring:garden.example]\nand honey")
    searching._print(SearchResult((bees,), total=1))
    printed = capsys.readouterr().out
    assert "Swarms and honey" in printed
    assert "[webring:" not in printed
    assert "1 of 1." in printed
    assert "some of them" not in printed


def test_it_says_when_only_some_words_were_met(capsys: pytest.CaptureFixture[str]) -> None:
    searching._print(SearchResult((listing("bees", "Bees"),), total=1, some_words=True))
    assert "this has some of them" in capsys.readouterr().out
    searching._print(SearchResult(hidden_found=2))
    printed = capsys.readouterr().out
    assert "Nothing matches." in printed
    assert "--found shows them" in printed
