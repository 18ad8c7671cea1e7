"""What is discovered: names that verified data mentions, stored first and dialled later."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import ip_address
from typing import Final

from publicsuffixlist import PublicSuffixList

from webring.documents.manifest import Manifest
from webring.names import ServerName
from webring.storage.homeservers import Candidate

PER_DOMAIN: Final = 50
"""Homeservers known of one registrable domain."""
PER_PEER: Final = 2_000
"""Homeservers known because one peer's manifests mentioned them first."""
MAX_PEERS: Final = 10_000
"""Instances known: nobody has to prove anything to be named, or to announce itself."""
ANNOUNCED: Final = "announced"
"""The origin of an instance that announced itself."""


@cache
def _suffixes() -> PublicSuffixList:
    """The Public Suffix List; read when it is wanted, for many a command does without."""
    return PublicSuffixList()


def registrable(name: ServerName) -> str:
    """The registrable domain of a server name; an address, or a name without one, stands alone.

    Source: the Public Suffix List. Caps count by it, since names below one domain cost nothing.
    """
    host = name.host.strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        return str(_suffixes().privatesuffix(host) or host)


def candidates(
    names: Iterable[ServerName], origin: str, named_by: ServerName | None = None
) -> list[Candidate]:
    """Names as candidates of one origin."""
    return [Candidate(name, registrable(name), origin, named_by) for name in dict.fromkeys(names)]


def homeservers_of(manifest: Manifest, most: int | None = None) -> list[Candidate]:
    """The homeservers that a verified manifest mentions, each with the best reason for it.

    Of its communities, the first `most` count.
    """
    listed = manifest.communities[:most]
    aliases = [each.alias.server for each in listed if each.alias]
    vias = [via for each in listed for via in each.via]
    named = {each.name: each for each in candidates(vias, "via", manifest.instance)}
    named |= {each.name: each for each in candidates(aliases, "alias", manifest.instance)}
    own = candidates(manifest.homeservers, "manifest", manifest.instance)
    return list((named | {each.name: each for each in own}).values())
