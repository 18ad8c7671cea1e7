"""Search over 20,000 listings, beside a bare tantivy query over the same text."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import tantivy

from bench.material import NOW, Maker
from bench.timing import Row, best
from webring.directory.listing import DirectoryRoom
from webring.names import RoomId, ServerName
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.search.planning import Pass, SearchRequest, plan
from webring.search.query import parse
from webring.search.service import SearchService
from webring.storage import listings, sightings
from webring.storage.database import Database

ROOMS: Final = 20_000
LIMIT: Final = 20


def run() -> Iterator[Row]:
    """Two words: the index alone, and the whole answer with its rows."""
    with tempfile.TemporaryDirectory() as folder:
        yield from asyncio.run(_compare(Path(folder)))


async def _compare(folder: Path) -> list[Row]:
    maker = Maker()
    rooms = [maker.room(number) for number in range(ROOMS)]
    texts = itertools.cycle([" ".join(room.name.split()[:2]) for room in rooms[:500]])
    bare_find = _bare([(f"{r.name} {r.topic}", r.room_id) for r in rooms])
    bare = best(lambda: bare_find(next(texts)))
    async with _filled(folder, rooms) as (index, service):

        def find() -> object:
            text = next(texts)
            request = SearchRequest(text, found=True, limit=LIMIT)
            return index.find(plan(parse(text), request, Pass.WORDS), LIMIT)

        ours = best(find)
        number = 300
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(number):
            await service.search(SearchRequest(next(texts), found=True, limit=LIMIT))
        whole = (loop.time() - began) / number
    beside = f"tantivy, one field, {ROOMS} rooms"
    return [
        Row("search: parsing, planning, finding", ours, bare, beside),
        Row("search: with its rows from the database", whole, bare, beside),
    ]


@asynccontextmanager
async def _filled(
    folder: Path, rooms: list[DirectoryRoom]
) -> AsyncIterator[tuple[SearchIndex, SearchService]]:
    db = await Database.open("", folder)
    index = SearchIndex.open(folder / "index")
    try:
        async with db.transaction() as tx:
            name = ServerName("bench.example")
            diff = await sightings.record(tx, name, rooms, complete=True, now=NOW, lived=0)
            await listings.refresh(tx, diff.touched, NOW)
        await Follower(db, index).rebuild()
        yield index, SearchService(index, db)
    finally:
        index.close()
        await db.close()


def _bare(rows: list[tuple[str, RoomId]]) -> Callable[[str], list[str]]:
    """tantivy as its own examples use it."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("text")
    index = tantivy.Index(builder.build())
    writer = index.writer()
    for text, room_id in rows:
        writer.add_document(tantivy.Document(id=str(room_id), text=text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str) -> list[str]:
        query, _ = index.parse_query_lenient(text, ["text"])
        hits = searcher.search(query, LIMIT).hits
        return [searcher.doc(address)["id"][0] for _, address in hits]

    return find
