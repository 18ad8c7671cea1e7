"""What processes share, and what homeservers list."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Fact",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, max_length=64),
                ),
                (
                    "value",
                    fields.JSONField(),
                ),
            ],
            options={
                "table": "fact",
                "app": "webring",
                "pk_attr": "name",
                "table_description": "A single named fact of this instance: schema notes, last own sequence, lived time.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Lease",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, max_length=255),
                ),
                ("holder", fields.CharField(max_length=64)),
                ("epoch", fields.BigIntField()),
                ("until", fields.BigIntField()),
            ],
            options={
                "table": "lease",
                "app": "webring",
                "pk_attr": "name",
                "table_description": "Who does a job now. `epoch` grows with every holder, so that a late one is recognised.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Host",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, max_length=255),
                ),
                ("failures", fields.IntField()),
                ("not_before", fields.BigIntField()),
                ("reason", fields.CharField(max_length=32)),
                ("robots", fields.TextField(null=True, unique=False)),
                ("robots_until", fields.BigIntField()),
            ],
            options={
                "table": "host",
                "app": "webring",
                "pk_attr": "name",
                "table_description": "Politeness towards one host, kept across restarts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Change",
            fields=[
                ("sequence", fields.BigIntField(primary_key=True, generated=False)),
                ("room_id", fields.CharField(max_length=255)),
                ("removed", fields.BooleanField()),
                ("at", fields.BigIntField()),
            ],
            options={
                "table": "change",
                "app": "webring",
                "pk_attr": "sequence",
                "table_description": "One change of one listing, in commit order: what search, caches and feeds follow.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Homeserver",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, max_length=255),
                ),
                ("domain", fields.CharField(max_length=255)),
                ("origin", fields.CharField(max_length=32)),
                ("named_by", fields.CharField(null=True, max_length=255)),
                ("state", fields.CharField(max_length=32)),
                ("way", fields.CharField(null=True, max_length=32)),
                (
                    "reasons",
                    fields.JSONField(),
                ),
                (
                    "dropped",
                    fields.JSONField(),
                ),
                ("rooms", fields.IntField()),
                ("complete", fields.BooleanField()),
                ("failures", fields.IntField()),
                ("interval", fields.BigIntField()),
                ("added_at", fields.BigIntField()),
                ("tried_at", fields.BigIntField(null=True)),
                ("answered_at", fields.BigIntField(null=True)),
                ("changed_at", fields.BigIntField(null=True)),
                ("next_at", fields.BigIntField()),
                ("holder", fields.CharField(null=True, max_length=64)),
                ("epoch", fields.BigIntField()),
                ("held_until", fields.BigIntField(null=True)),
            ],
            options={
                "table": "homeserver",
                "app": "webring",
                "indexes": [
                    Index(fields=["next_at"], name="homeserver_next"),
                    Index(fields=["domain"], name="homeserver_domain"),
                ],
                "pk_attr": "name",
                "table_description": "A Matrix server whose directory we read, and what it answers (`storage.homeservers`).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Listing",
            fields=[
                (
                    "room_id",
                    fields.CharField(primary_key=True, max_length=255),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("standing", fields.CharField(max_length=32)),
                ("why", fields.TextField()),
                ("community", fields.CharField(null=True, max_length=320)),
                ("instance", fields.CharField(null=True, max_length=255)),
                (
                    "parents",
                    fields.JSONField(),
                ),
                (
                    "servers",
                    fields.JSONField(),
                ),
                ("name", fields.TextField()),
                ("topic", fields.TextField()),
                ("alias", fields.CharField(null=True, max_length=255)),
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
                ("first_seen_at", fields.BigIntField()),
                ("updated_at", fields.BigIntField()),
            ],
            options={
                "table": "listing",
                "app": "webring",
                "indexes": [
                    Index(fields=["standing", "members"], name="listing_standing_members"),
                    Index(fields=["community"], name="listing_community"),
                    Index(fields=["instance"], name="listing_instance"),
                    Index(fields=["alias"], name="listing_alias"),
                ],
                "pk_attr": "room_id",
                "table_description": "What the directory shows for one room id (`webring.directory.listing.Listing`).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Sighting",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True),
                ),
                ("server", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(max_length=255)),
                ("kind", fields.CharField(max_length=32)),
                ("name", fields.TextField()),
                ("topic", fields.TextField()),
                ("alias", fields.CharField(null=True, max_length=255)),
                ("avatar", fields.CharField(null=True, max_length=512)),
                ("members", fields.BigIntField()),
                ("join_rule", fields.CharField(max_length=32)),
                ("world_readable", fields.BooleanField()),
                ("guest_can_join", fields.BooleanField()),
                ("seen_at", fields.BigIntField()),
                ("confirmed_lived", fields.BigIntField()),
            ],
            options={
                "table": "sighting",
                "app": "webring",
                "unique_together": (("server", "room_id"),),
                "indexes": [
                    Index(fields=["room_id"], name="sighting_room"),
                    Index(fields=["confirmed_lived"], name="sighting_confirmed"),
                ],
                "pk_attr": "id",
                "table_description": "A room in one homeserver's public directory.",
            },
            bases=["Model"],
        ),
    ]
