"""The message by which a steward was asked to sign a version; tokens of programs."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0003_ring_claims")]

    operations = [
        ops.AddField(
            model_name="RingProposal",
            name="message",
            field=fields.CharField(null=True, max_length=32),
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
