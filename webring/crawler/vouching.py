"""What our communities say of others, and agree to, put into what is published of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from webring.clock import Millis
from webring.crawler.claims import may_be_said
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.community import MAX_LINKS, ManifestCommunity
from webring.moderation.blocklist import Blocklist
from webring.names import Slug
from webring.storage import own_vouches
from webring.storage.sql import Connection


async def with_vouches(
    conn: Connection, communities: Sequence[ManifestCommunity], blocklist: Blocklist, now: Millis
) -> list[ManifestCommunity]:
    """The communities with what the operator has them say; nothing of places that are kept out."""
    said: dict[Slug, list[Vouch]] = {}
    for own in await own_vouches.all(conn):
        if may_be_said(own.vouch, blocklist):
            said.setdefault(own.community, []).append(own.vouch)
    agreed: dict[Slug, list[AcceptedVouch]] = {}
    for yes in await own_vouches.acceptances(conn):
        agreed.setdefault(yes.community, []).append(yes.accepted)
    return [
        _saying(
            each,
            tuple(said.get(each.id, ())[:MAX_LINKS]),
            tuple(agreed.get(each.id, ())[:MAX_LINKS]),
            now,
        )
        for each in communities
    ]


def _saying(
    community: ManifestCommunity,
    vouches: tuple[Vouch, ...],
    accepted: tuple[AcceptedVouch, ...],
    now: Millis,
) -> ManifestCommunity:
    if (vouches, accepted) == (community.vouches, community.accepted_vouches):
        return community
    return replace(community, vouches=vouches, accepted_vouches=accepted, updated_at=now)
