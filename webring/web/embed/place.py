"""Whose embed it is, and the addresses that it names: all below one base URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from webring.names import RingId
from webring.rings.circle import Circle, Slot
from webring.text import cut, line, shown_server
from webring.web.embed.files import ELEMENT
from webring.web.embed.options import Picture
from webring.web.hops import Direction, location

NAME_LENGTH: Final = 60
"""Graphemes of a ring's name, or of a neighbour's title, that an embed shows."""
WHOLE: Final = ""
"""Stands for a member's id where an embed is the ring's, not a member's."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who comes before or after a member. `title` is fit to be shown, `url` to be linked to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place in a ring, at the instance whose `base_url` its embed names.

    `name` is the ring's, fit to be shown; `member` an id, or `WHOLE`. The neighbours are those of
    this moment; None where nobody else is there to be shown.
    """

    ring: RingId
    name: str
    member: str
    base_url: str
    previous: Neighbour | None = None
    next: Neighbour | None = None

    @property
    def ring_page(self) -> str:
        """The ring's page, with all members."""
        return f"{self.base_url}/rings/{_segment(self.ring)}"

    @property
    def member_page(self) -> str:
        """The member's own page; the ring's where there is no member."""
        return _joined(self.ring_page, self.member)

    @property
    def card(self) -> str:
        """The picture that chats show beside a link to the ring."""
        return f"{self.ring_page}/card.png"

    def hop(self, way: Direction) -> str:
        """The address that leads on from this member."""
        return f"{self.member_page}/{way.value}"

    @property
    def frame(self) -> str:
        """The page that may be framed."""
        return _joined(self._embed, self.member)

    @property
    def titles(self) -> str:
        """The JSON that names the neighbours, which the custom element reads."""
        return f"{self.hop(Direction.NEXT)}.json"

    @property
    def fragment(self) -> str:
        """The static fragment, for site generators."""
        return f"{self.frame}.html"

    @property
    def archive(self) -> str:
        """The files for a site that serves them itself, as a ZIP archive."""
        return f"{self.frame}/webring.zip"

    def button(self, picture: Picture) -> str:
        """The 88x31 button."""
        return f"{self._embed}/button.{picture.value}"

    @property
    def element(self) -> str:
        """The custom element's script."""
        return f"{self.base_url}/embed/{ELEMENT}"

    @property
    def _embed(self) -> str:
        return f"{self.base_url}/embed/{_segment(self.ring)}"


def ring_place(circle: Circle, base_url: str) -> Place:
    """The place of a ring as a whole."""
    return Place(circle.ring, ring_name(circle.label, circle.ring), WHOLE, base_url)


def member_place(circle: Circle, member: str, base_url: str) -> Place | None:
    """The place of a member, in whatever state it is; None for whoever is in no slot."""
    slot = circle.get(member)
    if slot is None:
        return None
    name = ring_name(circle.label, circle.ring)
    before, after = (_other(each, slot) for each in (circle.previous(member), circle.next(member)))
    return Place(circle.ring, name, slot.id, base_url, before, after)


def ring_name(label: str, ring: RingId) -> str:
    """A ring's name as embeds show it: its own, or else its slug."""
    return cut(line(label), NAME_LENGTH) or ring.slug


def _other(slot: Slot | None, own: Slot) -> Neighbour | None:
    """A slot as its neighbour shows it: by its title, or else by its host."""
    if slot is None or slot is own:
        return None
    host = shown_server(urlsplit(slot.url).hostname or "")
    return Neighbour(cut(line(slot.title), NAME_LENGTH) or host, location(slot.url))


def _joined(address: str, member: str) -> str:
    return f"{address}/{member}" if member else address


def _segment(ring: RingId) -> str:
    return quote(ring, safe=":")
