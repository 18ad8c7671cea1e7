"""The tables, and nothing else. Times are milliseconds since the epoch, UTC.

Names (server names, room ids, aliases) are stored as they print; JSON columns hold plain lists and
objects. Signed documents are kept as the bytes that came. A model's first line becomes its table's
comment: no semicolon in it (tortoise cuts SQLite's statements there).
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from webring.storage.base_model import BaseModel

NAME = 255
"""Characters in any Matrix identifier column (255 bytes at most, by the specification)."""
WORD = 32
"""Characters in a column that holds one word of an enumeration."""


class Fact(BaseModel):
    """A single named fact of this instance: schema notes, last own sequence, lived time."""

    name = fields.CharField(max_length=64, primary_key=True)
    value = fields.JSONField[object]()

    class Meta:
        table = "fact"


class Lease(BaseModel):
    """Who does a job now. `epoch` grows with every holder, so that a late one is recognised."""

    name = fields.CharField(max_length=NAME, primary_key=True)
    holder = fields.CharField(max_length=64)
    epoch = fields.BigIntField()
    until = fields.BigIntField()

    class Meta:
        table = "lease"


class Change(BaseModel):
    """One change of one listing, in commit order: what search, caches and feeds follow."""

    sequence = fields.BigIntField(primary_key=True, generated=False)
    room_id = fields.CharField(max_length=NAME)
    removed = fields.BooleanField()
    at = fields.BigIntField()

    class Meta:
        table = "change"


class Listing(BaseModel):
    """What the directory shows for one room id (`webring.directory.listing.Listing`)."""

    room_id = fields.CharField(max_length=NAME, primary_key=True)
    kind = fields.CharField(max_length=WORD)
    standing = fields.CharField(max_length=WORD)
    why = fields.TextField()
    community = fields.CharField(max_length=320, null=True)
    instance = fields.CharField(max_length=NAME, null=True)
    parents = fields.JSONField[list[str]]()
    servers = fields.JSONField[list[str]]()
    name = fields.TextField()
    topic = fields.TextField()
    alias = fields.CharField(max_length=NAME, null=True)
    avatar = fields.CharField(max_length=512, null=True)
    url = fields.TextField()
    interests = fields.JSONField[list[str]]()
    languages = fields.JSONField[list[str]]()
    members = fields.BigIntField()
    activity = fields.CharField(max_length=WORD, null=True)
    join_rule = fields.CharField(max_length=WORD)
    world_readable = fields.BooleanField()
    adult = fields.BooleanField()
    via = fields.JSONField[list[str]]()
    first_seen_at = fields.BigIntField()
    updated_at = fields.BigIntField()

    class Meta:
        table = "listing"
        indexes = (
            Index(fields=("standing", "members"), name="listing_standing_members"),
            Index(fields=("community",), name="listing_community"),
            Index(fields=("instance",), name="listing_instance"),
            Index(fields=("alias",), name="listing_alias"),
        )


class Sighting(BaseModel):
    """A room in one homeserver's public directory.

    `confirmed_lived` is the lived time (see `storage.facts`) at which it was last seen there.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    server = fields.CharField(max_length=NAME)
    room_id = fields.CharField(max_length=NAME)
    kind = fields.CharField(max_length=WORD)
    name = fields.TextField()
    topic = fields.TextField()
    alias = fields.CharField(max_length=NAME, null=True)
    avatar = fields.CharField(max_length=512, null=True)
    members = fields.BigIntField()
    join_rule = fields.CharField(max_length=WORD)
    world_readable = fields.BooleanField()
    guest_can_join = fields.BooleanField()
    seen_at = fields.BigIntField()
    confirmed_lived = fields.BigIntField()

    class Meta:
        table = "sighting"
        unique_together = (("server", "room_id"),)
        indexes = (
            Index(fields=("room_id",), name="sighting_room"),
            Index(fields=("confirmed_lived",), name="sighting_confirmed"),
        )


