"""The operator's word on vouches: what our communities say of others, and to what they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.listing import Claim
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.community import MAX_LINKS, MAX_SENTENCE
from webring.documents.fields import is_web_url
from webring.errors import BadRequest, Conflict, Forbidden, NotFound
from webring.moderation.blocklist import Blocklist
from webring.names import CommunityId, RoomAlias, RoomId, ServerName, Slug
from webring.rings.circles import Circles
from webring.rings.neighbours import in_circles
from webring.rings.vouching import Counting, vouches_of
from webring.storage import (
    communities,
    decisions,
    documents,
    listings,
    own_vouches,
    ring_members,
    vouches,
)
from webring.storage.decisions import Decision
from webring.storage.own_vouches import OwnAcceptance, OwnVouch
from webring.storage.sql import Connection
from webring.storage.vouches import place_of, url_place
from webring.text import line

MOST_TOLD: Final = 1_000
"""Vouches for one community that its operator is told of."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A vouch for a community of ours. `counting` is set where it counts; `accepted` tells whether
    the operator has agreed to this sentence.
    """

    voucher: Claim
    vouch: Vouch
    counting: Counting | None
    accepted: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A vouch that a community of ours makes. `counting` is set where it counts."""

    own: OwnVouch
    counting: Counting | None


class VouchDesk:
    """Carries out the operator's decisions, and logs them; `actor` is who decided."""

    def __init__(self, own: ServerName, actor: str) -> None:
        self._own = own
        self._actor = actor

    async def add(
        self, tx: Connection, community: Slug, target: str, sentence: str, now: Millis
    ) -> Vouch:
        """Let a community of ours vouch; the sentence replaces what it said of the same place.

        Raises `NotFound` for a community that is not ours, `BadRequest`, `Forbidden` for what is
        kept out here, and `Conflict` where it vouches for too many places.
        """
        claim = await self._ours(tx, community)
        vouch = await find(tx, target, _sentence(sentence))
        if place_of(vouch) in {claim.room_id, url_place(claim.url)}:
            raise BadRequest(f"{community} would vouch for itself, which says nothing")
        await _check_allowed(tx, vouch)
        others = [each.vouch for each in await own_vouches.of_community(tx, community)]
        if sum(place_of(each) != place_of(vouch) for each in others) >= MAX_LINKS:
            raise Conflict(f"{community} vouches for {MAX_LINKS} places, which is the limit")
        await own_vouches.put(tx, OwnVouch(community, vouch, now))
        await self._log(tx, own_vouches.VOUCHED, community, place_of(vouch), now)
        return vouch

    async def remove(self, tx: Connection, community: Slug, target: str, now: Millis) -> Vouch:
        """Let it vouch no more. Raises `NotFound` where it does not."""
        vouch = await find(tx, target, "")
        if not await own_vouches.remove(tx, community, place_of(vouch)):
            raise NotFound(f"{community} does not vouch for {target}: webring vouch list")
        await self._log(tx, own_vouches.VOUCHED_NO_MORE, community, place_of(vouch), now)
        return vouch

    async def accept(
        self, tx: Connection, community: Slug, voucher: CommunityId, now: Millis
    ) -> AcceptedVouch:
        """Agree to what another community says of ours now. Raises `NotFound`, `Conflict`."""
        claim = await self._ours(tx, community)
        places = await _places(tx, claim)
        found = await vouches.vouchers(tx, places, among=[voucher], limit=1)
        said = [each for other in found for each in other.vouches if place_of(each) in places]
        if not said or voucher == claim.id:
            raise NotFound(
                f"{voucher} does not vouch for {community}, as far as is known here: "
                f"webring vouch received {community}"
            )
        known = [each for each in await own_vouches.acceptances(tx) if each.community == community]
        if sum(each.accepted.voucher != voucher for each in known) >= MAX_LINKS:
            raise Conflict(f"{community} has agreed to {MAX_LINKS} vouches, which is the limit")
        accepted = AcceptedVouch(voucher, said[0].sentence)
        await own_vouches.accept(tx, OwnAcceptance(community, accepted, now))
        await self._log(tx, own_vouches.ACCEPTED, community, voucher, now)
        return accepted

    async def unaccept(
        self, tx: Connection, community: Slug, voucher: CommunityId, now: Millis
    ) -> None:
        """Agree no more. Raises `NotFound` where we did not."""
        if not await own_vouches.unaccept(tx, community, voucher):
            raise NotFound(f"{community} has not agreed to what {voucher} says")
        await self._log(tx, own_vouches.ACCEPTED_NO_MORE, community, voucher, now)

    async def heard(self, conn: Connection, circles: Circles, community: Slug) -> list[Heard]:
        """What others say of a community of ours, what counts first. Raises `NotFound`."""
        claim = await self._ours(conn, community)
        standings = await in_circles(conn, circles, claim.id)
        found = await vouches_of(conn, claim, standings, adult=True, most=MOST_TOLD)
        counting = {(each.other.id, each.vouch): each for each in found.received if each.other}
        agreed = {
            each.accepted
            for each in await own_vouches.acceptances(conn)
            if each.community == community
        }
        places = await _places(conn, claim)
        heard = [
            Heard(
                other,
                vouch,
                counting.get((other.id, vouch)),
                AcceptedVouch(other.id, vouch.sentence) in agreed,
            )
            for other in await vouches.vouchers(conn, places, limit=MOST_TOLD)
            for vouch in other.vouches
            if place_of(vouch) in places and other.id != claim.id
        ]
        return sorted(heard, key=lambda each: each.counting is None)

    async def said(
        self, conn: Connection, circles: Circles, community: Slug | None = None
    ) -> list[Said]:
        """What our communities say, or one of them, and what of it counts."""
        own = await own_vouches.all(conn)
        told: list[Said] = []
        for slug in dict.fromkeys(each.community for each in own):
            if community not in {None, slug}:
                continue
            claim = await communities.get(conn, CommunityId(f"{slug}:{self._own}"))
            counting: dict[Vouch, Counting] = {}
            if claim is not None:
                standings = await in_circles(conn, circles, claim.id)
                found = await vouches_of(conn, claim, standings, adult=True, most=MOST_TOLD)
                counting = {each.vouch: each for each in found.given}
            told += [Said(each, counting.get(each.vouch)) for each in own if each.community == slug]
        return told

    async def _ours(self, conn: Connection, community: Slug) -> Claim:
        claim = await communities.get(conn, CommunityId(f"{community}:{self._own}"))
        if claim is None:
            raise NotFound(
                f"this instance publishes no community {community}: see webring manifest show"
            )
        return claim

    async def _log(
        self, tx: Connection, action: str, community: Slug, other: str, now: Millis
    ) -> None:
        target = own_vouches.target(community, other)
        await decisions.log(tx, Decision(now, self._actor, action, target, ""))
        await documents.want_manifest(tx, now)


