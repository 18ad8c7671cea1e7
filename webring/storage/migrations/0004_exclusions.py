"""What is kept out, by whose decision or wish."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0003_communities")]

    operations = [
        ops.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("target", fields.CharField(max_length=255)),
                ("action", fields.CharField(max_length=32)),
                ("reason", fields.TextField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "block",
                "app": "webring",
                "unique_together": (("kind", "target"),),
                "pk_attr": "id",
                "table_description": "Something that is kept out: `kind` is room, server or space, `action` block or optout.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("at", fields.BigIntField()),
                ("actor", fields.CharField(max_length=255)),
                ("action", fields.CharField(max_length=64)),
                ("target", fields.CharField(max_length=255)),
                ("reason", fields.TextField()),
            ],
            options={
                "table": "decision",
                "app": "webring",
                "pk_attr": "id",
                "table_description": "The audit log: who decided what, when, and why.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SpaceRoom",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("space", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(max_length=255)),
                ("instance", fields.CharField(max_length=255)),
                ("decided", fields.BooleanField()),
            ],
            options={
                "table": "space_room",
                "app": "webring",
                "unique_together": (("space", "instance", "room_id"),),
                "indexes": [Index(fields=["room_id"], name="space_room_room")],
                "pk_attr": "id",
                "table_description": "A room of a space that is kept out, and the instance that says so.",
            },
            bases=["Model"],
        ),
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
