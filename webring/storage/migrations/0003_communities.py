"""Communities, what they are told, and the tokens of their programs."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0002_instances")]

    operations = [
        ops.CreateModel(
            name="Community",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, max_length=320),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("slug", fields.CharField(max_length=64)),
                ("room_id", fields.CharField(max_length=255)),
                ("standing", fields.CharField(max_length=32)),
                ("why", fields.TextField()),
                ("kind", fields.CharField(max_length=32)),
                ("alias", fields.CharField(null=True, max_length=255)),
                ("name", fields.TextField()),
                ("topic", fields.TextField()),
                ("avatar", fields.CharField(null=True, max_length=512)),
                ("url", fields.TextField()),
                (
                    "interests",
                    fields.JSONField(),
                ),
                (
                    "languages",
                    fields.JSONField(),
                ),
                ("members", fields.BigIntField()),
                ("activity", fields.CharField(null=True, max_length=32)),
                ("join_rule", fields.CharField(max_length=32)),
                ("world_readable", fields.BooleanField()),
                ("adult", fields.BooleanField()),
                (
                    "via",
                    fields.JSONField(),
                ),
                (
                    "rooms",
                    fields.JSONField(),
                ),
                (
                    "proof",
                    fields.JSONField(),
                ),
                ("checked_at", fields.BigIntField()),
                ("updated_at", fields.BigIntField()),
                ("confirmed_lived", fields.BigIntField()),
                ("vouches", fields.JSONField(null=True)),
                ("accepted_vouches", fields.JSONField(null=True)),
            ],
            options={
                "table": "community",
                "app": "webring",
                "unique_together": (("instance", "slug"),),
                "indexes": [Index(fields=["room_id"], name="community_by_room")],
                "pk_attr": "id",
                "table_description": "A community of a verified manifest, ours included (`webring.directory.listing.Claim`).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CommunityRoom",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("community", fields.CharField(max_length=320)),
                ("room_id", fields.CharField(max_length=255)),
            ],
            options={
                "table": "community_room",
                "app": "webring",
                "unique_together": (("community", "room_id"),),
                "indexes": [Index(fields=["room_id"], name="community_room_room")],
                "pk_attr": "id",
                "table_description": "Which communities' spaces hold a room as a child: the way back from `Community.rooms`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notice",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("at", fields.BigIntField()),
                ("ring", fields.CharField(max_length=320)),
                ("member", fields.CharField(max_length=20)),
                ("community", fields.CharField(null=True, max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("text", fields.TextField()),
                ("room_state", fields.CharField(max_length=32)),
                ("room_reason", fields.TextField()),
            ],
            options={
                "table": "notice",
                "app": "webring",
                "indexes": [Index(fields=["ring", "member"], name="notice_member")],
                "pk_attr": "id",
                "table_description": "What a ring's people or a room's people are told, and whether the room was told.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApiToken",
            fields=[
                ("id", fields.CharField(primary_key=True, max_length=64)),
                ("label", fields.TextField()),
                ("communities", fields.JSONField()),
                ("at", fields.BigIntField()),
                ("expires_at", fields.BigIntField(null=True)),
                ("used_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "api_token",
                "app": "webring",
                "pk_attr": "id",
                "table_description": "What lets a program act for communities of ours: the hash of a token, never the token.",
            },
            bases=["Model"],
        ),
    ]
