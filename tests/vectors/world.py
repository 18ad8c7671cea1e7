"""The small world of the golden vectors: fixed keys, fixed times, one instance and its communities.

The seeds are public on purpose. Nobody may use them for anything else.
"""

from __future__ import annotations

from dataclasses import replace

from webring.clock import DAY, HOUR
from webring.directory.listing import Activity, ChildRoom, JoinRule, Kind
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.community import Bridge, Link, ManifestCommunity
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import ManifestDraft, Profile, Withdrawn
from webring.names import CommunityId, MxcUri, RoomAlias, RoomId, ServerName, Slug

NOW = 1_790_000_000_000
"""21 September 2026, 14:13:20 UTC."""
LATER = NOW + DAY
GARDEN, FOREST = ServerName("garden.example"), ServerName("forest.example")
MEADOW = ServerName("meadow.example")
RING_HOST = ServerName("ring.garden.example")

FIRST, SECOND, THIRD, THIEF = (
    SigningKey(f"ed25519:{name}", bytes([number]) * 32)
    for number, name in enumerate(("first", "second", "third", "thief"), 1)
)
SAFE, SAFER = (
    SigningKey(f"ed25519:{name}", bytes([number]) * 32)
    for number, name in enumerate(("safe", "safer"), 8)
)
MATRIX = SigningKey("ed25519:matrix", bytes([16]) * 32)
SPECIFIED = SigningKey.from_seed("ed25519:1", "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")
FOREST_KEY = SigningKey("ed25519:forest", bytes([32]) * 32)
MEADOW_KEY = SigningKey("ed25519:meadow", bytes([33]) * 32)
KEYS = (FIRST, SECOND, THIRD, THIEF, SAFE, SAFER, MATRIX, SPECIFIED, FOREST_KEY, MEADOW_KEY)

VEGETABLES = ManifestCommunity(
    id=Slug("vegetables"),
    room_id=RoomId("!vegetables:garden.example"),
    kind=Kind.SPACE,
    alias=RoomAlias("#vegetables:garden.example"),
    via=(GARDEN,),
    name="Vegetables",
    topic="Growing what we eat.",
    avatar=MxcUri("mxc://garden.example/Carrot"),
    url="https://garden.example/vegetables",
    interests=("gardening", "cooking"),
    languages=("en", "de"),
    members=128,
    activity=Activity.WEEK,
    join_rule=JoinRule.PUBLIC,
    world_readable=True,
    nsfw=False,
    rooms=(
        ChildRoom(
            room_id=RoomId("!tomatoes:garden.example"),
            alias=RoomAlias("#tomatoes:garden.example"),
            name="Tomatoes",
            topic="All 10,000 kinds.",
            members=64,
            suggested=True,
        ),
    ),
    updated_at=NOW - HOUR,
    bridges=(Bridge("irc", "ircs://irc.garden.example/#vegetables"),),
    links=(Link("Seed swap", "https://garden.example/seeds"),),
    vouches=(Vouch("They taught us to read the woods.", room_id=RoomId("!mushrooms")),),
    accepted_vouches=(
        AcceptedVouch(CommunityId("hay:meadow.example"), "Their compost is the best for miles."),
    ),
)

DRAFT = ManifestDraft(
    instance=GARDEN,
    profile=Profile(
        name="The garden",
        description="A homeserver for people who grow things.",
        languages=("en", "de"),
        contact=("matrix:u/keeper:garden.example", "mailto:keeper@garden.example"),
        policy_url="https://garden.example/rules",
        software="webring",
        version="0.1.0",
    ),
    homeservers=(GARDEN,),
    communities=(VEGETABLES,),
    withdrawn=(Withdrawn(RoomId("!compost:garden.example"), NOW - DAY),),
    peers=(FOREST,),
    recovery_key=SAFE.verify_key,
)
SMALL = replace(DRAFT, communities=())
KEYSET = KeySet(FIRST)


def many(count: int) -> tuple[ManifestCommunity, ...]:
    """So many communities that they move to pages."""
    return tuple(
        replace(
            VEGETABLES,
            id=Slug(f"bed-{number:04}"),
            room_id=RoomId(f"!bed{number}:garden.example"),
            alias=RoomAlias(f"#bed{number}:garden.example"),
            name=f"Bed {number}",
            topic="Weeds. " * 100,
        )
        for number in range(count)
    )
