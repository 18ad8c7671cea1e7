"""Members of rings, and what waits for a steward's decision."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0005_rings")]

    operations = [
        ops.CreateModel(
            name="RingMember",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("member", fields.CharField(max_length=20)),
                ("kind", fields.CharField(max_length=32)),
                ("instance", fields.CharField(null=True, max_length=255)),
                ("community", fields.CharField(null=True, max_length=64)),
                ("url", fields.TextField()),
                ("title", fields.TextField()),
                ("position", fields.IntField()),
                ("joined_at", fields.BigIntField()),
                ("slot", fields.CharField(max_length=32)),
                ("listed", fields.BooleanField()),
                ("consents", fields.BooleanField(null=True)),
                ("state", fields.CharField(max_length=32)),
                ("reason", fields.TextField()),
                ("since", fields.BigIntField()),
                ("after", fields.CharField(null=True, max_length=20)),
                ("checked_at", fields.BigIntField(null=True)),
                ("next_at", fields.BigIntField(null=True)),
                ("failures", fields.IntField()),
                ("absences", fields.IntField()),
                ("struck_at", fields.BigIntField()),
                ("holder", fields.CharField(null=True, max_length=64)),
                ("epoch", fields.BigIntField()),
                ("held_until", fields.BigIntField(null=True)),
            ],
            options={
                "table": "ring_member",
                "app": "webring",
                "unique_together": (("ring", "member"),),
                "indexes": [
                    Index(fields=["next_at"], name="ring_member_next"),
                    Index(fields=["instance", "community"], name="ring_member_community"),
                ],
                "pk_attr": "id",
                "table_description": "A slot of a ring, and what we found out about who is in it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Membership",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("root", fields.CharField(max_length=64)),
                ("community", fields.CharField(max_length=64)),
                ("since", fields.BigIntField()),
            ],
            options={
                "table": "membership",
                "app": "webring",
                "unique_together": (("ring", "community"),),
                "pk_attr": "id",
                "table_description": "A ring that a community of ours is willing to stand in: named in our own manifest.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingRequest",
            fields=[
                ("id", fields.CharField(primary_key=True, max_length=32)),
                ("ring", fields.CharField(max_length=320)),
                ("root", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("instance", fields.CharField(null=True, max_length=255)),
                ("community", fields.CharField(null=True, max_length=64)),
                ("url", fields.TextField()),
                ("title", fields.TextField()),
                ("note", fields.TextField()),
                ("origin", fields.CharField(max_length=32)),
                ("state", fields.CharField(max_length=32)),
                ("code", fields.CharField(max_length=64)),
                ("decider", fields.CharField(max_length=255)),
                ("reason", fields.TextField()),
                ("member", fields.CharField(max_length=20)),
                ("at", fields.BigIntField()),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "ring_request",
                "app": "webring",
                "indexes": [Index(fields=["ring", "state"], name="ring_request_state")],
                "pk_attr": "id",
                "table_description": "Somebody's wish to join a ring, and what was decided.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RingProposal",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("ring", fields.CharField(max_length=320)),
                ("sequence", fields.BigIntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField()),
                ("pages", fields.JSONField()),
                ("proposer", fields.CharField(max_length=255)),
                ("state", fields.CharField(max_length=32)),
                ("reason", fields.TextField()),
                ("at", fields.BigIntField()),
                ("message", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "ring_proposal",
                "app": "webring",
                "unique_together": (("ring", "sha256"),),
                "pk_attr": "id",
                "table_description": "A version that stewards are signing, with the signatures so far.",
            },
            bases=["Model"],
        ),
    ]
