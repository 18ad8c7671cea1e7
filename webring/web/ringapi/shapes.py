"""What the API answers about rings, as types. Times are milliseconds, None for never."""

from __future__ import annotations

from typing import TypedDict

from webring.clock import Millis
from webring.documents.ring import JoinPolicy, MemberKind, Order, Reason
from webring.documents.ring_outcome import RingFreshness
from webring.rings.history import EventKind
from webring.rings.site import ProofKind
from webring.rings.states import Finding, MemberState
from webring.storage.ring_requests import RequestState
from webring.storage.ring_signing import ProposalState


class StewardList(TypedDict):
    """A ring's stewards, and how many of them sign."""

    threshold: int
    instances: list[str]


class Ring(TypedDict):
    """A ring: what its stewards decided, and its newest version that is held here.

    `stewarded` tells whether this instance is a steward; `behind` whether a steward claims a newer
    version; `outcome` and `why` are of the last visit. `members` counts by state those that are
    listed, `open` those that people are sent to.
    """

    id: str
    root: str
    name: str
    description: str
    criteria: str
    interests: list[str]
    languages: list[str]
    policy: JoinPolicy
    order: Order
    stewards: StewardList
    mirrors: list[str]
    sequence: int
    sha256: str
    issued_at: Millis | None
    expires_at: Millis | None
    freshness: RingFreshness
    behind: bool
    stewarded: bool
    outcome: str
    why: str
    members: dict[str, int]
    open: int
    page: str


class Member(TypedDict):
    """A member in its place. `name` is its own, or its host where it does not consent.

    `shown` tells whether people are sent there, `why` says it in a sentence.
    """

    id: str
    kind: MemberKind
    name: str
    url: str
    instance: str | None
    community: str | None
    state: MemberState
    since: Millis
    shown: bool
    why: str
    page: str


class RingHalf(TypedDict):
    """Whether the ring lists it, in sentences."""

    there: bool
    says: list[str]


class OwnHalf(TypedDict):
    """Whether the member says itself that it is in the ring (null: it could not be told), what the
    last look found, and how to mend it.
    """

    there: bool | None
    says: str


class MemberDetail(Member):
    """A member with both halves of its consent. `listed` is false for a former member."""

    ring: str
    listed: bool
    joined_at: Millis
    ring_half: RingHalf
    own_half: OwnHalf
    strikes: str | None
    checked_at: Millis | None
    next_at: Millis | None


class Event(TypedDict):
    """One thing that a version changed; `says` tells it in English.

    `member` and `name` are empty where it happened to `count` former members.
    """

    kind: EventKind
    sequence: int
    sha256: str
    issued_at: Millis
    signers: list[str]
    member: str
    name: str
    count: int
    code: Reason | None
    before: list[str]
    after: list[str]
    says: str


class Chapter(TypedDict):
    """Part of a ring's history, the newest first; `left_out` counts what had no room."""

    results: list[Event]
    next: str | None
    left_out: int


class JoinFinding(TypedDict):
    """Something about a join: a word, a sentence, what to do, and whether it stands in the way."""

    code: str
    why: str
    mend: str
    blocks: bool


class Asked(TypedDict):
    """What became of a request to join. `request` is null where none is kept."""

    ring: str
    community: str
    request: str | None
    state: RequestState
    reason: str
    member: str


class Joined(Asked):
    """What a request to join came to, and what was found before."""

    findings: list[JoinFinding]


class Told(TypedDict):
    """What was done, and how many (other) stewards are told of it."""

    ring: str
    community: str
    done: str
    told: int


class Moved(TypedDict):
    """The address that a member will have, once the stewards have seen both ends."""

    ring: str
    community: str
    url: str


class Report(TypedDict):
    """What a look at a member found. `fresh` tells whether it was looked at just now; else this is
    the last result, and `held_back` says why no other.
    """

    ring: str
    member: str
    listed: bool
    finding: Finding
    code: str
    why: str
    mend: str
    proof: ProofKind
    proof_url: str
    state: MemberState
    at: Millis | None
    next_at: Millis | None
    fresh: bool
    held_back: str


class JoinRequest(TypedDict):
    """Somebody's wish to be in a ring, or an invitation, and what was decided."""

    id: str
    ring: str
    kind: MemberKind
    instance: str | None
    community: str | None
    url: str
    title: str
    note: str
    state: RequestState
    member: str
    at: Millis
    code: str
    reason: str
    decided_at: Millis | None


class Notice(TypedDict):
    """What a member's people were told."""

    at: Millis
    kind: str
    text: str


class Membership(TypedDict):
    """A community of this instance and a ring: whether it is willing (`pledged_at`), how its place
    stands, what was asked, and what it was told.
    """

    ring: str
    community: str
    pledged_at: Millis | None
    member: MemberDetail | None
    requests: list[JoinRequest]
    notices: list[Notice]


class Proposal(TypedDict):
    """A version that is proposed, or was."""

    ring: str
    sequence: int
    sha256: str
    proposer: str
    state: ProposalState
    reason: str
    at: Millis


class Removal(TypedDict):
    """A removal that is proposed within seconds."""

    ring: str
    member: str
    code: Reason


class Founded(TypedDict):
    """A ring that was founded, or is as soon as those who are missing have signed."""

    ring: str
    root: str
    founded: bool
    missing: list[str]
    warning: str


class Terms(TypedDict):
    """What a ring's terms will be, once enough stewards have signed."""

    ring: str
    name: str
    description: str
    criteria: str
    interests: list[str]
    languages: list[str]
    policy: JoinPolicy
    order: Order
    mirrors: list[str]


class StewardsProposed(TypedDict):
    """What a ring's stewards will be, once enough of them have signed."""

    ring: str
    stewards: StewardList
    warning: str


class ImportedSite(TypedDict):
    """A site of a list."""

    url: str
    title: str


class PassedOver(TypedDict):
    """An entry of a list that was not taken, and why."""

    entry: str
    reason: str


class Imported(TypedDict):
    """A list as it was read: its `form`, the sites in it, and those that are invited now."""

    form: str
    sites: list[ImportedSite]
    invited: list[str]
    refused: list[PassedOver]


class Chosen(TypedDict):
    """The branch that is followed from now on, by its newest version."""

    ring: str
    outcome: str
    why: str
    sequence: int
    sha256: str


class ChainLink(TypedDict):
    """A version beside the one before it."""

    sequence: int
    sha256: str
    outcome: str
    why: str
    erased: int


class Verified(TypedDict):
    """What a walk along a ring's chain found, at `asked`: whether all of it `holds`, the newest
    version, and every link. `erased` counts pages of former members; `unfounded` says why the
    founder's keys could not be had, `cut` why the walk ended early (both empty if not).
    """

    ring: str
    root: str
    name: str
    asked: str
    holds: bool
    sequence: int
    sha256: str
    issued_at: Millis
    expires_at: Millis
    freshness: RingFreshness
    erased: int
    unfounded: str
    cut: str
    links: list[ChainLink]
