"""A released file never changes by a byte: snippets that were pasted name it by its hash."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re

import pytest

from webring.web.embed.files import ELEMENT, SCRIPT, STYLE, embed_file, released
from webring.web.static import static_directory

RELEASED = {
    "web-ring-1.js": "890d20b0e61bf8f6861e0ae3d5cf9dbabb410a68cf2ebc29cab57133b0942df0",
}
"""SHA-256 of every file that was ever released. Add lines; never change one."""
MOST_PACKED = 2_048
"""Bytes of the element, compressed."""


def test_every_released_file_is_here_and_none_is_missing() -> None:
    assert set(released()) == set(RELEASED)
    assert ELEMENT in RELEASED


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_file_never_changes(name: str) -> None:
    found = embed_file(name)
    assert found.sha256 == RELEASED[name], "make it a file of another number"
    assert found.data == (static_directory() / "embed" / name).read_bytes()


@pytest.mark.parametrize("name", RELEASED)
def test_its_integrity_is_the_hash_that_browsers_compute(name: str) -> None:
    found = embed_file(name)
    digest = base64.b64decode(found.integrity.removeprefix("sha384-"), validate=True)
    assert digest == hashlib.sha384(found.data).digest()


@pytest.mark.parametrize("name", RELEASED)
def test_it_is_small(name: str) -> None:
    assert len(gzip.compress(embed_file(name).data, 6)) <= MOST_PACKED


@pytest.mark.parametrize("name", [*RELEASED, SCRIPT])
def test_scripts_use_nothing_that_strict_pages_forbid(name: str) -> None:
    text = embed_file(name).data.decode()
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|srcdoc"
    assert not re.search(sinks, text)
    assert not re.search(r"\.style\b|setAttribute\(\"style|createElement\(\"(style|script)", text)
    assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB|sendBeacon", text)
    assert "http" not in text


def test_the_frame_s_script_is_named_by_its_version() -> None:
    found = embed_file(SCRIPT)
    assert found.sha256.startswith(found.version)
    assert len(found.version) == 12


def test_the_frame_s_style_asks_for_nothing() -> None:
    assert not re.search(r"url\(|@import", embed_file(STYLE).data.decode())
