"""The place in a ring that these tests, and the documentation, make snippets for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from webring.names import RingId
from webring.web.embed.options import Form, Options
from webring.web.embed.place import Neighbour, Place
from webring.web.embed.snippets import snippet
from webring.web.embed.words import SPOKEN

BASE = "https://ring.commune.example"
MEMBER = "3f9a0c4be1d2756680aa"
PLACE = Place(
    ring=RingId.parse("gardens:commune.example"),
    name="Kitchen Gardens",
    member=MEMBER,
    base_url=BASE,
    previous=Neighbour("The Bees", "https://bees.example/"),
    next=Neighbour("Tool Library", "https://tools.example/"),
)
NASTY = "\"><script>alert(1)</script>'&{x}{0}"
NASTY_PLACE = replace(
    PLACE, name=NASTY, previous=Neighbour(NASTY, 'https://a.example/?q="><script>'), next=None
)

GOLDEN = Path(__file__).parent / "golden"
"""What was pasted once has to go on working: a change of one of these files is seen in review."""
CASES = {
    **{f"{form}.en.html": Options(form) for form in Form},
    **{
        f"static.{language}.html": Options(Form.STATIC, words) for language, words in SPOKEN.items()
    },
}


def write_golden() -> None:
    """Write the snippets of `CASES`: `python -m tests.unit.web.embed.places`."""
    GOLDEN.mkdir(exist_ok=True)
    for name, options in CASES.items():
        (GOLDEN / name).write_text(snippet(PLACE, options), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