async def find(conn: Connection, target: str, sentence: str) -> Vouch:
    """A vouch for a place as people name it: `!room`, `#alias:server`, `slug:instance`, `https://`.

    An alias or a community has to be known here. Raises `BadRequest`, or `InvalidName`.
    """
    if "://" in target:
        if not is_web_url(target):
            raise BadRequest(f"a site is named by its https address, not {target[:80]!a}")
        return Vouch(sentence, url=target)
    if target.startswith("!"):
        return Vouch(sentence, RoomId.parse(target))
    room = await (_of_alias if target.startswith("#") else _of_community)(conn, target)
    if room is None:
        raise BadRequest(f"nothing here speaks for {target}: name the room by its id, !...")
    return Vouch(sentence, room)


async def _of_alias(conn: Connection, target: str) -> RoomId | None:
    """The room behind an alias, where its own server says so or an instance speaks for the room:
    any other directory may write any alias beside any room.
    """
    alias = RoomAlias.parse(target)
    listing = await listings.by_alias(conn, alias)
    if listing is None:
        return None
    trusted = listing.standing.is_spoken_for or alias.server in listing.servers
    return listing.room_id if trusted else None


async def _of_community(conn: Connection, target: str) -> RoomId | None:
    claim = await communities.get(conn, CommunityId.parse(target))
    return claim.room_id if claim and claim.standing.is_spoken_for else None


async def _places(conn: Connection, claim: Claim) -> Sequence[str]:
    """The places at which a community is vouched for: its room, and its addresses in rings."""
    slots = await ring_members.of_community(conn, claim.id.instance, claim.id.slug)
    return [claim.room_id, *dict.fromkeys(url_place(slot.url) for slot in slots)]


async def _check_allowed(conn: Connection, vouch: Vouch) -> None:
    blocklist = await Blocklist.load(conn)
    if vouch.room_id is None:
        verdict = blocklist.page(vouch.url)
    else:
        verdict = blocklist.room(vouch.room_id, None)
    if not verdict.allowed:
        raise Forbidden(f"{verdict.why} Nothing is said of it here.")


def _sentence(text: str) -> str:
    sentence = line(text)
    if not 0 < len(sentence) <= MAX_SENTENCE:
        raise BadRequest(
            f"a vouch is a sentence of 1 to {MAX_SENTENCE} characters, not {len(sentence)}"
        )
    return sentence
