"""What of a circle is drawn."""

from __future__ import annotations

from tests.unit.rings.circles import slot
from tests.unit.web.embed.circles import circle, ring, sleepy
from tests.unit.web.embed.places import PLACE
from webring.names import PeerUrl
from webring.web.embed.button import Button
from webring.web.embed.card import Card
from webring.web.embed.colours import Colours, of_ring
from webring.web.embed.pictures import button_of, card_of

BASE = PeerUrl("https://ring.commune.example")
OWN = of_ring(PLACE.ring)


def test_a_button_has_the_ring_s_name_and_colours_or_those_that_were_chosen() -> None:
    assert button_of(ring()) == Button("Kitchen Gardens", "gardens", OWN)
    chosen = Colours("ffffff", "000000", "000000")
    assert button_of(ring(), chosen).colours == chosen


def test_a_button_s_name_hides_nothing() -> None:
    assert button_of(ring(label="Kit\u202echen\n")).name == "Kitchen"


def test_a_card_tells_who_can_be_visited() -> None:
    assert card_of(sleepy(), BASE) == Card(
        name="Kitchen Gardens",
        spare="gardens",
        host="ring.commune.example",
        count=3,
        slots=(True, False, True, True),
        colours=OWN,
    )


def test_a_ring_that_lapsed_leads_nowhere() -> None:
    found = card_of(circle(slot(0), slot(1), lapsed=True), BASE)
    assert (found.count, found.slots) == (0, (False, False))


def test_a_host_s_letters_are_read_where_they_are_honest() -> None:
    assert card_of(ring(), PeerUrl("https://xn--bcher-kva.example")).host == "bücher.example"
