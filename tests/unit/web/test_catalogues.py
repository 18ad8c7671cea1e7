"""Every sentence of the templates has its translation, with the same gaps to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webring.web
from webring.web.languages import SOURCE, available

WEB = Path(webring.web.__file__).parent
GAPS = re.compile(r"%\(\w+\)s")


@pytest.mark.parametrize("language", [each for each in available() if each != SOURCE])
def test_the_catalogue_is_complete(language: str) -> None:
    with (WEB / "locale" / language / "LC_MESSAGES" / "webring.po").open("rb") as text:
        catalogue = read_po(text, locale=language)
    for _, line, message, _, _ in extract_from_dir(
        WEB / "templates", method_map=[("**.html", "jinja2.ext:babel_extract")]
    ):
        first = message if isinstance(message, str) else message[0]
        entry = catalogue.get(first)
        assert entry is not None, f"{first!r} (line {line}) is not in {language}"
        translated = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(translated), f"{first!r} is not translated into {language}"
        for each in translated:
            assert set(GAPS.findall(each)) == set(GAPS.findall(first)), each
