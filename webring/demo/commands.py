"""The ordinary commands, run as the operators of the sample instances would."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from webring.demo.children import environment
from webring.demo.instances import Place
from webring.errors import Unavailable

PATIENCE: Final = 60.0
"""Seconds that each step may take until the instances have told each other."""
LOOK_AGAIN: Final = 0.5


async def run(place: Place, *arguments: str) -> bytes:
    """What a command prints; `Unavailable` where it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "webring", *arguments, "--config", str(place.config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    try:
        printed, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        why = said.decode("utf-8", "replace").strip()
        raise Unavailable(f"webring {' '.join(arguments[:2])} failed at {place.name}: {why}")
    return printed


async def answer(place: Place, *arguments: str) -> Any:
    """What a command prints as JSON."""
    return msgspec.json.decode(await run(place, *arguments, "--json"))


async def until(good: Callable[[], Awaitable[bool]], why: str) -> None:
    """Look until something is so; `Unavailable` with `why` where it does not come to be."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await good():
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(f"{why} within {PATIENCE:g} s")
        await asyncio.sleep(LOOK_AGAIN)
