"""The stylesheet and the icons: where they are, and how long they may be kept."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""For an address that names its version."""
FOR_A_WHILE: Final = "public, max-age=3600"
STYLE: Final = "style.css"


class Static(StaticFiles):
    """Files that browsers keep: for ever where the address names the version of the stylesheet."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        named = QueryParams(scope["query_string"]).get("v")
        versioned = path == STYLE and named == style_version()
        response.headers["Cache-Control"] = FOR_EVER if versioned else FOR_A_WHILE
        return response


def static_directory() -> Path:
    """Where the files are: in the wheel, or beside the package."""
    installed = Path(__file__).parent.parent / "static"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "static"


@cache
def style_version() -> str:
    """The beginning of the stylesheet's hash."""
    return hashlib.sha256((static_directory() / STYLE).read_bytes()).hexdigest()[:12]
