"""What every model is made from."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model, ModelMeta


class _Plain(ModelMeta):
    """Makes models without looking for `#:` comments on their fields, which we do not write.

    Tortoise reads and parses the source of each model for them: a seventh of a second at the start
    of every process.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        return super().__new__(cls, name, bases, {"_no_comments": True, **attrs})


class BaseModel(Model, metaclass=_Plain):
    """A table, by its fields. Its first line becomes the table's comment in the database."""

    class Meta:
        """There is no such table."""

        abstract = True
