"""An index of a few listings, and ways to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from webring.directory.listing import Listing
from webring.search.index import SearchIndex

OpenIndex = Callable[..., SearchIndex]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the index lives."""
    return tmp_path / "index"


@pytest.fixture
def open_index(root: Path) -> Iterator[OpenIndex]:
    """Opens the same index as often as wanted, as several processes would."""
    opened: list[SearchIndex] = []

    def open_(*, write: bool = True) -> SearchIndex:
        opened.append(SearchIndex.open(root, write=write))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def index(open_index: OpenIndex) -> SearchIndex:
    """An open index that holds nothing yet."""
    index = open_index()
    fill(index, [])
    return index


def fill(index: SearchIndex, listings: Iterable[Listing], sequence: int = 0) -> None:
    """Build the index anew of these listings."""
    build = index.begin()
    try:
        build.add(listings)
        index.publish(build, sequence)
    finally:
        build.close()
