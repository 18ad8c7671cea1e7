"""The files for a site that serves its embed itself."""

from __future__ import annotations

import io
import json
import zipfile

from tests.unit.web.embed.places import BASE, PLACE
from tests.unit.web.embed.test_snippets import starts
from webring.rings.site_file import FileWord, read_webring_json
from webring.web.embed import button
from webring.web.embed.button import Button
from webring.web.embed.colours import of_ring
from webring.web.embed.files import embed_file
from webring.web.embed.options import Form, Options
from webring.web.embed.selfhosting import archive, consent, departure, files
from webring.web.embed.snippets import snippet

BUTTON = Button(PLACE.name, "gardens", of_ring(PLACE.ring))
URL = "https://compost.example/~ü/"


def test_everything_is_there_by_its_path() -> None:
    found = files(PLACE, Options(), BUTTON, URL)
    assert found == {
        "webring/web-ring-1.js": embed_file().data,
        "webring/button.svg": button.svg(BUTTON),
        "webring/button.png": button.png(BUTTON),
        "webring/snippet.html": snippet(PLACE, Options(Form.OWN)).encode(),
        ".well-known/webring.json": consent(PLACE.ring, URL),
    }


def test_the_consent_file_is_consent() -> None:
    content = json.loads(consent(PLACE.ring, URL))
    assert read_webring_json(content, PLACE.ring, URL) is FileWord.MEMBER
    assert not read_webring_json(content, PLACE.ring, "https://other.example/")


def test_the_file_of_whoever_left_says_so() -> None:
    content = json.loads(departure(PLACE.ring, URL))
    assert read_webring_json(content, PLACE.ring, URL) is FileWord.LEFT


def test_a_community_consents_by_its_manifest() -> None:
    assert not any(path.startswith(".well-known") for path in files(PLACE, Options(), BUTTON, ""))


def test_what_the_snippet_asks_for_is_in_it_or_with_the_ring() -> None:
    found = files(PLACE, Options(), BUTTON, URL)
    html = found["webring/snippet.html"].decode()
    asked = [tag.attributes["src"] for name in ("script", "img") for tag in starts(html, name)]
    assert {each.removeprefix("/") for each in asked} <= found.keys()
    (element,) = starts(html, "web-ring")
    assert element.attributes["src"].startswith(f"{BASE}/")


def test_the_same_files_make_the_same_archive() -> None:
    found = files(PLACE, Options(), BUTTON, URL)
    packed = archive(found)
    assert archive(dict(found)) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == found
