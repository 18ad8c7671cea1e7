"""The index on disk: generations beside each other, and a pointer to the one that counts.

    index/current          one line: the name of the generation that is searched
    index/g-7/             tantivy's files, and `applied.json`: schema version and last sequence
    index/building.lock    held by whoever builds the next one

A pointer is replaced by one rename, so that a reader sees the old index or the new one, whole.
`applied.json` is written after tantivy's commit: a crash between them only replays changes.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from webring.errors import SearchError

POINTER: Final = "current"
APPLIED: Final = "applied.json"
LOCK: Final = "building.lock"
PREFIX: Final = "g-"

_KINDS: Final = frozenset({".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term"})
"""The files that every segment of tantivy has."""
_MAGIC: Final = 1_337
_TAIL: Final = struct.Struct("<II")
"""How each of tantivy's files ends: a JSON footer with a CRC-32, its length, a magic number."""


def current(root: Path) -> Path | None:
    """The generation that the pointer names; None where there is none."""
    try:
        name = (root / POINTER).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    path = root / name
    return path if name.startswith(PREFIX) and "/" not in name and path.is_dir() else None


def point_to(root: Path, generation: Path) -> None:
    """Make `generation` the one that counts, at once and for every process."""
    replace(root / POINTER, f"{generation.name}\n")


def create(root: Path) -> Path:
    """A new, empty generation."""
    taken = [int(path.name.removeprefix(PREFIX)) for path in _generations(root)]
    path = root / f"{PREFIX}{max(taken, default=0) + 1}"
    path.mkdir()
    return path


def sweep(root: Path) -> None:
    """Remove every generation but the current one. Searches that still read one go on."""
    keep = current(root)
    for path in _generations(root):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Applied:
    """The last change that an index contains: its sequence, and its mark where that is known.

    A database that was restored can give a sequence a second time: the mark tells it apart.
    """

    sequence: int = 0
    mark: str = ""


NOTHING: Final = Applied()


def read_applied(generation: Path, version: int) -> Applied | None:
    """The last change applied; None where it is unknown or of another schema."""
    try:
        fields = json.loads((generation / APPLIED).read_bytes())
        applied = Applied(fields["sequence"], fields["mark"])
        known = fields["schema"] == version
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sound = isinstance(applied.sequence, int) and isinstance(applied.mark, str)
    return applied if known and sound and applied.sequence >= 0 else None


def write_applied(generation: Path, version: int, applied: Applied) -> None:
    """Remember the last change applied."""
    fields = {"schema": version, "sequence": applied.sequence, "mark": applied.mark}
    replace(generation / APPLIED, json.dumps(fields))


def replace(path: Path, text: str) -> None:
    """Write a small file so that a crash leaves the old or the new one, never half."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def verify(generation: Path) -> None:
    """Check every byte of an index that nobody is writing; raise `SearchError` for damage."""
    try:
        meta = json.loads((generation / "meta.json").read_bytes())
        segments = {
            str(each["segment_id"]).replace("-", ""): _KINDS
            | ({".del"} if each["deletes"] else set())
            for each in meta["segments"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchError(f"the index's meta.json cannot be read: {error}") from error
    files = [path for path in generation.iterdir() if path.suffix]
    for segment, kinds in segments.items():
        of_segment = [path for path in files if path.name.startswith(segment)]
        missing = kinds - {path.suffix for path in of_segment}
        if missing:
            raise SearchError(f"the index lacks {', '.join(sorted(missing))} of {segment}")
        for path in of_segment:
            _verify_file(path)


def _verify_file(path: Path) -> None:
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            memoryview(data) as view,
        ):
            length, magic = _TAIL.unpack(data[-_TAIL.size :])
            start = len(data) - _TAIL.size - length
            expected = json.loads(data[start : -_TAIL.size])["crc"] if start >= 0 else None
            with view[: max(start, 0)] as body:
                sound = magic == _MAGIC and zlib.crc32(body) == expected
    except (OSError, struct.error, ValueError, KeyError, TypeError):
        raise SearchError(f"the index's file {path.name} is cut off") from None
    if not sound:
        raise SearchError(f"the index's file {path.name} is damaged")


def lock_building(root: Path) -> IO[bytes]:
    """Hold the right to build until the file is closed; `SearchError` while another has it."""
    root.mkdir(parents=True, exist_ok=True)
    file = (root / LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SearchError("the search index is being rebuilt by another process") from error
    return file


def _generations(root: Path) -> Iterator[Path]:
    for path in root.glob(f"{PREFIX}*"):
        if path.name.removeprefix(PREFIX).isdigit():
            yield path
