"""What an instance needs for rings, opened together: a part of `webring.services`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webring.clock import Clock
from webring.crawler.fetching import ManifestFetcher
from webring.documents.message import MessageKind
from webring.names import ServerName
from webring.net.fetch import Fetcher
from webring.rings.checking import Checking
from webring.rings.chronicle import Chronicle
from webring.rings.circles import Circles
from webring.rings.connectivity import Connectivity
from webring.rings.cosigning import Cosigning
from webring.rings.deciding import Deciding
from webring.rings.following import Following, Meet
from webring.rings.hand import Hand
from webring.rings.keeping import Keeper, Notes
from webring.rings.looking import SiteLooker
from webring.rings.membership import Memberships
from webring.rings.moving import Moves
from webring.rings.pledges import Pledges
from webring.rings.proposing import Proposing
from webring.rings.proving import MemberProver
from webring.rings.publishing import Publishing
from webring.rings.receiving import Receiving
from webring.rings.requests import Requests
from webring.rings.sending import Heard
from webring.rings.sharing import sharing
from webring.rings.shelf import Shelf
from webring.rings.site_asking import SiteAsking
from webring.rings.site_moving import SiteMoving
from webring.rings.verdicts import Verdicts
from webring.rings.visiting import RingVisitor
from webring.rings.waiting import Waiting
from webring.settings import Settings
from webring.storage.database import Database
from webring.storage.identity import Identity
from webring.storage.sql import Connection


@dataclass(frozen=True, slots=True)
class RingServices:
    """The parts that keep, follow and steward rings, and check their members."""

    shelf: Shelf
    hand: Hand
    keeper: Keeper
    following: Following
    publishing: Publishing
    proposing: Proposing
    cosigning: Cosigning
    checking: Checking
    prover: MemberProver
    chronicle: Chronicle
    memberships: Memberships
    deciding: Deciding
    waiting: Waiting
    site_asking: SiteAsking
    site_moving: SiteMoving
    verdicts: Verdicts
    receiving: Receiving

    @property
    def heard(self) -> Mapping[MessageKind, Heard]:
        """Who hears what others answer, by the kind of our message."""
        return {
            MessageKind.COSIGN: self.proposing.replied,
            MessageKind.JOIN: self.verdicts.answered,
        }

    async def sharing(self, conn: Connection) -> set[ServerName]:
        """With whom we share a ring."""
        return await sharing(conn, self.shelf)


@dataclass(frozen=True, slots=True)
class RingTools:
    """What the parts work with. `meet` visits an instance at once; `spread` gives numbers from 0 to
    1, `holder` names our process.
    """

    db: Database
    fetcher: Fetcher
    fetching: ManifestFetcher
    meet: Meet
    circles: Circles
    notes: Notes
    settings: Settings
    clock: Clock
    holder: str
    spread: Callable[[], float]


def open_ring_services(keys: Identity, tools: RingTools) -> RingServices:
    """The parts, put together."""
    db, clock, own = tools.db, tools.clock, tools.settings.instance.name
    shelf, hand = Shelf(), Hand(own, keys.instance_keys, clock)
    keeper = Keeper(own, shelf, tools.notes)
    publishing = Publishing(hand, shelf, keeper)
    checking = _checking(tools)
    moves = Moves(tools.fetcher, checking.eyes)
    prover = _prover(tools, checking, moves)
    cosigning = Cosigning(db, hand, shelf, publishing, prover, tools.fetcher, clock)
    base, testing = tools.settings.instance.base_url, tools.settings.is_testing
    requests = Requests(own, base, shelf, Pledges(own), tools.notes)
    verdicts = Verdicts(own, shelf, tools.notes)
    return RingServices(
        shelf=shelf,
        hand=hand,
        keeper=keeper,
        following=_following(keys, tools, shelf, keeper),
        publishing=publishing,
        proposing=Proposing(db, hand, shelf, publishing, prover, clock),
        cosigning=cosigning,
        checking=checking,
        prover=prover,
        chronicle=Chronicle(db, tools.circles, shelf),
        memberships=Memberships(own, base, shelf, requests),
        deciding=Deciding(own, base, shelf, verdicts),
        waiting=Waiting(db, shelf, requests, verdicts, checking, clock),
        site_asking=SiteAsking(db, own, shelf, requests, checking, clock, lenient=testing),
        site_moving=SiteMoving(db, shelf, moves, clock, lenient=testing),
        verdicts=verdicts,
        receiving=Receiving(own, base, shelf, requests, verdicts, cosigning),
    )


def _following(keys: Identity, tools: RingTools, shelf: Shelf, keeper: Keeper) -> Following:
    own, settings, clock = keys.instance_keys, tools.settings, tools.clock
    visitor = RingVisitor(tools.db, tools.fetcher, tools.fetching, keeper, own, settings, clock)
    return Following(
        db=tools.db,
        visitor=visitor,
        shelf=shelf,
        meet=tools.meet,
        settings=settings,
        clock=clock,
        holder=tools.holder,
        spread=tools.spread,
    )


def _prover(tools: RingTools, checking: Checking, moves: Moves) -> MemberProver:
    instance = tools.settings.instance
    return MemberProver(
        db=tools.db,
        eyes=checking.eyes,
        moves=moves,
        own=instance.name,
        base_url=instance.base_url,
        clock=tools.clock,
    )


def _checking(tools: RingTools) -> Checking:
    return Checking(
        db=tools.db,
        looker=SiteLooker(tools.fetcher, tools.clock),
        pledges=Pledges(tools.settings.instance.name),
        connectivity=Connectivity(tools.fetcher, tools.clock),
        notes=tools.notes,
        settings=tools.settings,
        clock=tools.clock,
        holder=tools.holder,
        spread=tools.spread,
    )
