"""The tables of vouches, and nothing else; see `webring.storage.models` for how they are written.

What a community's manifest says stands with the community; what stands here of it is the way back.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from webring.storage.base_model import BaseModel
from webring.storage.models import NAME

COMMUNITY = 320
"""Characters of a community's id: a slug, a colon and its instance's name."""
SLUG = 64


class Vouch(BaseModel):
    """Which communities vouch for a place (`storage.vouches`): the way back from their vouches."""

    id = fields.BigIntField(primary_key=True, generated=True)
    community = fields.CharField(max_length=COMMUNITY)
    place = fields.CharField(max_length=NAME)

    class Meta:
        table = "vouch"
        unique_together = (("community", "place"),)
        indexes = (Index(fields=("place",), name="vouch_place"),)


class OwnVouch(BaseModel):
    """A vouch of a community of ours, as the operator wants it: our manifest says it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    community = fields.CharField(max_length=SLUG)
    place = fields.CharField(max_length=NAME)
    room_id = fields.CharField(max_length=NAME, null=True)
    url = fields.TextField()
    sentence = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "own_vouch"
        unique_together = (("community", "place"),)


class OwnAcceptance(BaseModel):
    """The operator's yes to what another community says of one of ours, to that sentence alone."""

    id = fields.BigIntField(primary_key=True, generated=True)
    community = fields.CharField(max_length=SLUG)
    voucher = fields.CharField(max_length=COMMUNITY)
    sentence = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "own_acceptance"
        unique_together = (("community", "voucher"),)
