"""The files for a site that serves its embed itself, as one archive. Pure."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Final

from markupsafe import escape

from webring.names import RingId
from webring.rings.site import LEFT_REL, WELL_KNOWN_PATH
from webring.rings.site_file import FileWord
from webring.web.embed import button
from webring.web.embed.button import Button
from webring.web.embed.files import ELEMENT, embed_file
from webring.web.embed.options import Form, Options
from webring.web.embed.place import Place
from webring.web.embed.snippets import OWN_FOLDER, snippet

_MODE: Final = 0o100644 << 16
"""A plain file that everybody may read."""
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""What ZIP calls the beginning: the same files make the same archive."""


def consent(ring: RingId, url: str) -> bytes:
    """The site's half of the consent as a file (`docs/protocol.md`, "Consent has two halves")."""
    return _word(FileWord.MEMBER, ring, url)


def farewell(member_page: str) -> str:
    """The line by which a page says that the site has left; `member_page` is its member's page at
    the ring's host or a mirror.
    """
    return f'<link rel="{LEFT_REL}" href="{escape(member_page)}">'


def departure(ring: RingId, url: str) -> bytes:
    """The file by which a site says that it has left."""
    return _word(FileWord.LEFT, ring, url)


def _word(word: FileWord, ring: RingId, url: str) -> bytes:
    content = {word.value: [{"ring": ring, "url": url}]}
    return f"{json.dumps(content, ensure_ascii=False, indent=2)}\n".encode()


def files(place: Place, options: Options, picture: Button, site_url: str) -> dict[str, bytes]:
    """Each file's content by its path from the site's root.

    `site_url` is the member's URL; "" for a community, whose consent stands in its instance's
    manifest.
    """
    pasted = snippet(place, replace(options, form=Form.OWN))
    found = {
        f"{OWN_FOLDER}/{ELEMENT}": embed_file().data,
        f"{OWN_FOLDER}/button.svg": button.svg(picture),
        f"{OWN_FOLDER}/button.png": button.png(picture),
        f"{OWN_FOLDER}/snippet.html": pasted.encode(),
    }
    if site_url:
        found[WELL_KNOWN_PATH] = consent(place.ring, site_url)
    return {path.removeprefix("/"): data for path, data in found.items()}


def archive(content: dict[str, bytes]) -> bytes:
    """Files as a ZIP archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, data)
    return written.getvalue()
