"""One generation, open: read by anybody, written by the one process that holds its lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import tantivy

from webring.directory.listing import Listing
from webring.errors import SearchError
from webring.names import RoomId
from webring.search import generations, schema
from webring.search.generations import NOTHING, Applied

HEAP: Final = 32_000_000
"""Bytes that the follower's writer may use; tantivy wants 15 MB a thread."""


@contextmanager
def damage_told() -> Iterator[None]:
    """Whatever tantivy raises on files it cannot read becomes a `SearchError`.

    A panic of its Rust code arrives as an exception outside of `Exception`, known by its name.
    """
    try:
        yield
    except (ValueError, OSError, RuntimeError, SystemError) as error:
        raise SearchError(f"the search index cannot be used: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise SearchError(f"the search index cannot be used: {error}") from error


class Opened:
    """An open generation. `writes` says whether this object holds the writer's lock."""

    def __init__(self, path: Path, index: tantivy.Index, applied: Applied) -> None:
        self.path = path
        self.applied = applied
        self._index = index
        self._writer: tantivy.IndexWriter | None = None
        self._stamp = self._read_stamp()

    @classmethod
    def create(cls, path: Path, *, heap: int = HEAP) -> Opened:
        """A new, empty index in the empty directory `path`, with its writer."""
        with damage_told():
            index = schema.prepare(tantivy.Index(schema.SCHEMA, path=str(path)))
            opened = cls(path, index, NOTHING)
            opened._writer = index.writer(heap, 1)
        return opened

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Opened:
        """Open an existing generation; raise `SearchError` for a damaged or outdated one.

        With `write` the writer's lock is taken where it is free, and every byte is verified then;
        where another process has it, the result is a reader.
        """
        applied = generations.read_applied(path, schema.VERSION)
        if applied is None:
            raise SearchError("the search index is of another version, or was never finished")
        with damage_told():
            opened = cls(path, schema.prepare(tantivy.Index.open(str(path))), applied)
            if write:
                opened.take_over()
            opened.searcher()
        return opened

    @property
    def writes(self) -> bool:
        """Whether this object holds the writer's lock."""
        return self._writer is not None

    def take_over(self) -> bool:
        """Become the writer if nobody is; whether this object is it now.

        A new writer first verifies what the one before left: `SearchError` where that is damaged.
        """
        if self._writer is None:
            try:
                self._writer = self._index.writer(HEAP, 1)
            except ValueError as error:
                if "LockBusy" not in str(error):
                    raise SearchError(f"the search index cannot be written: {error}") from error
                return False
            generations.verify(self.path)
            self.applied = self._read_applied()
        return True

    def searcher(self) -> tantivy.Searcher:
        """A view of the last commit, our own or (noticed by the file's stamp) another process's."""
        stamp = self._read_stamp()
        if stamp != self._stamp:
            self._index.reload()
            self._stamp = stamp
            if self._writer is None:
                self.applied = self._read_applied()
        return self._index.searcher()

    def stage(self, upserts: Iterable[Listing], removes: Iterable[RoomId] = ()) -> None:
        """Add to what the next commit writes. A listing replaces the one of the same room."""
        with damage_told():
            for room_id in removes:
                self._writing().delete_documents_by_term("id", str(room_id))
            for listing in upserts:
                self._writing().delete_documents_by_term("id", str(listing.room_id))
                self._writing().add_document(schema.document(listing))

    def load(self, listings: Iterable[Listing]) -> None:
        """Add listings that are known to be new: quicker than `stage`."""
        with damage_told():
            for listing in listings:
                self._writing().add_document(schema.document(listing))

    def commit(self, applied: Applied) -> None:
        """Write all that was staged, show it, and remember what is applied."""
        with damage_told():
            self._writing().commit()
            generations.write_applied(self.path, schema.VERSION, applied)
            self.applied = applied
            self._index.reload()

    def close(self) -> None:
        """Let the lock go, after merges that still run."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with damage_told():
                writer.wait_merging_threads()

    def abandon(self) -> None:
        """Let the lock go, and what was staged: searches go on with the last commit."""
        self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise SearchError("another process writes the search index")
        return self._writer

    def _read_applied(self) -> Applied:
        return generations.read_applied(self.path, schema.VERSION) or NOTHING

    def _read_stamp(self) -> tuple[int, int]:
        try:
            status = (self.path / "meta.json").stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_mtime_ns
