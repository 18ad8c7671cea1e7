"""Empty databases for the sample instances: made once, and copied.

To make one takes a second of work, which three processes that begin together do not have.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from webring.storage.address import FILE_NAME
from webring.storage.database import Database


async def make_databases(data_dirs: Iterable[Path]) -> None:
    """Put a database into each of these directories that has none."""
    new = [each for each in data_dirs if not (each / FILE_NAME).exists()]
    if not new:
        return
    first, *others = new
    await (await Database.open("", first)).close()
    for other in others:
        shutil.copy(first / FILE_NAME, other)
