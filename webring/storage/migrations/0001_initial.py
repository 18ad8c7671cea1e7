import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("target", fields.CharField(max_length=255)),
                ("action", fields.CharField(max_length=32)),
                ("reason", fields.TextField(unique=False)),
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
            name="Change",
            fields=[
                ("sequence", fields.BigIntField(primary_key=True, unique=True, db_index=True)),
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
            name="Community",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=320),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("slug", fields.CharField(max_length=64)),
                ("room_id", fields.CharField(max_length=255)),
                ("standing", fields.CharField(max_length=32)),
                ("why", fields.TextField(unique=False)),
                ("kind", fields.CharField(max_length=32)),
                ("alias", fields.CharField(null=True, max_length=255)),
                ("name", fields.TextField(unique=False)),
                ("topic", fields.TextField(unique=False)),
                ("avatar", fields.CharField(null=True, max_length=512)),
                ("url", fields.TextField(unique=False)),
                (
                    "interests",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "languages",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("members", fields.BigIntField()),
                ("activity", fields.CharField(null=True, max_length=32)),
                ("join_rule", fields.CharField(max_length=32)),
                ("world_readable", fields.BooleanField()),
                ("adult", fields.BooleanField()),
                (
                    "via",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "rooms",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "proof",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("checked_at", fields.BigIntField()),
                ("updated_at", fields.BigIntField()),
                ("confirmed_lived", fields.BigIntField()),
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
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
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
            name="Decision",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("at", fields.BigIntField()),
                ("actor", fields.CharField(max_length=255)),
                ("action", fields.CharField(max_length=64)),
                ("target", fields.CharField(max_length=255)),
                ("reason", fields.TextField(unique=False)),
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
            name="Evidence",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
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
            name="Fact",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                (
                    "value",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
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
            name="Homeserver",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
                ),
                ("domain", fields.CharField(max_length=255)),
                ("origin", fields.CharField(max_length=32)),
                ("named_by", fields.CharField(null=True, max_length=255)),
                ("state", fields.CharField(max_length=32)),
                ("way", fields.CharField(null=True, max_length=32)),
                (
                    "reasons",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "dropped",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
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
            name="Host",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
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
            name="Lease",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
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
            name="Listing",
            fields=[
                (
                    "room_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("standing", fields.CharField(max_length=32)),
                ("why", fields.TextField(unique=False)),
                ("community", fields.CharField(null=True, max_length=320)),
                ("instance", fields.CharField(null=True, max_length=255)),
                (
                    "parents",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "servers",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("name", fields.TextField(unique=False)),
                ("topic", fields.TextField(unique=False)),
                ("alias", fields.CharField(null=True, max_length=255)),
                ("avatar", fields.CharField(null=True, max_length=512)),
                ("url", fields.TextField(unique=False)),
                (
                    "interests",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "languages",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("members", fields.BigIntField()),
                ("activity", fields.CharField(null=True, max_length=32)),
                ("join_rule", fields.CharField(max_length=32)),
                ("world_readable", fields.BooleanField()),
                ("adult", fields.BooleanField()),
                (
                    "via",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
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
            name="Message",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("instance", fields.CharField(max_length=255)),
                ("message", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("state", fields.CharField(max_length=32)),
                ("reason", fields.TextField(unique=False)),
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
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
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
            name="OwnManifest",
            fields=[
                ("sequence", fields.BigIntField(primary_key=True, unique=True, db_index=True)),
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
            name="Page",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
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
            name="Peer",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
                ),
                ("domain", fields.CharField(max_length=255)),
                ("origin", fields.CharField(max_length=32)),
                ("named_by", fields.CharField(null=True, max_length=255)),
                ("accepted", fields.BooleanField()),
                ("base_url", fields.CharField(null=True, max_length=2048)),
                ("state", fields.CharField(max_length=32)),
                ("outcome", fields.CharField(null=True, max_length=64)),
                ("why", fields.TextField(unique=False)),
                (
                    "trust",
                    fields.JSONField(
                        null=True,
                        encoder=functools.partial(dumps, separators=(",", ":")),
                        decoder=loads,
                    ),
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
            name="Sighting",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("server", fields.CharField(max_length=255)),
                ("room_id", fields.CharField(max_length=255)),
                ("kind", fields.CharField(max_length=32)),
                ("name", fields.TextField(unique=False)),
                ("topic", fields.TextField(unique=False)),
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
        ops.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
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
    ]
