"""Rings: who named one first, since when ours is behind, and whose claims of newer versions wait."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("webring", "0002_rings")]

    operations = [
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
        ops.AddField(
            model_name="Ring",
            name="named_by",
            field=fields.CharField(null=True, max_length=255),
        ),
        ops.AddField(
            model_name="Ring",
            name="behind_since",
            field=fields.BigIntField(null=True),
        ),
    ]
