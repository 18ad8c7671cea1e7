"""docs/embedding.md shows what is so: the snippets, the parameters, the policies, the addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.unit.web.embed.places import BASE, MEMBER, PLACE
from webring.web.embed.button import Button
from webring.web.embed.colours import LEAST_CONTRAST, of_ring
from webring.web.embed.files import SCRIPT, embed_file
from webring.web.embed.options import LEVELS, Form, Options, Picture, Theme
from webring.web.embed.routes import ROUTES
from webring.web.embed.selfhosting import consent, departure, farewell, files
from webring.web.embed.snippets import SANDBOX, directives, snippet
from webring.web.embed.words import SPOKEN

DOCUMENT = Path(__file__).parents[4] / "docs/embedding.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)
SITE = "https://compost.example/"
EXAMPLES = {form.value: snippet(PLACE, Options(form)) for form in Form} | {
    "consent": consent(PLACE.ring, SITE).decode(),
    "farewell": f"{farewell(PLACE.member_page)}\n",
    "departure": departure(PLACE.ring, SITE).decode(),
}


def rows(heading: str) -> dict[str, str]:
    """A table's second column by its first."""
    table = re.split(r"\n\n", TEXT.partition(f"| {heading} |")[2])[0]
    return dict(re.findall(r"^\| (`.+?`) \|(.*?)(?:\||$)", table, re.MULTILINE))


def names(heading: str) -> list[str]:
    """The names in the first column of a table."""
    return [name for row in rows(heading) for name in re.findall(r"`([^`]+)`", row)]


def write_examples() -> None:
    """Write the examples: `python -m tests.unit.web.embed.test_documented`."""
    found = EXAMPLE.sub(
        lambda match: match[0].removesuffix(f"{match[2]}```") + f"{EXAMPLES[match[1]]}```", TEXT
    )
    DOCUMENT.write_text(found, encoding="utf-8")


def test_every_form_is_shown() -> None:
    assert {name for name, _ in EXAMPLE.findall(TEXT)} == EXAMPLES.keys()


@pytest.mark.parametrize(("name", "shown"), EXAMPLE.findall(TEXT))
def test_what_is_shown_is_what_is_pasted(name: str, shown: str) -> None:
    assert shown == EXAMPLES[name]


def test_the_member_is_the_one_that_the_document_names() -> None:
    assert f"`{MEMBER}`" in TEXT
    assert f"`{PLACE.ring}`" in TEXT


def test_every_parameter_and_its_values_are_told() -> None:
    told = rows("parameter")
    values: dict[str, Iterable[str]] = {
        "`form`": Form,
        "`lang`": SPOKEN,
        "`level`": map(str, LEVELS),
        "`theme`": Theme,
        "`picture`": Picture,
    }
    for name, words in values.items():
        assert re.findall(r"`([^`]+)`", told[name]) == list(words), name
    assert f"a contrast of {LEAST_CONTRAST} to 1" in told["`ground`, `ink`"]


def test_every_custom_property_is_told() -> None:
    used = set(re.findall(r"var\((--[a-z-]+)", embed_file().data.decode()))
    assert set(names("property")) == used


def test_what_each_form_needs_is_told() -> None:
    told = rows("form")
    assert {name.strip("`") for name in told} == set(Form)
    for form in Form:
        needed = re.findall(r"`([^`]+)`", told[f"`{form}`"])
        assert needed == list(directives(form, BASE)), form


def test_every_address_is_told() -> None:
    paths = {re.sub(r":int}", "}", route.path) for route in ROUTES} - {f"/embed/{SCRIPT}"}
    assert set(names("address")) == paths


def test_every_file_of_the_archive_is_told() -> None:
    picture = Button(PLACE.name, "gardens", of_ring(PLACE.ring))
    assert set(names("path")) == files(PLACE, Options(), picture, SITE).keys()


def test_every_form_s_fate_is_told() -> None:
    table = re.split(r"\n\n", TEXT.partition("| form | while that host is down |")[2])[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Form)


def test_what_it_says_of_sandboxes_is_so() -> None:
    named = set(re.findall(r"allow-[a-z-]+", TEXT))
    assert "allow-top-navigation-by-user-activation" in named & set(SANDBOX.split())


if __name__ == "__main__":
    write_examples()
