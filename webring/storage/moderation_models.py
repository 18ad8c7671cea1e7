"""The tables of reports and of what the public is told about delistings; see `storage.models`."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from webring.storage.models import NAME, WORD


class Report(Model):
    """What a visitor says of a listing, and what the operator made of it. Nothing of the visitor.

    `code` is how it was resolved, null while it is open.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.BigIntField()
    room_id = fields.CharField(max_length=NAME)
    community = fields.CharField(max_length=320, null=True)
    name = fields.TextField()
    reason = fields.CharField(max_length=WORD)
    text = fields.TextField()
    code = fields.CharField(max_length=WORD, null=True)
    note = fields.TextField()
    resolved_at = fields.BigIntField(null=True)

    class Meta:
        table = "report"
        indexes = (Index(fields=("room_id", "resolved_at"), name="report_room"),)


class Delisting(Model):
    """A line of the public log of what was kept out, or let in again. It names nobody.

    `kind` is what it was (a room, a server, a glob and so on) and `code` why.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.BigIntField()
    restored = fields.BooleanField()
    kind = fields.CharField(max_length=WORD)
    code = fields.CharField(max_length=WORD)
    listings = fields.BigIntField()

    class Meta:
        table = "delisting"
        indexes = (Index(fields=("at",), name="delisting_at"),)
