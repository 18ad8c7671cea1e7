"""A ring's history in sentences: ours, with gaps for what others wrote. Pure.

Pages translate the sentences (`said`); feeds and commands take them in English (`sentence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webring.documents.ring import Reason
from webring.rings.history import Event, EventKind
from webring.text import cut, line, shown_server

NAME_LENGTH: Final = 80
"""Graphemes of a name that a sentence shows."""
LIST_LENGTH: Final = 300
"""Graphemes of a list that a sentence shows."""

_K: Final = EventKind
_SLOTS: Final = frozenset({_K.JOINED, _K.LEFT, _K.REMOVED, _K.SLEPT, _K.WOKE, _K.MOVED, _K.ALTERED})
_SERVERS: Final = frozenset({_K.FOUNDED, _K.MIRRORS})
_WORDS: Final = frozenset({_K.POLICY, _K.ORDER})
_LISTS: Final = frozenset({_K.INTERESTS, _K.LANGUAGES, _K.MIRRORS})
_STEWARDS: Final = frozenset({_K.STEWARD_JOINED, _K.STEWARD_LEFT, _K.STEWARD_KEYS})

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "founded": "The ring was founded. Stewards: %(after)s.",
        "joined": "%(name)s joined.",
        "joined.former": "A former member joined.",
        "joined.formers": "Former members joined: %(count)s.",
        "left": "%(name)s left.",
        "left.former": "A former member left.",
        "left.formers": "Former members left: %(count)s.",
        "removed": "%(name)s was removed.",
        "removed.former": "A former member was removed.",
        "removed.formers": "Former members were removed: %(count)s.",
        "slept": "%(name)s fell asleep.",
        "slept.former": "A former member fell asleep.",
        "slept.formers": "Former members fell asleep: %(count)s.",
        "woke": "%(name)s woke up.",
        "woke.former": "A former member woke up.",
        "woke.formers": "Former members woke up: %(count)s.",
        "moved": "%(name)s moved to another address.",
        "moved.former": "A former member moved to another address.",
        "moved.formers": "Former members moved to other addresses: %(count)s.",
        "altered": "The entry of %(name)s changed.",
        "altered.former": "The entry of a former member changed.",
        "altered.formers": "Entries of former members changed: %(count)s.",
        "reordered": "The order of the members changed.",
        "name": "The ring has a new name: %(after)s. Before: %(before)s.",
        "description": "The description changed.",
        "interests": "The interests changed: %(after)s.",
        "interests.none": "The ring names no interest any more.",
        "languages": "The languages changed: %(after)s.",
        "languages.none": "The ring names no language any more.",
        "criteria": "The criteria for joining changed.",
        "policy.open": "From now on anybody may join who meets the criteria.",
        "policy.request": "From now on a steward decides about who asks to join.",
        "policy.invite": "From now on only those may join who were invited.",
        "order.joined": "The ring is walked in the order of joining now.",
        "order.alphabetical": "The ring is walked in alphabetical order now.",
        "order.daily": "The ring is walked in another order every day now.",
        "mirrors": "The mirrors changed: %(after)s.",
        "mirrors.none": "The ring names no mirror any more.",
        "steward_joined": "%(name)s became a steward.",
        "steward_left": "%(name)s is no steward any more.",
        "steward_keys": "%(name)s signs with another key as a steward now.",
        "threshold": "Stewards who have to sign: %(after)s. Before: %(before)s.",
        "unknown": "Something changed that this program does not understand.",
        "untold": "Members changed, and no page tells of it any more.",
        "renewed": "Nothing changed: the ring was renewed.",
    }
)
"""By kind, and by what varies within it."""
REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.UNREACHABLE: "Reason: unreachable for too long.",
        Reason.ONE_SIDED: "Reason: the site or instance did not name the ring any more.",
        Reason.CRITERIA: "Reason: the criteria of the ring.",
        Reason.RULES: "Reason: the rules of the ring.",
        Reason.DUPLICATE: "Reason: in the ring already.",
        Reason.OTHER: "Reason: another one.",
    }
)
"""What is said of a removal besides; nothing of one without a reason."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of ours, and what fills its gaps: harmless in a line, not escaped for HTML."""

    text: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return self.text % self.values


def said(event: Event) -> tuple[Phrase, ...]:
    """The sentences that tell an event: one, or two where there is a reason."""
    values = {
        "name": _name(event),
        "count": str(event.count),
        "before": _listed(event, event.before),
        "after": _listed(event, event.after),
    }
    phrase = Phrase(SENTENCES[_key(event)], MappingProxyType(values))
    reason = REASONS.get(event.code) if event.code else None
    return (phrase, Phrase(reason, MappingProxyType({}))) if reason else (phrase,)


def sentence(event: Event) -> str:
    """An event in English, on one line."""
    return " ".join(map(str, said(event)))


def _key(event: Event) -> str:
    kind = event.kind.value
    if event.kind in _SLOTS and not event.name:
        return f"{kind}.{'former' if event.count == 1 else 'formers'}"
    if event.kind in _WORDS:
        return f"{kind}.{event.after[0]}"
    return f"{kind}.none" if event.kind in _LISTS and not event.after else kind


def _name(event: Event) -> str:
    name = shown_server(event.name) if event.kind in _STEWARDS else event.name
    return cut(line(name), NAME_LENGTH)


def _listed(event: Event, values: tuple[str, ...]) -> str:
    """One value, or a list's, on one line."""
    shown = map(shown_server, values) if event.kind in _SERVERS else values
    return cut(line(", ".join(shown)), LIST_LENGTH)
