"""From a verified manifest to claims that can be listed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from webring.clock import DAY, HOUR, SECOND, Millis
from webring.crawler.evidence import Claimant, Witnesses
from webring.directory.listing import ChildRoom, Claim, Standing
from webring.directory.vouch import Vouch
from webring.documents.authority import Judgement, judge, unaccepted
from webring.documents.community import ManifestCommunity
from webring.moderation.blocklist import Blocklist
from webring.names import CommunityId, RoomId, ServerName
from webring.storage.communities import Checked
from webring.text import read_markers

RECHECK: Final[Millis] = DAY
"""How long an answer about who speaks for a room is relied on."""
RECHECK_WEAK: Final[Millis] = HOUR
"""The same, where more evidence may turn up: a directory that was not read yet, say."""
CONCURRENT: Final = 8
"""Claims of one manifest that are asked about at once."""
UNACCEPTED_PER_DOMAIN: Final = 100
"""Communities taken of one registrable domain's instances that are not accepted, nor share a ring
with one that is."""

Judged = tuple[Claim, Mapping[str, Any], Millis]
"""A claim, what proves it, and when that was asked."""


async def judge_all(
    communities: Sequence[ManifestCommunity],
    claimant: Claimant,
    known: Mapping[CommunityId, Checked],
    witnesses: Witnesses,
    now: Millis,
    *,
    time: Millis | None = None,
) -> list[Judged]:
    """How each community stands. What was asked within a day and is the same is not asked again.

    After `time` nobody is asked any more: what is left stands as it stood before, and what is new
    of it is left out until the next visit.
    """
    turns = asyncio.Semaphore(CONCURRENT)
    end = None if time is None else asyncio.get_running_loop().time() + time / SECOND

    async def one(community: ManifestCommunity) -> Judged | None:
        before = known.get(CommunityId(f"{community.id}:{claimant.instance}"))
        if before and _is_current(before, community, claimant, now):
            return (
                claim_of(community, claimant, before.claim.standing, before.claim.why),
                (before.proof),
                before.checked_at,
            )
        try:
            async with turns, asyncio.timeout_at(end):
                judgement = judge(await witnesses.gather(community, claimant))
        except TimeoutError:
            return _unasked(community, claimant, before)
        return _judged(community, claimant, judgement, before, now)

    results = await asyncio.gather(*(one(each) for each in communities))
    return [each for each in results if each is not None]


def admit(
    judged: Sequence[Judged], blocklist: Blocklist, own: ServerName | None = None
) -> list[Judged]:
    """The claims that may be listed, without rooms of theirs that may not, or a word of them.

    What the communities of `own`, our name, say is our choice.
    """
    kept: list[Judged] = []
    for claim, proof, at in judged:
        speaker = claim.id.instance if claim.standing.is_spoken_for else None
        says = () if claim.id.instance == own else (claim.name, claim.topic)
        allowed = blocklist.room(claim.room_id, claim.alias, speaker, says).allowed
        if allowed and read_markers(claim.topic).listable:
            rooms = tuple(each for each in claim.rooms if _is_allowed(each, blocklist))
            vouches = tuple(each for each in claim.vouches if may_be_said(each, blocklist))
            kept.append((replace(claim, rooms=rooms, vouches=vouches), proof, at))
    return kept


def named_rooms(judged: Sequence[Judged]) -> frozenset[RoomId]:
    """The rooms of these claims, and the rooms of their spaces."""
    rooms = {claim.room_id for claim, _, _ in judged}
    return frozenset(rooms | {room.room_id for claim, _, _ in judged for room in claim.rooms})


def held_by_kept_out(
    judged: Sequence[Judged], blocklist: Blocklist
) -> dict[RoomId, frozenset[RoomId]]:
    """The spaces among these that are kept out, where their instance may speak for them, and the
    rooms that each holds.
    """
    return {
        claim.room_id: frozenset(room.room_id for room in claim.rooms)
        for claim, _, _ in judged
        if claim.room_id in blocklist.spaces and claim.standing.is_spoken_for
    }


def publishable(
    communities: Sequence[ManifestCommunity], blocklist: Blocklist, own: ServerName
) -> list[ManifestCommunity]:
    """What of our own choice may be published: nothing that is kept out, nor rooms that are.

    Words keep out what others say, and rooms of ours; what our own communities say is our choice.
    """
    return [
        replace(each, rooms=tuple(room for room in each.rooms if _is_allowed(room, blocklist)))
        for each in communities
        if blocklist.room(each.room_id, each.alias, own).allowed
    ]


def may_be_said(vouch: Vouch, blocklist: Blocklist) -> bool:
    """Whether the place that a vouch is about is not kept out."""
    if vouch.room_id is None:
        return blocklist.page(vouch.url).allowed
    return blocklist.room(vouch.room_id, None).allowed


def _is_allowed(room: ChildRoom, blocklist: Blocklist) -> bool:
    return blocklist.room(room.room_id, room.alias, says=(room.name, room.topic)).allowed


def claim_of(
    community: ManifestCommunity, claimant: Claimant, standing: Standing, why: str
) -> Claim:
    """The community as a claim of its instance."""
    return Claim(
        id=CommunityId(f"{community.id}:{claimant.instance}"),
        room_id=community.room_id,
        standing=standing,
        why=why,
        kind=community.kind,
        alias=community.alias,
        name=community.name,
        topic=community.topic,
        avatar=community.avatar,
        url=community.url,
        interests=community.interests,
        languages=community.languages,
        members=community.members,
        activity=community.activity,
        join_rule=community.join_rule,
        world_readable=community.world_readable,
        adult=community.nsfw,
        via=community.via,
        rooms=tuple(room for room in community.rooms if read_markers(room.topic).listable),
        updated_at=community.updated_at,
        vouches=tuple(each for each in community.vouches if not _is_own(each, community)),
        accepted_vouches=community.accepted_vouches,
    )


def _is_own(vouch: Vouch, community: ManifestCommunity) -> bool:
    """Whether a community vouches for itself, which says nothing."""
    return vouch.room_id == community.room_id or bool(vouch.url and vouch.url == community.url)


def _judged(
    community: ManifestCommunity,
    claimant: Claimant,
    judgement: Judgement,
    before: Checked | None,
    now: Millis,
) -> Judged | None:
    """A declined claim is none. One that could not be asked about stands as it stood, and is
    asked about again at the next visit.
    """
    if judgement.declined:
        return None
    proof = {"code": judgement.code, "accepted": claimant.accepted}
    if not judgement.temporary:
        return claim_of(community, claimant, judgement.standing, judgement.why), proof, now
    as_before = _unasked(community, claimant, before)
    return as_before or (claim_of(community, claimant, judgement.standing, judgement.why), proof, 0)


def _unasked(
    community: ManifestCommunity, claimant: Claimant, before: Checked | None
) -> Judged | None:
    """The claim as it stood; None where nothing is known of it.

    An acceptance that was taken back holds at once, whoever can be asked.
    """
    if before is None or not _is_same(before, community):
        return None
    standing, why = before.claim.standing, before.claim.why
    if standing.is_spoken_for and not claimant.accepted:
        standing, why = Standing.CLAIMED, unaccepted(claimant.instance)
    return claim_of(community, claimant, standing, why), before.proof, before.checked_at


def _is_same(before: Checked, community: ManifestCommunity) -> bool:
    return before.claim.room_id == community.room_id and before.claim.alias == community.alias


def _is_current(
    before: Checked, community: ManifestCommunity, claimant: Claimant, now: Millis
) -> bool:
    """Whether an earlier answer still holds. A clock that went back makes no answer current."""
    settled = before.claim.standing is Standing.SPOKEN_FOR
    return (
        0 <= now - before.checked_at < (RECHECK if settled else RECHECK_WEAK)
        and _is_same(before, community)
        and before.proof.get("accepted") == claimant.accepted
    )
