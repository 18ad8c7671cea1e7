"""What spaces take with them while they are kept out: derived, where blocks of rooms stood before."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0004_stewards")]

    operations = [
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
    ]
