"""How often adult content is inferred rightly, beside what communities declared of themselves.

Not timed: counted, in a file of communities (`data/communities.jsonl.gz`, or the one that
`WEBRING_BENCH_COMMUNITIES` names): one JSON object a line with `id`, `source`, `name`, `topic`
and, where it was declared, `nsfw`. Only sources that declare it at all count. The words were chosen
by one half, told by the parity of the SHA-256 of the ids; the other is to judge them by.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from webring.interests import is_adult

VARIABLE: Final = "WEBRING_BENCH_COMMUNITIES"
DEFAULT: Final = "data/communities.jsonl.gz"
Key = tuple[str, int]
"""A source, and the half: 0 to choose words by, 1 to judge them by."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many were inferred of one source's half, and how many of them had declared it."""

    source: str
    half: int
    right: int
    wrong: int
    missed: int
    total: int

    def __str__(self) -> str:
        precision = self.right / max(self.right + self.wrong, 1)
        recall = self.right / max(self.right + self.missed, 1)
        seen = "judging" if self.half else "choosing"
        return (
            f"{f'adult: {self.source}, {seen} half':<44} "
            f"precision {precision:.3f}  recall {recall:.3f}  "
            f"({self.right} right, {self.wrong} more, {self.missed} missed, of {self.total})"
        )


def run() -> Iterator[Score | str]:
    """The scores of each source that declares anything."""
    path = Path(os.environ.get(VARIABLE, DEFAULT))
    if not path.exists():
        yield f"adult: no communities to count in; name a file in {VARIABLE}"
        return
    counts: Counter[tuple[Key, bool, bool]] = Counter()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            counts[_counted(json.loads(line))] += 1
    declaring = {source for (source, _), declared, _ in counts if declared}
    for key in sorted({key for key, _, _ in counts if key[0] in declaring}):
        right, wrong = counts[key, True, True], counts[key, False, True]
        missed, clear = counts[key, True, False], counts[key, False, False]
        yield Score(*key, right, wrong, missed, right + wrong + missed + clear)


def _counted(entry: dict[str, Any]) -> tuple[Key, bool, bool]:
    half = hashlib.sha256(str(entry["id"]).encode()).digest()[-1] % 2
    inferred = is_adult(entry.get("name") or "", entry.get("topic") or "")
    return (str(entry["source"]), half), bool(entry.get("nsfw")), inferred
