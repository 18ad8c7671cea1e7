"""The tables of rings, and nothing else; see `webring.storage.models` for how they are written.

`ring` is a ring's id everywhere, `root` the hash of its first version, `member` a member's id.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from webring.storage.base_model import BaseModel
from webring.storage.models import NAME, WORD

RING = 320
"""Characters of a ring's id: a slug, a colon and the founding instance's name."""
HASH = 64
"""Characters of a hash: hex SHA-256."""
MEMBER = 20
"""Characters of a member's id."""
SLUG = 64
MESSAGE = 32
"""Characters of a message's id, which is a request's id too."""
CODE = 64
"""Characters of a reason code, or of a verdict's outcome."""


class Ring(BaseModel):
    """A ring that we know: what we pinned of it, its newest version, and when to look again.

    `sequence` is 0 and `sha256` empty before a first version is held. `revision` grows with every
    change that a circle or a page shows. `unread` is set by a restore: its head has to be read from
    every steward before anything is signed. `behind_since` is when a steward was first found to
    claim a newer version than we hold, null where none does.
    """

    id = fields.CharField(max_length=RING, primary_key=True)
    root = fields.CharField(max_length=HASH)
    origin = fields.CharField(max_length=WORD)
    stewarded = fields.BooleanField()
    accepted = fields.BooleanField()
    unread = fields.BooleanField()
    name = fields.TextField()
    sequence = fields.BigIntField()
    sha256 = fields.CharField(max_length=HASH)
    issued_at = fields.BigIntField(null=True)
    expires_at = fields.BigIntField(null=True)
    outcome = fields.CharField(max_length=CODE)
    why = fields.TextField()
    revision = fields.BigIntField()
    failures = fields.IntField()
    added_at = fields.BigIntField()
    tried_at = fields.BigIntField(null=True)
    answered_at = fields.BigIntField(null=True)
    next_at = fields.BigIntField()
    holder = fields.CharField(max_length=64, null=True)
    epoch = fields.BigIntField()
    held_until = fields.BigIntField(null=True)
    named_by = fields.CharField(max_length=NAME, null=True)
    behind_since = fields.BigIntField(null=True)

    class Meta:
        table = "ring"
        indexes = (Index(fields=("next_at",), name="ring_next"),)


class RingVersion(BaseModel):
    """A version of a ring's document, as signed: `on_branch` unless kept as evidence alone."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    root = fields.CharField(max_length=HASH)
    sequence = fields.BigIntField()
    sha256 = fields.CharField(max_length=HASH)
    body = fields.BinaryField()
    on_branch = fields.BooleanField()
    code = fields.CharField(max_length=CODE)
    at = fields.BigIntField()

    class Meta:
        table = "ring_version"
        unique_together = (("ring", "sha256"),)
        indexes = (Index(fields=("ring", "sequence"), name="ring_version_sequence"),)


class RingClaim(BaseModel):
    """A steward that claims a newer version of a ring than anybody serves us, and since when."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    instance = fields.CharField(max_length=NAME)
    since = fields.BigIntField()

    class Meta:
        table = "ring_claim"
        unique_together = (("ring", "instance"),)


class RingPage(BaseModel):
    """A page of members, by its hash. One without a body was erased: a former member asked."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    sha256 = fields.CharField(max_length=HASH)
    body = fields.BinaryField(null=True)
    superseded_at = fields.BigIntField(null=True)

    class Meta:
        table = "ring_page"
        unique_together = (("ring", "sha256"),)


class RingMember(BaseModel):
    """A slot of a ring, and what we found out about who is in it.

    `listed` tells whether the newest version lists it, `slot` what that version says of it (active
    or sleeping), `state` what it comes to; `after` is the slot that was before it when it went.
    `failures`, `absences` and `struck_at` are its strikes (`webring.rings.states`); `next_at` is
    when its consent is checked next, None where it never is.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    member = fields.CharField(max_length=MEMBER)
    kind = fields.CharField(max_length=WORD)
    instance = fields.CharField(max_length=NAME, null=True)
    community = fields.CharField(max_length=SLUG, null=True)
    url = fields.TextField()
    title = fields.TextField()
    position = fields.IntField()
    joined_at = fields.BigIntField()
    slot = fields.CharField(max_length=WORD)
    listed = fields.BooleanField()
    consents = fields.BooleanField(null=True)
    state = fields.CharField(max_length=WORD)
    reason = fields.TextField()
    since = fields.BigIntField()
    after = fields.CharField(max_length=MEMBER, null=True)
    checked_at = fields.BigIntField(null=True)
    next_at = fields.BigIntField(null=True)
    failures = fields.IntField()
    absences = fields.IntField()
    struck_at = fields.BigIntField()
    holder = fields.CharField(max_length=64, null=True)
    epoch = fields.BigIntField()
    held_until = fields.BigIntField(null=True)

    class Meta:
        table = "ring_member"
        unique_together = (("ring", "member"),)
        indexes = (
            Index(fields=("next_at",), name="ring_member_next"),
            Index(fields=("instance", "community"), name="ring_member_community"),
        )


