"""How well search finds what is meant, beside plain BM25 over the same words in the same run."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Occur

from bench.judged import Judged, Wanted, corpus, known_items, pool_of, prefixes, typos
from webring.directory.listing import Listing
from webring.names import RoomId
from webring.search.index import SearchIndex
from webring.search.planning import SearchRequest
from webring.search.query import parse
from webring.search.schema import WORDS, prepare
from webring.search.service import SearchService
from webring.text import squash, words

TOP: Final = 10
"""Results that are looked at."""
CHUNK: Final = 1_000

Find = Callable[[str, str], Sequence[RoomId]]
"""The best rooms for a text, among those of a pool, or of all where it is empty."""


@dataclass(frozen=True, slots=True)
class Score:
    """A measure between 0 and 1, ours and plain BM25's, over so many queries."""

    what: str
    ours: float
    plain: float
    queries: int

    def __str__(self) -> str:
        return (
            f"{self.what:<44} {self.ours:>9.3f}  {self.plain:>10.3f}  BM25; {self.queries} queries"
        )


def run() -> Iterator[Score]:
    """Judged queries, then names: as they are, mistyped, and half typed."""
    material = corpus()
    names = {each.room_id: squash(each.name) for each in material.listings}
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = _ours(Path(folder), material.listings), _plain(material.listings)
        for label, reported in (("tuned with", False), ("reported", True)):
            half = [each for each in material.queries if each.is_reported is reported]
            if half:
                yield Score(
                    f"nDCG@{TOP}, {label}", _ndcg(ours, half), _ndcg(plain, half), len(half)
                )
        for label, wanted in (
            ("known names", known_items(material.listings)),
            ("typos", typos(material.listings)),
            ("beginnings", prefixes(material.listings)),
        ):
            for top in (1, TOP):
                yield Score(
                    f"{label}, success@{top}",
                    _success(ours, wanted, names, top),
                    _success(plain, wanted, names, top),
                    len(wanted),
                )


def _ndcg(find: Find, queries: Sequence[Judged]) -> float:
    return statistics.fmean(_gain(find(each.text, each.pool), each.relevant) for each in queries)


def _gain(found: Sequence[RoomId], relevant: frozenset[RoomId]) -> float:
    discounts = [1 / math.log2(rank + 2) for rank in range(TOP)]
    got = sum(d for d, each in zip(discounts, found, strict=False) if each in relevant)
    return got / sum(discounts[: len(relevant)])


def _success(find: Find, wanted: Sequence[Wanted], names: dict[RoomId, str], top: int) -> float:
    return statistics.fmean(
        squash(each.name) in {names[found] for found in find(each.text, "")[:top]}
        for each in wanted
    )


def _ours(folder: Path, listings: Sequence[Listing]) -> Find:
    """The index as it is searched here, all passes."""
    index = SearchIndex.open(folder / "index")
    build = index.begin()
    for start in range(0, len(listings), CHUNK):
        build.add(listings[start : start + CHUNK])
    index.publish(build, 1)
    build.close()
    service = SearchService(index, None)  # type: ignore[arg-type]  # no row is fetched

    def find(text: str, pool: str) -> Sequence[RoomId]:
        request = SearchRequest(text, within=pool_of(pool) if pool else "", limit=TOP)
        return service._run(parse(text), request, None, TOP, None).hits.ids

    return find


def _plain(listings: Sequence[Listing]) -> Find:
    """One field of name and topic, any of the words, BM25 as tantivy has it."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("pool", tokenizer_name="raw")
    builder.add_text_field("text", tokenizer_name=WORDS)
    schema = builder.build()
    index = prepare(tantivy.Index(schema))
    writer = index.writer(64_000_000, 1)
    for each in listings:
        doc = tantivy.Document()
        doc.add_text("id", each.room_id)
        for pool in each.parents:
            doc.add_text("pool", pool)
        doc.add_text("text", " ".join(words(f"{each.name} {each.topic}")))
        writer.add_document(doc)
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str, pool: str) -> Sequence[RoomId]:
        each = [tantivy.Query.term_query(schema, "text", word) for word in words(text)]
        wanted = [(Occur.Must, tantivy.Query.boolean_query([(Occur.Should, one) for one in each]))]
        if pool:
            there = tantivy.Query.term_query(schema, "pool", pool_of(pool))
            wanted.append((Occur.Must, tantivy.Query.const_score_query(there, 0.0)))
        hits = searcher.search(tantivy.Query.boolean_query(wanted), TOP).hits
        return [RoomId(searcher.doc(address).get_first("id")) for _, address in hits]

    return find
