"""A process that writes until it is killed, and says on its output what is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.fakes.rooms import directory_room
from webring.names import RoomId, ServerName
from webring.storage import blocks, documents, listings, sightings
from webring.storage.blocks import Block
from webring.storage.database import Database

SERVER = ServerName("hs.example")
ROOMS = 40


async def main(url: str, data_dir: Path) -> None:
    """Each turn replaces a whole directory, blocks a room and issues a sequence, or none of it."""
    db = await Database.open(url, data_dir)
    turn = await documents.own_sequence(db.reader)
    while True:
        turn += 1
        rooms = [
            directory_room(f"!{turn}-{number}:hs.example", members=turn) for number in range(ROOMS)
        ]
        async with db.transaction() as tx:
            await blocks.add(tx, Block("room", RoomId(f"!{turn}:x"), "block", "", turn))
            await documents.raise_own_sequence(tx, turn)
            diff = await sightings.record(tx, SERVER, rooms, complete=True, now=turn, lived=turn)
            await listings.refresh(tx, diff.touched, turn)
        sys.stdout.write(f"{turn}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
