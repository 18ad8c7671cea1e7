"""What two of the sample communities say of each other, by the ordinary commands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from webring.demo import commands
from webring.demo.instances import Place

GARDEN, SKY = ("meadow", "kitchen-garden"), ("lantern", "night-sky")
SENTENCES: Final = (
    (GARDEN, SKY, "They explained to us what the slugs do after dark. Bring tea, stay late."),
    (SKY, GARDEN, "They switch their greenhouse off for us at new moon, and there is soup."),
)
"""Who says it, of whom, and what: each by instance and community. They share no ring."""


async def vouch(places: Sequence[Place]) -> None:
    """Let them say it; said again, it stays as it is. Raises `Unavailable`."""
    at = {place.key: place for place in places}
    await asyncio.gather(
        *(
            commands.run(at[by], "vouch", "add", community, f"{other}:{at[there].name}", sentence)
            for (by, community), (there, other), sentence in SENTENCES
        )
    )
