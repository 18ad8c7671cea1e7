"""The search index as the rest of the program sees it: one object, whatever happens on disk.

Rules:

- Searching always answers: from an empty index while there is none, from the old one while the
  next is built. `needs_rebuild` says that what is searched is not the whole.
- One process writes. Whoever comes second is a reader (`writes` is false) that sees every commit,
  and becomes the writer once the lock is free.
- Nothing here is a truth: the database is, and any generation may be thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final, Self, TypeVar

import tantivy

from webring.directory.listing import Listing
from webring.errors import SearchError
from webring.names import RoomId
from webring.search import finding, generations
from webring.search.finding import Facet, Hits, Place, Plan
from webring.search.generations import NOTHING, Applied
from webring.search.opened import Opened, damage_told

Answer = TypeVar("Answer")

BUILD_HEAP: Final = 64_000_000
"""Bytes that a rebuild's writer may use."""
OPEN_TRIES: Final = 3
"""A reader may meet the moment in which another process swaps generations."""
NONE_YET: Final = "there is none yet"
"""What `damage` says where nothing was ever built."""


class Superseded(SearchError):
    """Another process has built the index anew: what was written went into the old one."""


class Build:
    """The next generation, while it is filled. Nobody sees it before `SearchIndex.publish`."""

    def __init__(self, root: Path) -> None:
        self._lock = generations.lock_building(root)
        generations.sweep(root)
        self.opened = Opened.create(generations.create(root), heap=BUILD_HEAP)

    def add(self, listings: Iterable[Listing]) -> None:
        """Add listings, each for the first time."""
        self.opened.load(listings)

    def apply(self, upserts: Iterable[Listing], removes: Iterable[RoomId]) -> None:
        """Bring what was added up to date."""
        self.opened.stage(upserts, removes)

    def finish(self, applied: Applied) -> Path:
        """Commit, and let the writer go."""
        self.opened.commit(applied)
        self.opened.close()
        return self.opened.path

    def close(self) -> None:
        """Let the next one build."""
        self.opened.close()
        self._lock.close()


class SearchIndex:
    """The index under one directory."""

    def __init__(self, root: Path, *, write: bool) -> None:
        self._root = root
        self._write = write
        self._guard = Lock()
        self._opened: Opened | None = None
        self._pointer = (0, 0)
        self.damage = NONE_YET

    @classmethod
    def open(cls, path: Path, *, write: bool = True) -> Self:
        """Open the index under `path`. Never fails for what is on disk: see `needs_rebuild`.

        Without `write` it is a reader for good (`webring search` beside a running server).
        """
        index = cls(path, write=write)
        if write:
            path.mkdir(parents=True, exist_ok=True)
        index.refresh()
        return index

    @property
    def needs_rebuild(self) -> bool:
        """Whether the index is missing, damaged (`damage` says how) or of another version."""
        return self._opened is None

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes."""
        return self._opened is not None and self._opened.writes

    @property
    def applied(self) -> Applied:
        """The last change that what is searched contains."""
        return self._opened.applied if self._opened else NOTHING

    @property
    def sequence(self) -> int:
        """Its sequence."""
        return self.applied.sequence

    @property
    def documents(self) -> int:
        """How many listings can be found. `SearchError` where that cannot be read."""
        opened = self._opened
        if opened is None:
            return 0
        with damage_told():
            return opened.searcher().num_docs

    def refresh(self) -> None:
        """Follow the pointer, where another process or a rebuild has moved it."""
        if self._read_pointer() != self._pointer:
            with self._guard:
                self._reopen()

    def take_over(self) -> bool:
        """Become the writer if nobody is; whether this process is the writer now."""
        with self._guard:
            try:
                return self._write and self._opened is not None and self._opened.take_over()
            except SearchError as error:
                self._break(str(error))
                return False

    def find(self, plan: Plan, limit: int, after: Place | None = None) -> Hits:
        """Run a plan. Safe in any thread, also while the index is written or swapped."""
        return self._ask(lambda searcher: finding.find(searcher, plan, limit, after), Hits())

    def facets(self, plan: Plan, fields: Sequence[str]) -> Mapping[str, tuple[Facet, ...]]:
        """Count the values of these fields among all that a plan finds; as safe as `find`."""
        return self._ask(lambda searcher: finding.count_facets(searcher, plan, fields), {})

    def apply(
        self,
        upserts: Iterable[Listing],
        removes: Iterable[RoomId],
        sequence: int,
        mark: str = "",
    ) -> None:
        """Write changes up to `sequence`, the last one's `mark`; searched when this returns.

        Raises `SearchError` in a reader, where the index is missing, and where writing fails (a
        full disk): searches go on, and the changes may be applied again after `take_over`. It is a
        `Superseded` where another process has swapped in another generation meanwhile.
        """
        with self._guard:
            opened = self._opened
            if opened is None:
                raise SearchError(f"there is no search index to write: {self.damage}")
            try:
                opened.stage(upserts, removes)
                opened.commit(Applied(sequence, mark))
            except SearchError as error:
                opened.abandon()
                if generations.current(self._root) != opened.path:
                    raise Superseded(str(error)) from error
                raise

    def begin(self) -> Build:
        """Begin the next generation; `SearchError` while another process builds one."""
        return Build(self._root)

    def publish(self, build: Build, sequence: int, mark: str = "") -> None:
        """Swap: from now on every search, in every process, reads what was built."""
        path = build.finish(Applied(sequence, mark))
        with self._guard:
            generations.point_to(self._root, path)
            self._reopen()
        generations.sweep(self._root)

    def close(self) -> None:
        """Let files and lock go."""
        with self._guard:
            opened, self._opened = self._opened, None
            self._pointer = (0, 0)
            if opened:
                opened.close()

    def _ask(self, ask: Callable[[tantivy.Searcher], Answer], nothing: Answer) -> Answer:
        self.refresh()
        opened = self._opened
        if opened is None:
            return nothing
        try:
            with damage_told():
                return ask(opened.searcher())
        except SearchError as error:
            self._break_if(opened, str(error))
            return nothing

    def _reopen(self) -> None:
        before = self._opened
        for _ in range(OPEN_TRIES):
            self._pointer = self._read_pointer()
            path = generations.current(self._root)
            if before is not None and path == before.path:
                return
            try:
                if path is None:
                    raise SearchError(NONE_YET)
                self._opened, self.damage = Opened.open(path, write=self._write), ""
                break
            except SearchError as error:
                self._opened, self.damage = None, str(error)
        if before is not None:
            before.abandon()

    def _break_if(self, opened: Opened, why: str) -> None:
        with self._guard:
            if self._opened is opened:
                self._break(why)

    def _break(self, why: str) -> None:
        broken, self._opened, self.damage = self._opened, None, why
        if broken is not None:
            broken.abandon()

    def _read_pointer(self) -> tuple[int, int]:
        try:
            status = (self._root / generations.POINTER).stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_mtime_ns
