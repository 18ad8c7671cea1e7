"""Every sentence of the templates has its translation, with the same gaps to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webring.web
from webring.crawler.explain import MENDING, SENTENCES
from webring.errors import MethodNotAllowed, NotFound, StorageUnavailable
from webring.moderation import reasons, reporting
from webring.rings import explaining, telling
from webring.web.errors import shape
from webring.web.languages import SOURCE, available
from webring.web.rendering import sentence

WEB = Path(webring.web.__file__).parent
GAPS = re.compile(r"%\(\w+\)s")
LANGUAGES = [each for each in available() if each != SOURCE]
ELSEWHERE = {
    *SENTENCES.values(),
    *filter(None, MENDING.values()),
    *telling.SENTENCES.values(),
    *telling.REASONS.values(),
    *explaining.SUMMARIES.values(),
    *explaining.RING_HALVES.values(),
    *explaining.SENTENCES.values(),
    *reasons.REPORTED.values(),
    *reasons.DELISTED.values(),
    *reasons.KINDS.values(),
    sentence(reporting.UNCHOSEN),
    sentence(reporting.UNSAID),
    NotFound().sentence,
    MethodNotAllowed().sentence,
    shape(StorageUnavailable()).sentence,
    shape(ZeroDivisionError()).sentence,
}
"""Sentences that pages show and no template holds."""


def catalogue_of(language: str) -> Catalog:
    with (WEB / "locale" / language / "LC_MESSAGES" / "webring.po").open("rb") as text:
        return read_po(text, locale=language)


def in_templates() -> dict[str, int]:
    """The line of each sentence in some template."""
    found = extract_from_dir(
        WEB / "templates", method_map=[("**.html", "jinja2.ext:babel_extract")]
    )
    return {
        message if isinstance(message, str) else message[0]: line
        for _, line, message, _, _ in found
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_complete(language: str) -> None:
    catalogue = catalogue_of(language)
    for first, line in {**in_templates(), **dict.fromkeys(ELSEWHERE, 0)}.items():
        entry = catalogue.get(first)
        assert entry is not None, f"{first!r} (line {line}) is not in {language}"
        translated = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(translated), f"{first!r} is not translated into {language}"
        for each in translated:
            assert set(GAPS.findall(each)) == set(GAPS.findall(first)), each


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    said = in_templates().keys() | ELSEWHERE
    kept = {
        entry.id if isinstance(entry.id, str) else entry.id[0]
        for entry in catalogue_of(language)
        if entry.id
    }
    assert kept <= said, sorted(kept - said)
