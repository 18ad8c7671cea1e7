"""A ring's pictures: what of a circle is drawn on its button and on its card. Pure."""

from __future__ import annotations

from webring.names import PeerUrl
from webring.rings.circle import Circle
from webring.text import shown_server
from webring.web.embed.button import Button
from webring.web.embed.card import Card, drawn
from webring.web.embed.colours import Colours, of_ring
from webring.web.embed.place import ring_name


def button_of(circle: Circle, colours: Colours | None = None) -> Button:
    """The ring's button, in its own colours or in those that were chosen."""
    ring = circle.ring
    return Button(ring_name(circle.label, ring), ring.slug, colours or of_ring(ring))


def card_of(circle: Circle, base_url: PeerUrl) -> Card:
    """The ring's card, as it stands."""
    ring = circle.ring
    is_open = [slot.navigable and not circle.lapsed for slot in circle.slots]
    return Card(
        name=ring_name(circle.label, ring),
        spare=ring.slug,
        host=shown_server(base_url.server_name),
        count=sum(is_open),
        slots=drawn(is_open),
        colours=of_ring(ring),
    )
