"""The sample federation under fixed ports."""

from __future__ import annotations

from webring.demo import sample
from webring.demo.homeserver import Homeserver

INSTANCES = {"meadow": 8101, "harbour": 8102, "lantern": 8103}
SERVERS = {"meadow": 8201, "harbour": 8202, "lantern": 8203, "cellar": 8204}
LISTED = {"meadow": 19, "harbour": 15, "lantern": 19, "cellar": 2}
"""How many rooms each directory lists, the shared one among them."""


def federation() -> sample.Federation:
    return sample.federation(INSTANCES, SERVERS)


def homeserver(key: str) -> Homeserver:
    everybody = federation()
    return Homeserver(everybody, everybody.servers[key], "secret")
