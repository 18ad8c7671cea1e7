"""Where a ring is asked for, in all the ways in which people name it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.errors import InvalidName
from webring.names import PeerUrl, RingId
from webring.rings.ring_place import RingPlace, document_url

SOIL = RingId("soil:garden.example")
BASE = PeerUrl("https://ring.garden.example")

PLACES: dict[str, tuple[str, RingPlace]] = {
    "an id": ("soil:garden.example", RingPlace(SOIL, None)),
    "spaces around": (" soil:Garden.example\n", RingPlace(SOIL, None)),
    "an id with a port": (
        "soil:garden.example:8448", RingPlace(RingId("soil:garden.example:8448"), None),
    ),
    "a document": (f"{BASE}/webring/v1/rings/{SOIL}", RingPlace(SOIL, BASE)),
    "an older document": (f"{BASE}/webring/v1/rings/{SOIL}?sequence=3", RingPlace(SOIL, BASE)),
    "a page": (f"{BASE}/rings/{SOIL}", RingPlace(SOIL, BASE)),
    "a page below it": (f"{BASE}/rings/{SOIL}/history#v3", RingPlace(SOIL, BASE)),
    "escaped": (f"{BASE}/rings/soil%3Agarden.example", RingPlace(SOIL, BASE)),
    "below a path": (
        f"{BASE}/web/rings/{SOIL}", RingPlace(SOIL, PeerUrl(f"{BASE}/web")),
    ),
    "a port": (
        f"https://a.example:8443/rings/{SOIL}", RingPlace(SOIL, PeerUrl("https://a.example:8443")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_read(name: str) -> None:
    text, place = PLACES[name]
    assert RingPlace.parse(text) == place


NO_PLACES = {
    "nothing": "",
    "a word": "soil",
    "no id": f"{BASE}/rings/",
    "no ring": f"{BASE}/communities/{SOIL}",
    "a server": str(BASE),
    "another id": f"{BASE}/rings/Soil:garden.example",
    "plain http": f"http://a.example/rings/{SOIL}",
    "a user": f"https://me@a.example/rings/{SOIL}",
    "a file": f"file:///rings/{SOIL}",
    "a broken host": f"https://[/rings/{SOIL}",
}


@pytest.mark.parametrize("name", NO_PLACES)
def test_what_is_no_place_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        RingPlace.parse(NO_PLACES[name])


def test_plain_http_is_for_tests() -> None:
    place = RingPlace.parse(f"http://127.0.0.1:8000/rings/{SOIL}", allow_http=True)
    assert place.base == "http://127.0.0.1:8000"


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://a.example/{text}"))
def test_no_text_does_harm(text: str) -> None:
    try:
        place = RingPlace.parse(text)
    except InvalidName:
        return
    assert RingPlace.parse(document_url(place.base or BASE, place.ring)).ring == place.ring


def test_documents_have_an_address() -> None:
    assert document_url(BASE, SOIL) == f"{BASE}/webring/v1/rings/soil:garden.example"
    assert document_url(BASE, SOIL, 3).endswith("soil:garden.example?sequence=3")
    ported = RingId("soil:[::1]:80")
    assert RingPlace.parse(document_url(BASE, ported)).ring == ported
