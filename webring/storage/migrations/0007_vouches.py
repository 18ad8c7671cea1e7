"""Vouches: what communities say of other places, and to which sentences about them they agree."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0006_ring_members")]

    operations = [
        ops.CreateModel(
            name="Vouch",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("community", fields.CharField(max_length=320)),
                ("place", fields.CharField(max_length=255)),
            ],
            options={
                "table": "vouch",
                "app": "webring",
                "unique_together": (("community", "place"),),
                "indexes": [Index(fields=["place"], name="vouch_place")],
                "pk_attr": "id",
                "table_description": "Which communities vouch for a place (`storage.vouches`): the way back from their vouches.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OwnVouch",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("community", fields.CharField(max_length=64)),
                ("place", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(null=True, max_length=255)),
                ("url", fields.TextField()),
                ("sentence", fields.TextField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "own_vouch",
                "app": "webring",
                "unique_together": (("community", "place"),),
                "pk_attr": "id",
                "table_description": "A vouch of a community of ours, as the operator wants it: our manifest says it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OwnAcceptance",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("community", fields.CharField(max_length=64)),
                ("voucher", fields.CharField(max_length=320)),
                ("sentence", fields.TextField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "own_acceptance",
                "app": "webring",
                "unique_together": (("community", "voucher"),),
                "pk_attr": "id",
                "table_description": "The operator's yes to what another community says of one of ours, to that sentence alone.",
            },
            bases=["Model"],
        ),
    ]
