"""The files of `static/embed/`: those that frames use, and those that were released for pages.

A released file never changes by a byte: pasted snippets name it with its hash. What has to change
becomes a file of another number, and the older ones stay (`tests/unit/web/embed/test_files.py`
holds each one's SHA-256).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from webring.web.static import static_directory

FOLDER: Final = "embed"
ELEMENT: Final = "web-ring-1.js"
"""The custom element that new snippets name."""
STYLE: Final = "frame.css"
SCRIPT: Final = "frame.js"
_VERSION_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class EmbedFile:
    """A file. `integrity` is what a page's `integrity` attribute says (SRI)."""

    name: str
    data: bytes
    sha256: str
    integrity: str

    @property
    def source(self) -> str:
        """What a Content-Security-Policy names it by, where it stands in a page."""
        return f"sha256-{base64.b64encode(bytes.fromhex(self.sha256)).decode()}"

    @property
    def version(self) -> str:
        """The beginning of its hash: for an address that changes whenever the file does."""
        return self.sha256[:_VERSION_LENGTH]


@cache
def embed_file(name: str = ELEMENT) -> EmbedFile:
    """One file, by its name in `static/embed/`; `name` is none of a stranger's."""
    data = (static_directory() / FOLDER / name).read_bytes()
    digest = base64.b64encode(hashlib.sha384(data).digest()).decode()
    return EmbedFile(name, data, hashlib.sha256(data).hexdigest(), f"sha384-{digest}")


@cache
def released() -> tuple[str, ...]:
    """The names of all files that were released."""
    return tuple(sorted(path.name for path in (static_directory() / FOLDER).glob("web-ring-*.js")))
