"""A damaged index is noticed when it is opened, and served by nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.listings import listing
from tests.integration.search.asking import rooms
from tests.integration.search.conftest import OpenIndex, fill
from webring.search import generations
from webring.search.index import SearchIndex


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 4] ^= 0xFF
    path.write_bytes(data)


def _garbage(path: Path) -> None:
    path.write_text('{"segments": [')


HARM: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "cut off": _cut,
    "emptied": _empty,
    "one byte changed": _flip,
}
KINDS = ["store", "term", "idx", "pos", "fast", "fieldnorm", "del"]


@pytest.fixture
def generation(index: SearchIndex, root: Path) -> Path:
    """A closed index of two listings and a deletion."""
    fill(index, [listing("a", "Rust"), listing("b", "Zig"), listing("c", "Ada")], 5)
    index.apply([], [listing("c").room_id], 6)
    index.close()
    path = generations.current(root)
    assert path is not None
    return path


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
@pytest.mark.parametrize("kind", KINDS)
def test_a_harmed_file(
    open_index: OpenIndex, generation: Path, kind: str, harm: Callable[[Path], object]
) -> None:
    for path in generation.glob(f"*.{kind}"):
        harm(path)
    index = open_index()
    assert index.needs_rebuild
    assert index.damage
    assert rooms(index, "rust") == []
    fill(index, [listing("a", "Rust")], 6)
    assert (index.needs_rebuild, rooms(index, "rust")) == (False, ["a"])


WHOLE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "meta.json garbled": ("meta.json", _garbage),
    "meta.json emptied": ("meta.json", _empty),
    "meta.json deleted": ("meta.json", Path.unlink),
    "record garbled": (generations.APPLIED, _garbage),
    "record deleted": (generations.APPLIED, Path.unlink),
    "record of another version": (
        generations.APPLIED,
        lambda path: path.write_text('{"schema": 0, "sequence": 6}'),
    ),
    "pointer garbled": ("../current", lambda path: path.write_bytes(b"\xff\x00")),
    "pointer elsewhere": ("../current", lambda path: path.write_text("../../etc")),
    "pointer to nothing": ("../current", lambda path: path.write_text("g-99\n")),
    "pointer deleted": ("../current", Path.unlink),
}


@pytest.mark.parametrize(("name", "harm"), WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("write", [True, False], ids=["writer", "reader"])
def test_a_harmed_index(
    open_index: OpenIndex, generation: Path, name: str, harm: Callable[[Path], object], write: bool
) -> None:
    harm(generation / name)
    index = open_index(write=write)
    assert index.needs_rebuild
    assert rooms(index, "rust") == []


def test_an_unharmed_one_is_not_suspected(open_index: OpenIndex, generation: Path) -> None:
    index = open_index()
    assert (index.needs_rebuild, index.damage, index.sequence) == (False, "", 6)
    assert rooms(index, "rust") == ["a"]


def test_a_file_that_vanishes_under_a_reader_is_survived(
    open_index: OpenIndex, generation: Path
) -> None:
    index = open_index()
    for path in generation.glob("*.store"):
        path.unlink()
    assert rooms(index, "rust") == ["a"]


class PanicException(BaseException):
    """As a panic in Rust arrives."""


@pytest.mark.parametrize(
    "raised", [ValueError("an IO error"), PanicException("index out of range")]
)
def test_damage_that_shows_itself_while_searching(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def broken(*_: object) -> None:
        raise raised

    with monkeypatch.context() as patched:
        patched.setattr("webring.search.finding.find", broken)
        assert rooms(index, "rust") == []
    assert index.needs_rebuild
    assert str(raised) in index.damage
    fill(index, [listing("a", "Rust")])
    assert rooms(index, "rust") == ["a"]


def test_an_interrupt_is_no_damage(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("webring.search.finding.find", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rooms(index, "rust")
    assert not index.needs_rebuild
