"""What the API answers about communities, rooms, instances and homeservers, as types.

They are the fields of `webring.web.views`; the API's own description is made of them.
"""

from __future__ import annotations

from typing import Generic, TypedDict, TypeVar

from webring.clock import Millis
from webring.directory.listing import Activity, JoinRule, Kind, Standing
from webring.rings.states import MemberState
from webring.rings.vouching import VouchReason

Row = TypeVar("Row")


class Page(TypedDict, Generic[Row]):
    """Part of a list. `next`, given back as `cursor`, is for the part that follows."""

    results: list[Row]
    total: int
    next: str | None


class Error(TypedDict):
    """What went wrong: Matrix's word, and a sentence."""

    errcode: str
    error: str


class Listed(TypedDict):
    """A community or a room. All text is as strangers wrote it."""

    type: str
    id: str
    room_id: str
    kind: Kind
    standing: Standing
    why: str
    name: str
    topic: str
    alias: str | None
    avatar: str | None
    url: str | None
    page: str
    interests: list[str]
    languages: list[str]
    members: int
    activity: Activity | None
    join_rule: JoinRule
    world_readable: bool
    adult: bool
    instance: str | None
    parents: list[str]
    servers: list[str]
    via: list[str]


class Counted(TypedDict):
    """How many results are left where a parameter has this value."""

    value: str
    count: int


class Found(TypedDict):
    """What a search found. `facets` is by the parameter that narrows to it, where asked for."""

    results: list[Listed]
    total: int
    next: str | None
    corrected: str | None
    hidden_found: int
    some_words: bool
    facets: dict[str, list[Counted]]


class Suggested(TypedDict):
    """Something that may be meant: an `interest`, a `community` or a `room`, and its page."""

    type: str
    id: str
    text: str
    page: str


class Suggestions(TypedDict):
    """What a search may become."""

    results: list[Suggested]


class Child(TypedDict):
    """A room in a community's space."""

    room_id: str
    alias: str | None
    name: str
    topic: str
    members: int
    suggested: bool


class Beside(TypedDict):
    """Who is next to a community in a ring; `community` is null for a site."""

    name: str
    url: str
    community: str | None


class RingStanding(TypedDict):
    """A ring that a community says it is in, how it stands there, and who is beside it."""

    ring: str
    name: str
    page: str
    member: str
    state: MemberState
    membership: str
    previous: Beside | None
    next: Beside | None


class CountingVouch(TypedDict):
    """A vouch that counts, and why. `community` says it, or it is about it; a site has a `url`.

    `ring` is where both are, where that is the reason.
    """

    community: str | None
    url: str | None
    name: str
    sentence: str
    reason: VouchReason
    ring: str | None


class Vouches(TypedDict):
    """What others say of a community, and it of others, as far as it counts.

    `others` counts further instances whose communities vouch for it, `unanswered` its own vouches
    that do not count.
    """

    received: list[CountingVouch]
    others: int
    given: list[CountingVouch]
    unanswered: int


class SharedRoom(TypedDict):
    """A room that also stands in other communities' spaces; `more` of them are not named."""

    room_id: str
    name: str
    alias: str | None
    page: str
    communities: list[str]
    more: int


class Community(TypedDict):
    """A community, with its rooms, its neighbours, and how its claim stands."""

    id: str
    instance: str
    room_id: str
    kind: Kind
    standing: Standing
    why: str
    name: str
    topic: str
    alias: str | None
    avatar: str | None
    url: str | None
    page: str
    interests: list[str]
    languages: list[str]
    members: int
    activity: Activity | None
    join_rule: JoinRule
    world_readable: bool
    adult: bool
    servers: list[str]
    via: list[str]
    rooms: list[Child]
    updated_at: Millis
    rings: list[RingStanding]
    vouches: Vouches
    shared_rooms: list[SharedRoom]


class Instance(TypedDict):
    """An instance, as far as anybody may know."""

    name: str
    base_url: str | None
    state: str
    outcome: str | None
    why: str
    accepted: bool
    origin: str
    communities: int
    sequence: int | None
    expires_at: Millis | None
    tried_at: Millis | None
    answered_at: Millis | None


class Server(TypedDict):
    """A homeserver, and why its rooms are listed or not."""

    name: str
    state: str
    sentence: str
    mending: str
    way: str | None
    reasons: dict[str, str]
    dropped: dict[str, int]
    rooms: int
    listed: int
    complete: bool
    origin: str
    tried_at: Millis | None
    answered_at: Millis | None
    next_at: Millis | None


Stats = dict[str, int | str]
"""The numbers of an instance, and its name."""
