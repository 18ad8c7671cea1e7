"""Our own manifest: refreshed from the homeserver, signed when it changed, served from storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from webring import __version__
from webring.clock import Clock, Millis
from webring.crawler import withdrawing
from webring.crawler.choice import Choice
from webring.crawler.choosing import Chooser
from webring.crawler.claims import admit, judge_all, publishable
from webring.crawler.evidence import Claimant, Witnesses
from webring.crawler.fetching import stored_manifest
from webring.crawler.vouching import with_vouches
from webring.documents import trust
from webring.documents.community import ManifestCommunity
from webring.documents.manifest import (
    LIFE,
    WITHDRAWN_FOR,
    IssuedManifest,
    Manifest,
    ManifestDraft,
    issue,
    read_manifest,
)
from webring.documents.parts import Profile, RingHead, Withdrawn
from webring.errors import FetchError
from webring.moderation import spaces
from webring.moderation.blocklist import Blocklist
from webring.names import CommunityId, RoomId, ServerName
from webring.rings.naming import note_rings
from webring.rings.noticing import Noticing
from webring.settings import Settings
from webring.storage import (
    choices,
    communities,
    documents,
    facts,
    listings,
    memberships,
    peers,
    rings,
    vouches,
)
from webring.storage.choices import ChoiceOutcome
from webring.storage.database import Database
from webring.storage.identity import Identity
from webring.storage.models import OwnManifest
from webring.storage.sql import Connection

RENEW: Final[Millis] = LIFE // 2
"""How old a manifest may get before it is issued again although nothing changed."""
NAMED_PEERS: Final = 100
"""Peers that our manifest names: addresses only."""
_PASSING: Final = ("sequence", "issued_at", "expires_at", "signatures", "pages", "communities")


@dataclass(frozen=True, slots=True)
class Published:
    """What a refresh came to. `problem` is why the homeserver could not be read, where so; `news`
    are sentences about what is not as the operator wants it, that the refresh before had not said.
    """

    issued: bool
    communities: int
    problem: str = ""
    news: tuple[str, ...] = ()


class Publisher:
    """Keeps our own manifest current."""

    def __init__(
        self,
        db: Database,
        chooser: Chooser,
        witnesses: Callable[[], Witnesses],
        identity: Identity,
        settings: Settings,
        clock: Clock,
        noticing: Noticing,
    ) -> None:
        self._noticing = noticing
        self._db = db
        self._chooser = chooser
        self._witnesses = witnesses
        self._identity = identity
        self._settings = settings
        self._name = settings.instance.name
        self._clock = clock

    async def current(self) -> OwnManifest | None:
        """The manifest that is served; None before the first refresh."""
        return await documents.latest(self._db.reader)

    async def refresh(self) -> Published:
        """Read the chosen communities again, and issue a manifest where something changed."""
        now = self._clock()
        before = await self._before()
        choice = await self._choose(before, now)
        chosen = choice.communities
        blocklist = await Blocklist.load(self._db.reader)
        held = {
            each.room_id: [room.room_id for room in each.rooms]
            for each in chosen
            if each.room_id in blocklist.spaces
        }
        wanted = await documents.manifest_wanted(self._db.reader)
        chosen = publishable(chosen, blocklist, self._name)
        chosen = await with_vouches(self._db.reader, chosen, blocklist, now)
        draft = await self._draft(chosen, before, now)
        claimant = Claimant(self._name, frozenset(draft.homeservers), accepted=True)
        known = {
            CommunityId(each.claim.id): each
            for each in await communities.checked_of_instance(self._db.reader, self._name)
        }
        judged = await judge_all(chosen, claimant, known, self._witnesses(), now)
        async with self._db.transaction() as tx:
            issued = await self._issue(tx, draft, before, now)
            await documents.manifest_done(tx, wanted)
            kept = admit(judged, await Blocklist.load(tx), self._name)
            gone = [each for each in draft.withdrawn if each.at == now]
            touched = await withdrawing.take_back(tx, self._name, gone, now)
            lived = await facts.lived(tx)
            touched |= await communities.apply(tx, self._name, kept, lived)
            touched |= await spaces.hear(tx, self._name, held, now)
            await self._noticing.note_listed(tx, [each.id for each in draft.communities])
            await listings.refresh(tx, touched, now)
            news = await _tell(tx, choice.outcome({each.room_id for each in chosen}, now))
        return Published(issued, len(chosen), choice.problem, news)

    async def reissue(self) -> bool:
        """Issue a manifest where something else than the communities changed; whether it did.

        Our homeserver is not asked: what it said at the last refresh stands.
        """
        wanted = await documents.manifest_wanted(self._db.reader)
        if not wanted or (before := await self._before()) is None:
            return False
        now = self._clock()
        blocklist = await Blocklist.load(self._db.reader)
        chosen = await with_vouches(self._db.reader, before.communities, blocklist, now)
        draft = await self._draft(chosen, before, now)
        async with self._db.transaction() as tx:
            issued = await self._issue(tx, draft, before, now)
            await documents.manifest_done(tx, wanted)
            for each, known in zip(chosen, before.communities, strict=True):
                if each != known:
                    name = CommunityId(f"{each.id}:{self._name}")
                    await vouches.put(tx, name, each.vouches, each.accepted_vouches)
        return issued

    async def _choose(self, before: Manifest | None, now: Millis) -> Choice:
        if not self._settings.homeserver.name:
            return Choice()
        known = {each.room_id: each for each in before.communities} if before else {}
        try:
            return await self._chooser.choose(self._db.reader, known, now)
        except FetchError as error:
            # What was published stays: a homeserver that is down has withdrawn nothing.
            return Choice(tuple(known.values()), problem=error.sentence)

    async def _before(self) -> Manifest | None:
        row = await self.current()
        if row is None:
            return None
        refs = [ref.sha256 for ref in read_manifest(row.body).pages]
        return stored_manifest(row.body, await documents.pages(self._db.reader, self._name, refs))

    async def _draft(
        self, chosen: Sequence[ManifestCommunity], before: Manifest | None, now: Millis
    ) -> ManifestDraft:
        profile, homeserver = self._settings.profile, self._settings.homeserver
        spoken = [ServerName(homeserver.name)] if homeserver.name else []
        here = {each.id for each in chosen}
        willing = await memberships.all(self._db.reader)
        return ManifestDraft(
            instance=self._name,
            profile=Profile(
                name=profile.name or self._name,
                description=profile.description,
                languages=profile.languages,
                contact=profile.contact,
                policy_url=profile.policy_url,
                software="webring",
                version=__version__,
            ),
            homeservers=tuple(dict.fromkeys([*spoken, *homeserver.speaks_for])),
            communities=chosen,
            withdrawn=_withdrawn(chosen, before, now),
            peers=await self._peers(),
            recovery_key=self._identity.recovery_public,
            recovery=self._identity.recovery,
            memberships=[each for each in willing if each.community in here],
            rings=await self._rings(),
        )

    async def _rings(self) -> list[RingHead]:
        """The rings that we steward, and the version of each that we call newest."""
        return [
            RingHead(each.id, each.root, each.sequence, each.sha256)
            for each in await rings.stewarded(self._db.reader)
            if each.sequence
        ]

    async def _peers(self) -> list[ServerName]:
        known = await peers.all(self._db.reader)
        return [ServerName(row.name) for row in known if row.state == "verified"][:NAMED_PEERS]

    async def _issue(
        self, tx: Connection, draft: ManifestDraft, before: Manifest | None, now: Millis
    ) -> bool:
        sequence = trust.next_sequence(await documents.own_sequence(tx), now)
        new = issue(draft, self._identity.instance_keys, sequence=sequence, now=now)
        if before is not None and not _is_due(new, draft, before, now):
            return False
        await documents.store(
            tx,
            self._name,
            sequence=new.validity.sequence,
            sha256=new.sha256,
            body=new.body,
            issued_at=new.validity.issued_at,
            expires_at=new.validity.expires_at,
            pages=new.pages,
        )
        await note_rings(tx, draft, now, accepted=True)
        return True


async def _tell(tx: Connection, outcome: ChoiceOutcome) -> tuple[str, ...]:
    """Keep an outcome for the operator; what of it is new."""
    before = await choices.last(tx)
    await choices.put(tx, outcome)
    said = before.sentences if before else ()
    return tuple(each for each in outcome.sentences if each not in said)


def _is_due(new: IssuedManifest, draft: ManifestDraft, before: Manifest, now: Millis) -> bool:
    """Whether something changed, or the last manifest is old (or from a clock that went back)."""
    if not 0 <= now - before.validity.issued_at < RENEW:
        return True
    content = read_manifest(new.body).content
    same = all(
        content.get(key) == before.content.get(key)
        for key in content.keys() | before.content.keys()
        if key not in _PASSING
    )
    return not same or tuple(draft.communities) != before.communities


def _withdrawn(
    chosen: Sequence[ManifestCommunity], before: Manifest | None, now: Millis
) -> list[Withdrawn]:
    """What left, for thirty days; a room that is back is no longer named."""
    if before is None:
        return []
    there = {each.room_id for each in chosen}
    gone: dict[RoomId, Withdrawn] = {
        each.room_id: each for each in before.withdrawn if now - each.at < WITHDRAWN_FOR
    }
    gone |= {each.room_id: Withdrawn(each.room_id, now) for each in before.communities}
    return [each for room_id, each in gone.items() if room_id not in there]
