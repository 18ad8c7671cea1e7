"""What a site's well-known file says of its addresses."""

from __future__ import annotations

import pytest

from webring.names import RingId
from webring.rings.site_file import FileWord, read_webring_json

RING = RingId("gardens:commune.example")
URL = "https://site.example/blog/"
NOTHING, MEMBER, LEFT = FileWord.NOTHING, FileWord.MEMBER, FileWord.LEFT
OURS = {"ring": RING, "url": URL}
FILES: dict[str, tuple[object, FileWord]] = {
    "ours": ({"memberships": [OURS]}, MEMBER),
    "among others": ({"memberships": [7, {"ring": "x"}, {"url": URL}, OURS], "more": 1}, MEMBER),
    "the host in capitals": (
        {"memberships": [{"ring": RING, "url": "https://SITE.example/blog/"}]},
        MEMBER,
    ),
    "another ring": ({"memberships": [{"ring": "books:commune.example", "url": URL}]}, NOTHING),
    "another page": ({"memberships": [{"ring": RING, "url": f"{URL}x"}]}, NOTHING),
    "the page above": ({"memberships": [{"ring": RING, "url": "https://site.example/"}]}, NOTHING),
    "without the slash": ({"memberships": [{"ring": RING, "url": URL[:-1]}]}, NOTHING),
    "plain HTTP": (
        {"memberships": [{"ring": RING, "url": URL.replace("https", "http")}]},
        NOTHING,
    ),
    "an address of another type": ({"memberships": [{"ring": RING, "url": [URL]}]}, NOTHING),
    "another's list of members": ([{"name": "x", "url": URL}], NOTHING),
    "another's ring": ({"name": "A ring", "members": [URL], "ring": RING}, NOTHING),
    "memberships by name": ({"memberships": {"ring": RING, "url": URL}}, NOTHING),
    "left": ({"left": [OURS]}, LEFT),
    "left, and others joined": ({"left": [OURS], "memberships": [{"ring": RING}]}, LEFT),
    "left and joined": ({"left": [OURS], "memberships": [OURS]}, MEMBER),
    "another page has left": ({"left": [{"ring": RING, "url": f"{URL}x"}]}, NOTHING),
    "another ring was left": ({"left": [{"ring": "books:commune.example", "url": URL}]}, NOTHING),
    "a mark that it left": ({"memberships": [7], "left": True}, NOTHING),
    "text": ("memberships", NOTHING),
    "nothing": (None, NOTHING),
}


@pytest.mark.parametrize("case", FILES)
def test_the_file_names_ring_and_url_exactly(case: str) -> None:
    content, word = FILES[case]
    assert read_webring_json(content, RING, URL) is word