class Community(BaseModel):
    """A community of a verified manifest, ours included (`webring.directory.listing.Claim`).

    `checked_at` is when its authority was last asked; `proof` is what those questions answered.
    Lists that are null are empty.
    """

    id = fields.CharField(max_length=320, primary_key=True)
    instance = fields.CharField(max_length=NAME)
    slug = fields.CharField(max_length=64)
    room_id = fields.CharField(max_length=NAME)
    standing = fields.CharField(max_length=WORD)
    why = fields.TextField()
    kind = fields.CharField(max_length=WORD)
    alias = fields.CharField(max_length=NAME, null=True)
    name = fields.TextField()
    topic = fields.TextField()
    avatar = fields.CharField(max_length=512, null=True)
    url = fields.TextField()
    interests = fields.JSONField[list[str]]()
    languages = fields.JSONField[list[str]]()
    members = fields.BigIntField()
    activity = fields.CharField(max_length=WORD, null=True)
    join_rule = fields.CharField(max_length=WORD)
    world_readable = fields.BooleanField()
    adult = fields.BooleanField()
    via = fields.JSONField[list[str]]()
    rooms = fields.JSONField[list[dict[str, object]]]()
    proof = fields.JSONField[dict[str, object]]()
    checked_at = fields.BigIntField()
    updated_at = fields.BigIntField()
    confirmed_lived = fields.BigIntField()
    vouches = fields.JSONField[list[dict[str, object]]](null=True)
    accepted_vouches = fields.JSONField[list[dict[str, object]]](null=True)

    class Meta:
        table = "community"
        unique_together = (("instance", "slug"),)
        indexes = (Index(fields=("room_id",), name="community_by_room"),)


class CommunityRoom(BaseModel):
    """Which communities' spaces hold a room as a child: the way back from `Community.rooms`."""

    id = fields.BigIntField(primary_key=True, generated=True)
    community = fields.CharField(max_length=320)
    room_id = fields.CharField(max_length=NAME)

    class Meta:
        table = "community_room"
        unique_together = (("community", "room_id"),)
        indexes = (Index(fields=("room_id",), name="community_room_room"),)


class Homeserver(BaseModel):
    """A Matrix server whose directory we read, and what it answers (`storage.homeservers`)."""

    name = fields.CharField(max_length=NAME, primary_key=True)
    domain = fields.CharField(max_length=NAME)
    origin = fields.CharField(max_length=WORD)
    named_by = fields.CharField(max_length=NAME, null=True)
    state = fields.CharField(max_length=WORD)
    way = fields.CharField(max_length=WORD, null=True)
    reasons = fields.JSONField[dict[str, str]]()
    dropped = fields.JSONField[dict[str, int]]()
    rooms = fields.IntField()
    complete = fields.BooleanField()
    failures = fields.IntField()
    interval = fields.BigIntField()
    added_at = fields.BigIntField()
    tried_at = fields.BigIntField(null=True)
    answered_at = fields.BigIntField(null=True)
    changed_at = fields.BigIntField(null=True)
    next_at = fields.BigIntField()
    holder = fields.CharField(max_length=64, null=True)
    epoch = fields.BigIntField()
    held_until = fields.BigIntField(null=True)

    class Meta:
        table = "homeserver"
        indexes = (
            Index(fields=("next_at",), name="homeserver_next"),
            Index(fields=("domain",), name="homeserver_domain"),
        )


class Peer(BaseModel):
    """Another instance, what we pinned of it, and its last good manifest."""

    name = fields.CharField(max_length=NAME, primary_key=True)
    domain = fields.CharField(max_length=NAME)
    origin = fields.CharField(max_length=WORD)
    named_by = fields.CharField(max_length=NAME, null=True)
    accepted = fields.BooleanField()
    base_url = fields.CharField(max_length=2048, null=True)
    state = fields.CharField(max_length=WORD)
    outcome = fields.CharField(max_length=64, null=True)
    why = fields.TextField()
    trust = fields.JSONField[dict[str, object]](null=True)
    manifest = fields.BinaryField(null=True)
    sequence = fields.BigIntField(null=True)
    sha256 = fields.CharField(max_length=64, null=True)
    etag = fields.CharField(max_length=256, null=True)
    expires_at = fields.BigIntField(null=True)
    failures = fields.IntField()
    added_at = fields.BigIntField()
    tried_at = fields.BigIntField(null=True)
    answered_at = fields.BigIntField(null=True)
    next_at = fields.BigIntField()
    holder = fields.CharField(max_length=64, null=True)
    epoch = fields.BigIntField()
    held_until = fields.BigIntField(null=True)

    class Meta:
        table = "peer"
        indexes = (
            Index(fields=("next_at",), name="peer_next"),
            Index(fields=("domain",), name="peer_domain"),
        )


