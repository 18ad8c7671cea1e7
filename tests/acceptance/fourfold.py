"""The sample federation with a fourth homeserver and its instance, and a process that plays it.

python -m tests.acceptance.fourfold PLAN.json
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from webring.demo import sample
from webring.demo.homeservers import serve
from webring.demo.plan import Plan, make_plan
from webring.demo.sample import Sample

ORCHARD: Final = "orchard"
APPLES: Final = "apple-names"
_SERVER: Final = {
    "key": ORCHARD,
    "federation": True,
    "client": True,
    "rooms": [
        {
            "key": APPLES,
            "space": True,
            "name": "Apple Names",
            "topic": "Four hundred kinds, and what they are good for.",
            "members": 61,
            "readable": True,
            "interests": ["orchards"],
            "languages": ["en"],
        }
    ],
}
_INSTANCE: Final = {
    "key": ORCHARD,
    "title": "Orchard",
    "homeserver": ORCHARD,
    "description": "Old trees.",
    "languages": ["en"],
    "communities": [APPLES],
    "directory": "none",
}


class FourfoldPlan(Plan, frozen=True):
    """The ports of four instances and of their homeservers."""

    @property
    def federation(self) -> sample.Federation:
        """The federation under these ports."""
        return sample.federation(self.instance_ports, self.server_ports, _fourfold())


def fourfold_plan() -> FourfoldPlan:
    """Free ports for everybody."""
    made = make_plan(_fourfold())
    return FourfoldPlan(made.instance_ports, made.server_ports, made.tokens)


@cache
def _fourfold() -> Sample:
    three = sample.read_file()
    return Sample(
        servers=(*three.servers, msgspec.convert(_SERVER, type=type(three.servers[0]))),
        instances=(*three.instances, msgspec.convert(_INSTANCE, type=sample.SampleInstance)),
    )


if __name__ == "__main__":
    content = Path(sys.argv[1]).read_bytes()
    asyncio.run(serve(msgspec.json.decode(content, type=FourfoldPlan)))
