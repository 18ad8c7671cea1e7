"""The keys by which a ring's first version is judged: those of the instance in its id."""

from __future__ import annotations

from collections.abc import Mapping

from webring.documents import chain
from webring.documents.keys import KeySet, VerifyKey
from webring.documents.manifest import read_manifest
from webring.names import RingId, ServerName
from webring.storage import peers
from webring.storage.sql import Connection


async def founder_keys(
    conn: Connection, ring: RingId, own: ServerName, keys: KeySet
) -> Mapping[str, VerifyKey]:
    """What the founding instance's accepted manifest names; our own `keys` where that is us.

    Empty where nothing of the founder was verified.
    """
    if ring.instance == own:
        retired = {old.key.id: old.key.verify_key for old in keys.retired if not old.compromised}
        return {**retired, **keys.verify_keys}
    peer = await peers.get(conn, ring.instance)
    if peer is None or peer.trust is None or peer.manifest is None:
        return {}
    return chain.founder_keys(read_manifest(peer.manifest))