class Evidence(BaseModel):
    """A signed document that was refused and is kept: equivocation, unknown keys, rollback."""

    id = fields.BigIntField(primary_key=True, generated=True)
    instance = fields.CharField(max_length=NAME)
    code = fields.CharField(max_length=64)
    sequence = fields.BigIntField(null=True)
    sha256 = fields.CharField(max_length=64)
    body = fields.BinaryField()
    at = fields.BigIntField()

    class Meta:
        table = "evidence"
        unique_together = (("instance", "sha256", "code"),)


class Page(BaseModel):
    """A page of a large document, ours or a peer's, by its hash."""

    id = fields.BigIntField(primary_key=True, generated=True)
    instance = fields.CharField(max_length=NAME)
    sha256 = fields.CharField(max_length=64)
    body = fields.BinaryField()
    superseded_at = fields.BigIntField(null=True)

    class Meta:
        table = "page"
        unique_together = (("instance", "sha256"),)


class OwnManifest(BaseModel):
    """Every manifest that this instance has issued: the highest sequence is the one served."""

    sequence = fields.BigIntField(primary_key=True, generated=False)
    sha256 = fields.CharField(max_length=64)
    body = fields.BinaryField()
    issued_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "own_manifest"


class Withdrawal(BaseModel):
    """A room that an instance took back, remembered so that it stays away."""

    id = fields.BigIntField(primary_key=True, generated=True)
    instance = fields.CharField(max_length=NAME)
    room_id = fields.CharField(max_length=NAME)
    at = fields.BigIntField()

    class Meta:
        table = "withdrawal"
        unique_together = (("instance", "room_id"),)
        indexes = (Index(fields=("room_id",), name="withdrawal_room"),)


class Block(BaseModel):
    """Something that is kept out: `kind` is room, server or space, `action` block or optout."""

    id = fields.BigIntField(primary_key=True, generated=True)
    kind = fields.CharField(max_length=WORD)
    target = fields.CharField(max_length=NAME)
    action = fields.CharField(max_length=WORD)
    reason = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "block"
        unique_together = (("kind", "target"),)


class Decision(BaseModel):
    """The audit log: who decided what, when, and why."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.BigIntField()
    actor = fields.CharField(max_length=NAME)
    action = fields.CharField(max_length=64)
    target = fields.CharField(max_length=NAME)
    reason = fields.TextField()

    class Meta:
        table = "decision"


class Message(BaseModel):
    """A message that reached the inbox, and what became of it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    instance = fields.CharField(max_length=NAME)
    message = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=WORD)
    state = fields.CharField(max_length=WORD)
    reason = fields.TextField()
    body = fields.BinaryField()
    at = fields.BigIntField()

    class Meta:
        table = "message"
        unique_together = (("instance", "message"),)


class Nonce(BaseModel):
    """A nonce seen in the inbox, kept thirty minutes."""

    id = fields.BigIntField(primary_key=True, generated=True)
    instance = fields.CharField(max_length=NAME)
    nonce = fields.CharField(max_length=128)
    at = fields.BigIntField()

    class Meta:
        table = "nonce"
        unique_together = (("instance", "nonce"),)


class Host(BaseModel):
    """Politeness towards one host, kept across restarts."""

    name = fields.CharField(max_length=NAME, primary_key=True)
    failures = fields.IntField()
    not_before = fields.BigIntField()
    reason = fields.CharField(max_length=WORD)
    robots = fields.TextField(null=True)
    robots_until = fields.BigIntField()

    class Meta:
        table = "host"
