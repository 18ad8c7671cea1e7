"""Rooms whose moderators ask to be left out: remembered, so that no other directory undoes it."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0005_space_rooms")]

    operations = [
        ops.CreateModel(
            name="DeclinedRoom",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("server", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(max_length=255)),
                ("ours", fields.BooleanField()),
            ],
            options={
                "table": "declined_room",
                "app": "webring",
                "unique_together": (("server", "room_id"),),
                "indexes": [Index(fields=["room_id"], name="declined_room_room")],
                "pk_attr": "id",
                "table_description": "A room whose moderators ask to be left out, and the server whose directory shows that.",
            },
            bases=["Model"],
        ),
    ]
