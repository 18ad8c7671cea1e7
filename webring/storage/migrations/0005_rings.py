"""Rings: their versions, their history, and what is claimed of them."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0004_exclusions")]

    operations = [
        ops.CreateModel(
            name="Ring",
            fields=[
                ("id", fields.CharField(primary_key=True, max_length=320)),
                ("root", fields.CharField(max_length=64)),
                ("origin", fields.CharField(max_length=32)),
                ("stewarded", fields.BooleanField()),
                ("accepted", fields.BooleanField()),
                ("unread", fields.BooleanField()),
                ("name", fields.TextField()),
                ("sequence", fields.BigIntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("issued_at", fields.BigIntField(null=True)),
                ("expires_at", fields.BigIntField(null=True)),
                ("outcome", fields.CharField(max_length=64)),
                ("why", fields.TextField()),
                ("revision", fields.BigIntField()),
                ("failures", fields.IntField()),
                ("added_at", fields.BigIntField()),
                ("tried_at", fields.BigIntField(null=True)),
                ("answered_at", fields.BigIntField(null=True)),
                ("next_at", fields.BigIntField()),
                ("holder", fields.CharField(null=True, max_length=64)),
                ("epoch", fields.BigIntField()),
                ("held_until", fields.BigIntField(null=True)),
                ("named_by", fields.CharField(null=True, max_length=255)),
                ("behind_since", fields.BigIntField(null=True)),
            ],
            options={
                "table": "ring",
                "app": "webring",
                "indexes": [Index(fields=["next_at"], name="ring_next")],
                "pk_attr": "id",
                "table_description": "A ring that we know: what we pinned of it, its newest version, and when to look again.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingVersion",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("root", fields.CharField(max_length=64)),
                ("sequence", fields.BigIntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField()),
                ("on_branch", fields.BooleanField()),
                ("code", fields.CharField(max_length=64)),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "ring_version",
                "app": "webring",
                "unique_together": (("ring", "sha256"),),
                "indexes": [Index(fields=["ring", "sequence"], name="ring_version_sequence")],
                "pk_attr": "id",
                "table_description": "A version of a ring's document, as signed: `on_branch` unless kept as evidence alone.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingPage",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField(null=True)),
                ("superseded_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "ring_page",
                "app": "webring",
                "unique_together": (("ring", "sha256"),),
                "pk_attr": "id",
                "table_description": "A page of members, by its hash. One without a body was erased: a former member asked.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingChange",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("kind", fields.CharField(max_length=32)),
                ("member", fields.CharField(max_length=20)),
                ("payload", fields.JSONField()),
                ("at", fields.BigIntField()),
                ("decider", fields.CharField(max_length=255)),
            ],
            options={
                "table": "ring_change",
                "app": "webring",
                "indexes": [Index(fields=["ring"], name="ring_change_ring")],
                "pk_attr": "id",
                "table_description": "A change that this steward wants in a ring's next version.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingLedger",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("sequence", fields.BigIntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("signed_at", fields.BigIntField()),
            ],
            options={
                "table": "ring_ledger",
                "app": "webring",
                "unique_together": (("ring", "sequence", "sha256"),),
                "pk_attr": "id",
                "table_description": "What this steward has signed: written down before a signature leaves.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingClaim",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("instance", fields.CharField(max_length=255)),
                ("since", fields.BigIntField()),
            ],
            options={
                "table": "ring_claim",
                "app": "webring",
                "unique_together": (("ring", "instance"),),
                "pk_attr": "id",
                "table_description": "A steward that claims a newer version of a ring than anybody serves us, and since when.",
            },
            bases=["Model"],
        ),
    ]
