"""Reports of visitors, and the public log of delistings."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0007_vouches")]

    operations = [
        ops.CreateModel(
            name="Delisting",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("at", fields.BigIntField()),
                ("restored", fields.BooleanField()),
                ("kind", fields.CharField(max_length=32)),
                ("code", fields.CharField(max_length=32)),
                ("listings", fields.BigIntField()),
            ],
            options={
                "table": "delisting",
                "app": "webring",
                "indexes": [Index(fields=["at"], name="delisting_at")],
                "pk_attr": "id",
                "table_description": "A line of the public log of what was kept out, or let in again. It names nobody.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Report",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("at", fields.BigIntField()),
                ("room_id", fields.CharField(max_length=255)),
                ("community", fields.CharField(null=True, max_length=320)),
                ("name", fields.TextField()),
                ("reason", fields.CharField(max_length=32)),
                ("text", fields.TextField()),
                ("code", fields.CharField(null=True, max_length=32)),
                ("note", fields.TextField()),
                ("resolved_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "report",
                "app": "webring",
                "indexes": [Index(fields=["room_id", "resolved_at"], name="report_room")],
                "pk_attr": "id",
                "table_description": "What a visitor says of a listing, and what the operator made of it. Nothing of the visitor.",
            },
            bases=["Model"],
        ),
    ]
