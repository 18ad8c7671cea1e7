"""What the index holds of a listing, and how much a listing weighs.

The index stores nothing but room ids: what is shown always comes from the database, so that what
was removed there is gone at once, however late the index is.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import tantivy

from webring.clock import SECOND
from webring.directory.listing import Activity, Listing, Standing
from webring.interests import vocabulary
from webring.names import CommunityId, ServerName
from webring.text import squash, without_markers, words

VERSION: Final = 2
"""Grows with every change of the fields or of the analysis: an index of another is rebuilt."""

WORDS: Final = "webring_words"
MAX_TOPIC: Final = 4_096
"""Characters of a topic that are searched."""
MAX_TERM: Final = 320
"""Characters of a value that is not split into words: a community id has the longest."""
PLAUSIBLE_MEMBERS: Final = 1_000_000
"""A room that claims more members than this is believed to have none: lying buys no rank."""
FULL_MEMBERS: Final = 100_000
"""From here on, more members add nothing to the weight."""
MEMBERS_WEIGHT: Final = 0.1
"""Added to the weight for every tenfold of members: at most half as much again."""
STANDING_WEIGHT: Final = {
    Standing.SPOKEN_FOR: 1.0,
    Standing.UNCONFIRMED: 0.62,
    Standing.CLAIMED: 0.38,
    Standing.DISPUTED: 0.38,
    Standing.FOUND: 0.24,
}
"""Each step is larger than all that members can add, so that no claimed size passes a standing."""
JITTER: Final = 1e-4
"""A share of the weight that depends on the room id alone: equals keep one order for ever."""

TEXT_FIELDS: Final = ("name", "alias_words", "interest_words", "topic", "server_words")
TERM_FIELDS: Final = (
    "exact", "alias", "interest", "language", "kind", "server", "instance", "within", "standing",
    "join_rule", "activity",
)  # fmt: skip
FACET_FIELDS: Final = (
    "interest", "language", "kind", "server", "instance", "activity", "join_rule",
    "world_readable", "adult",
)  # fmt: skip
"""Fields whose values are counted."""
ACTIVE_WITHIN: Final = {
    Activity.WEEK: (Activity.WEEK, Activity.MONTH, Activity.QUARTER),
    Activity.MONTH: (Activity.MONTH, Activity.QUARTER),
    Activity.QUARTER: (Activity.QUARTER,),
    Activity.QUIET: (Activity.QUIET,),
}
"""Where people talked this week, they did this month, too: whoever asks for that wants both."""
LIVELINESS: Final = (Activity.QUIET, None, Activity.QUARTER, Activity.MONTH, Activity.WEEK)
"""How activities are sorted, the quietest first; what is unknown may be anything."""
KEY_BYTES: Final = 7
"""Bytes of a room id's hash that tell it from the others; eight would not fit every column."""
TIE_BITS: Final = 20
"""Bits of an order's number that only tell rooms apart that are equal otherwise."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name=WORDS, index_option="position")
    for name in TERM_FIELDS:
        builder.add_text_field(
            name, tokenizer_name="raw", index_option="basic", fast=name in FACET_FIELDS
        )
    for name in ("key", "by_members", "by_activity", "by_age"):
        builder.add_unsigned_field(name, fast=True)
    builder.add_float_field("weight", fast=True)
    builder.add_boolean_field("adult", indexed=True, fast=True)
    builder.add_boolean_field("world_readable", indexed=True, fast=True)
    return builder.build()


SCHEMA: Final = _schema()


def prepare(index: tantivy.Index) -> tantivy.Index:
    """Teach an index its analysis: words come ready from `webring.text`, one space between."""
    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(WORDS, whitespace)
    index.config_reader("manual")
    return index


def weight(listing: Listing) -> float:
    """What relevance is multiplied with: standing first, then members, dampened and capped."""
    members = believed(listing.members)
    size = 1 + MEMBERS_WEIGHT * math.log10(1 + min(members, FULL_MEMBERS - 1))
    jitter = 1 + JITTER * zlib.crc32(listing.room_id.encode()) / 2**32
    return STANDING_WEIGHT[listing.standing] * size * jitter


def believed(members: int) -> int:
    """The members as far as a claim of them is believed."""
    return members if 0 <= members <= PLAUSIBLE_MEMBERS else 0


def document(listing: Listing) -> tantivy.Document:
    """The document of one listing."""
    doc = tantivy.Document()
    doc.add_text("id", listing.room_id)
    for field, text in _texts(listing):
        doc.add_text(field, " ".join(words(text)))
    for field, values in _terms(listing):
        for value in dict.fromkeys(term(each) for each in values if each):
            doc.add_text(field, value)
    for field, number in _numbers(listing):
        doc.add_unsigned(field, number)
    # tantivy multiplies a score with log2(2 + field): this is the field that gives our weight.
    doc.add_float("weight", 2 ** weight(listing) - 2)
    doc.add_boolean("adult", listing.adult)
    doc.add_boolean("world_readable", listing.world_readable)
    return doc


def term(value: str) -> str:
    """A value as the index can hold and be asked for it: bounded, and without lone surrogates."""
    return value[:MAX_TERM].encode("utf-8", "replace").decode()


def _numbers(listing: Listing) -> Iterator[tuple[str, int]]:
    key = int.from_bytes(hashlib.sha256(listing.room_id.encode()).digest()[:KEY_BYTES], "big")
    tie = key % (1 << TIE_BITS)
    members = believed(listing.members) << TIE_BITS | tie
    liveliness = LIVELINESS.index(listing.activity)
    yield "key", key
    yield "by_members", members
    yield "by_activity", liveliness << (TIE_BITS + PLAUSIBLE_MEMBERS.bit_length()) | members
    yield "by_age", max(listing.first_seen_at, 0) // SECOND << TIE_BITS | tie


def _texts(listing: Listing) -> Iterator[tuple[str, str]]:
    yield "name", listing.name
    if listing.alias:
        yield "alias_words", listing.alias.local
    yield "topic", without_markers(listing.topic)[:MAX_TOPIC]
    for slug in listing.interests:
        known = vocabulary().get(slug)
        yield "interest_words", slug if known is None else f"{known.name()} {slug}"
    for server in homeservers(listing):
        yield "server_words", server


def _terms(listing: Listing) -> Iterator[tuple[str, Iterable[str]]]:
    names = (listing.name, listing.alias.local if listing.alias else "")
    yield "exact", [name for name in map(squash, names) if name]
    yield "alias", [listing.alias.lower()] if listing.alias else []
    yield "interest", listing.interests
    yield "language", [tag for each in listing.languages for tag in languages(each)]
    yield "kind", [listing.kind]
    yield "server", homeservers(listing)
    yield "instance", [listing.instance] if listing.instance else []
    yield "within", _within(listing)
    yield "standing", [listing.standing]
    yield "join_rule", [listing.join_rule]
    yield "activity", ACTIVE_WITHIN[listing.activity] if listing.activity else []


def languages(tag: str) -> tuple[str, ...]:
    """A BCP 47 tag and its primary language: "pt-br" is found by "pt" as well."""
    tag = tag.lower().replace("_", "-")
    return (tag, tag.partition("-")[0]) if "-" in tag else (tag,)


def homeservers(listing: Listing) -> list[ServerName]:
    """The servers that publish it, and the one that its alias belongs to."""
    alias = [listing.alias.server] if listing.alias else []
    return list(dict.fromkeys([*alias, *listing.servers]))


def _within(listing: Listing) -> Iterator[str]:
    own: tuple[CommunityId, ...] = (listing.community,) if listing.community else ()
    for community in (*own, *listing.parents):
        yield community
        yield community.instance