class RingRequest(BaseModel):
    """Somebody's wish to join a ring, and what was decided."""

    id = fields.CharField(max_length=MESSAGE, primary_key=True)
    ring = fields.CharField(max_length=RING)
    root = fields.CharField(max_length=HASH)
    kind = fields.CharField(max_length=WORD)
    instance = fields.CharField(max_length=NAME, null=True)
    community = fields.CharField(max_length=SLUG, null=True)
    url = fields.TextField()
    title = fields.TextField()
    note = fields.TextField()
    origin = fields.CharField(max_length=WORD)
    state = fields.CharField(max_length=WORD)
    code = fields.CharField(max_length=CODE)
    decider = fields.CharField(max_length=NAME)
    reason = fields.TextField()
    member = fields.CharField(max_length=MEMBER)
    at = fields.BigIntField()
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "ring_request"
        indexes = (Index(fields=("ring", "state"), name="ring_request_state"),)


class RingChange(BaseModel):
    """A change that this steward wants in a ring's next version."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    kind = fields.CharField(max_length=WORD)
    member = fields.CharField(max_length=MEMBER)
    payload = fields.JSONField[dict[str, object]]()
    at = fields.BigIntField()
    decider = fields.CharField(max_length=NAME)

    class Meta:
        table = "ring_change"
        indexes = (Index(fields=("ring",), name="ring_change_ring"),)


class RingLedger(BaseModel):
    """What this steward has signed: written down before a signature leaves."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    sequence = fields.BigIntField()
    sha256 = fields.CharField(max_length=HASH)
    signed_at = fields.BigIntField()

    class Meta:
        table = "ring_ledger"
        unique_together = (("ring", "sequence", "sha256"),)


class RingProposal(BaseModel):
    """A version that stewards are signing, with the signatures so far.

    `message` is the id of the `cosign` by which its proposer asked us, None for our own.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    sequence = fields.BigIntField()
    sha256 = fields.CharField(max_length=HASH)
    body = fields.BinaryField()
    pages = fields.JSONField[list[str]]()
    proposer = fields.CharField(max_length=NAME)
    state = fields.CharField(max_length=WORD)
    reason = fields.TextField()
    at = fields.BigIntField()
    message = fields.CharField(max_length=MESSAGE, null=True)

    class Meta:
        table = "ring_proposal"
        unique_together = (("ring", "sha256"),)


class Membership(BaseModel):
    """A ring that a community of ours is willing to stand in: named in our own manifest."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ring = fields.CharField(max_length=RING)
    root = fields.CharField(max_length=HASH)
    community = fields.CharField(max_length=SLUG)
    since = fields.BigIntField()

    class Meta:
        table = "membership"
        unique_together = (("ring", "community"),)


class Outgoing(BaseModel):
    """A message to another instance, kept until it is delivered, answered, or too old.

    `payload` is canonical JSON of the kind's own fields, as bytes: what is signed in it stays so.
    `attempts` grows whenever it is taken, so that a late sender is recognised.
    """

    id = fields.CharField(max_length=MESSAGE, primary_key=True)
    destination = fields.CharField(max_length=NAME)
    kind = fields.CharField(max_length=WORD)
    payload = fields.BinaryField()
    state = fields.CharField(max_length=WORD)
    reply_state = fields.CharField(max_length=WORD)
    reply_reason = fields.TextField()
    reply = fields.JSONField[dict[str, object]](null=True)
    attempts = fields.IntField()
    at = fields.BigIntField()
    next_at = fields.BigIntField(null=True)
    tried_at = fields.BigIntField(null=True)

    class Meta:
        table = "outbox"
        indexes = (Index(fields=("next_at",), name="outbox_next"),)


class Notice(BaseModel):
    """What a ring's people or a room's people are told, and whether the room was told."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.BigIntField()
    ring = fields.CharField(max_length=RING)
    member = fields.CharField(max_length=MEMBER)
    community = fields.CharField(max_length=SLUG, null=True)
    kind = fields.CharField(max_length=WORD)
    text = fields.TextField()
    room_state = fields.CharField(max_length=WORD)
    room_reason = fields.TextField()

    class Meta:
        table = "notice"
        indexes = (Index(fields=("ring", "member"), name="notice_member"),)


class ApiToken(BaseModel):
    """What lets a program act for communities of ours: the hash of a token, never the token.

    `communities` are slugs, or "*" for all.
    """

    id = fields.CharField(max_length=HASH, primary_key=True)
    label = fields.TextField()
    communities = fields.JSONField[list[str]]()
    at = fields.BigIntField()
    expires_at = fields.BigIntField(null=True)
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "api_token"
