"""The index on disk: written by one, read by many, rebuilt beside itself."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from tests.fakes.listings import listing, room_id
from tests.integration.search.asking import rooms
from tests.integration.search.conftest import OpenIndex, fill
from webring.errors import SearchError
from webring.search import generations
from webring.search.index import SearchIndex


def test_a_new_directory_needs_a_build_and_answers_meanwhile(open_index: OpenIndex) -> None:
    index = open_index()
    assert index.needs_rebuild
    assert rooms(index, "rust") == []
    with pytest.raises(SearchError, match="no search index to write"):
        index.apply([listing("a", "Rust")], [], 1)


def test_changes_are_found_when_apply_returns(index: SearchIndex) -> None:
    index.apply([listing("a", "Rust"), listing("b", "Rust two")], [], 7)
    assert rooms(index, "rust") == ["a", "b"]
    index.apply([listing("a", "Zig")], [room_id("b")], 9)
    assert rooms(index, "rust") == []
    assert rooms(index, "zig") == ["a"]
    assert (index.sequence, index.documents) == (9, 1)


def test_applying_twice_is_applying_once(index: SearchIndex) -> None:
    for _ in range(2):
        index.apply([listing("a", "Rust")], [room_id("nobody")], 7)
    assert index.documents == 1


def test_it_is_all_there_after_reopening(open_index: OpenIndex, index: SearchIndex) -> None:
    index.apply([listing("a", "Rust")], [], 7)
    index.close()
    again = open_index()
    assert (again.needs_rebuild, again.sequence, rooms(again, "rust")) == (False, 7, ["a"])


def test_a_crash_between_commit_and_record_only_replays(
    open_index: OpenIndex, index: SearchIndex, root: Path
) -> None:
    index.apply([listing("a", "Rust")], [], 7)
    generation = generations.current(root)
    assert generation is not None
    before = (generation / generations.APPLIED).read_bytes()
    index.apply([listing("b", "Rust two")], [], 8)
    index.close()
    (generation / generations.APPLIED).write_bytes(before)
    again = open_index()
    assert again.sequence == 7
    again.apply([listing("b", "Rust two")], [], 8)
    assert (again.sequence, again.documents) == (8, 2)


def test_a_second_one_reads_every_commit_and_writes_nothing(
    open_index: OpenIndex, index: SearchIndex
) -> None:
    second = open_index()
    assert index.writes
    assert not second.writes
    index.apply([listing("a", "Rust")], [], 7)
    assert (rooms(second, "rust"), second.sequence) == (["a"], 7)
    with pytest.raises(SearchError, match="another process writes the search index"):
        second.apply([listing("b", "Rust")], [], 8)
    assert not second.needs_rebuild


def test_a_reader_takes_over_once_the_writer_is_gone(
    open_index: OpenIndex, index: SearchIndex
) -> None:
    index.apply([listing("a", "Rust")], [], 7)
    second = open_index()
    assert not second.take_over()
    index.close()
    assert second.take_over()
    second.apply([listing("b", "Rust two")], [], 8)
    assert rooms(second, "rust") == ["a", "b"]


def test_a_reader_for_good_never_takes_over(open_index: OpenIndex, index: SearchIndex) -> None:
    index.close()
    reader = open_index(write=False)
    assert not reader.take_over()
    assert open_index().writes


def test_a_reader_makes_no_directory(root: Path, open_index: OpenIndex) -> None:
    assert open_index(write=False).needs_rebuild
    assert not root.exists()


def test_the_old_index_answers_until_the_new_one_is_published(index: SearchIndex) -> None:
    fill(index, [listing("old", "Rust")], 3)
    build = index.begin()
    build.add([listing("new", "Rust")])
    assert rooms(index, "rust") == ["old"]
    index.apply([listing("late", "Rust late")], [], 4)
    assert rooms(index, "rust") == ["old", "late"]
    build.apply([listing("late", "Rust late")], [])
    index.publish(build, 4)
    build.close()
    assert set(rooms(index, "rust")) == {"new", "late"}
    assert (index.sequence, index.writes) == (4, True)


def test_a_rebuild_reaches_every_reader(open_index: OpenIndex, index: SearchIndex) -> None:
    reader = open_index(write=False)
    fill(index, [listing("new", "Rust")], 5)
    assert rooms(reader, "rust") == ["new"]


def test_a_rebuild_by_another_process_reaches_the_writer(
    open_index: OpenIndex, index: SearchIndex
) -> None:
    other = open_index(write=False)
    fill(other, [listing("new", "Rust")], 5)
    assert rooms(index, "rust") == ["new"]
    assert index.take_over()
    index.apply([listing("a", "Rust too")], [], 6)
    assert rooms(other, "rust") == ["new", "a"]


def test_one_builds_at_a_time(open_index: OpenIndex, index: SearchIndex) -> None:
    build = index.begin()
    with pytest.raises(SearchError, match="being rebuilt by another process"):
        open_index(write=False).begin()
    build.close()
    index.begin().close()


def test_what_an_interrupted_build_left_is_swept(index: SearchIndex, root: Path) -> None:
    build = index.begin()
    build.add([listing("never", "Rust")])
    build.close()
    fill(index, [listing("a", "Rust")])
    assert [path.name for path in root.glob("g-*")] == [(root / "current").read_text().strip()]
    assert rooms(index, "rust") == ["a"]


def test_searches_are_never_interrupted_by_rebuilds_and_writes(index: SearchIndex) -> None:
    fill(index, [listing("a", "Rust")])
    stop, wrong = Event(), []

    def search() -> None:
        while not stop.is_set():
            found = rooms(index, "rust")
            if "a" not in found:
                wrong.append(found)

    searching = [Thread(target=search) for _ in range(2)]
    for thread in searching:
        thread.start()
    for number in range(6):
        fill(index, [listing("a", "Rust"), listing(f"b{number}", "Rust too")], number)
        index.apply([listing("c", "Rust as well")], [], number)
    stop.set()
    for thread in searching:
        thread.join()
    assert wrong == []


def test_a_failed_write_leaves_searching_alone_and_can_be_repeated(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.apply([listing("a", "Rust")], [], 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(generations, "write_applied", full)
        with pytest.raises(SearchError, match="No space left on device"):
            index.apply([listing("b", "Rust two")], [], 2)
    assert "a" in rooms(index, "rust")
    assert index.take_over()
    assert index.sequence == 1
    index.apply([listing("b", "Rust two")], [], 2)
    assert rooms(index, "rust") == ["a", "b"]
