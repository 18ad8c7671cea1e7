"""The tables of what follows from a no, and nothing else; see `webring.storage.models`.

What the operator decided stands in `block`; what follows from it here is forgotten with it.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from webring.storage.base_model import BaseModel
from webring.storage.models import NAME


class SpaceRoom(BaseModel):
    """A room of a space that is kept out, and the instance that says so.

    `decided`: it said so when the space was decided upon, else it did since.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    space = fields.CharField(max_length=NAME)
    room_id = fields.CharField(max_length=NAME)
    instance = fields.CharField(max_length=NAME)
    decided = fields.BooleanField()

    class Meta:
        table = "space_room"
        unique_together = (("space", "instance", "room_id"),)
        indexes = (Index(fields=("room_id",), name="space_room_room"),)


class DeclinedRoom(BaseModel):
    """A room whose moderators ask to be left out, and the server whose directory shows that.

    `ours`: it is our own homeserver.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    server = fields.CharField(max_length=NAME)
    room_id = fields.CharField(max_length=NAME)
    ours = fields.BooleanField()

    class Meta:
        table = "declined_room"
        unique_together = (("server", "room_id"),)
        indexes = (Index(fields=("room_id",), name="declined_room_room"),)
