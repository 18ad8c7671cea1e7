"""Other instances, what they publish, and the messages between them."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0001_initial")]

    operations = [
        ops.CreateModel(
            name="Peer",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, max_length=255),
                ),
                ("domain", fields.CharField(max_length=255)),
                ("origin", fields.CharField(max_length=32)),
                ("named_by", fields.CharField(null=True, max_length=255)),
                ("accepted", fields.BooleanField()),
                ("base_url", fields.CharField(null=True, max_length=2048)),
                ("state", fields.CharField(max_length=32)),
                ("outcome", fields.CharField(null=True, max_length=64)),
                ("why", fields.TextField()),
                (
                    "trust",
                    fields.JSONField(null=True),
                ),
                ("manifest", fields.BinaryField(null=True)),
                ("sequence", fields.BigIntField(null=True)),
                ("sha256", fields.CharField(null=True, max_length=64)),
                ("etag", fields.CharField(null=True, max_length=256)),
                ("expires_at", fields.BigIntField(null=True)),
                ("failures", fields.IntField()),
                ("added_at", fields.BigIntField()),
                ("tried_at", fields.BigIntField(null=True)),
                ("answered_at", fields.BigIntField(null=True)),
                ("next_at", fields.BigIntField()),
                ("holder", fields.CharField(null=True, max_length=64)),
                ("epoch", fields.BigIntField()),
                ("held_until", fields.BigIntField(null=True)),
            ],
            options={
                "table": "peer",
                "app": "webring",
                "indexes": [
                    Index(fields=["next_at"], name="peer_next"),
                    Index(fields=["domain"], name="peer_domain"),
                ],
                "pk_attr": "name",
                "table_description": "Another instance, what we pinned of it, and its last good manifest.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("code", fields.CharField(max_length=64)),
                ("sequence", fields.BigIntField(null=True)),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "evidence",
                "app": "webring",
                "unique_together": (("instance", "sha256", "code"),),
                "pk_attr": "id",
                "table_description": "A signed document that was refused and is kept: equivocation, unknown keys, rollback.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Page",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField()),
                ("superseded_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "page",
                "app": "webring",
                "unique_together": (("instance", "sha256"),),
                "pk_attr": "id",
                "table_description": "A page of a large document, ours or a peer's, by its hash.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OwnManifest",
            fields=[
                ("sequence", fields.BigIntField(primary_key=True, generated=False)),
                ("sha256", fields.CharField(max_length=64)),
                ("body", fields.BinaryField()),
                ("issued_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
            ],
            options={
                "table": "own_manifest",
                "app": "webring",
                "pk_attr": "sequence",
                "table_description": "Every manifest that this instance has issued: the highest sequence is the one served.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(max_length=255)),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "withdrawal",
                "app": "webring",
                "unique_together": (("instance", "room_id"),),
                "indexes": [Index(fields=["room_id"], name="withdrawal_room")],
                "pk_attr": "id",
                "table_description": "A room that an instance took back, remembered so that it stays away.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("message", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("state", fields.CharField(max_length=32)),
                ("reason", fields.TextField()),
                ("body", fields.BinaryField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "message",
                "app": "webring",
                "unique_together": (("instance", "message"),),
                "pk_attr": "id",
                "table_description": "A message that reached the inbox, and what became of it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Nonce",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("nonce", fields.CharField(max_length=128)),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "nonce",
                "app": "webring",
                "unique_together": (("instance", "nonce"),),
                "pk_attr": "id",
                "table_description": "A nonce seen in the inbox, kept thirty minutes.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Outgoing",
            fields=[
                ("id", fields.CharField(primary_key=True, max_length=32)),
                ("destination", fields.CharField(max_length=255)),
                ("kind", fields.CharField(max_length=32)),
                ("payload", fields.BinaryField()),
                ("state", fields.CharField(max_length=32)),
                ("reply_state", fields.CharField(max_length=32)),
                ("reply_reason", fields.TextField()),
                ("reply", fields.JSONField(null=True)),
                ("attempts", fields.IntField()),
                ("at", fields.BigIntField()),
                ("next_at", fields.BigIntField(null=True)),
                ("tried_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "outbox",
                "app": "webring",
                "indexes": [Index(fields=["next_at"], name="outbox_next")],
                "pk_attr": "id",
                "table_description": "A message to another instance, kept until it is delivered, answered, or too old.",
            },
            bases=["Model"],
        ),
    ]
