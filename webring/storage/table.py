"""One model's table: rows in and out as the model says, on any connection, in either dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from tortoise import fields
from tortoise.models import Model

from webring.storage.sql import (
    Connection,
    Row,
    execute,
    execute_many,
    marks,
    rows,
    storable,
    to_json,
)

M = TypeVar("M", bound=Model)
Values = Mapping[str, object]
Coder = Callable[[Any], Any]


class Table(Generic[M]):
    """Statements over one model's table. `where` and `tail` are our own SQL, with `?` marks."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.name: Final = str(model.Meta.table)  # type: ignore[attr-defined]
        declared = {
            name: field for name, field in vars(model)["_meta"].fields_map.items() if name != "pk"
        }
        self.columns: Final = tuple(declared)
        self.key: Final = next(name for name, field in declared.items() if field.pk)
        self._encoders: Final = {name: _encoder(field) for name, field in declared.items()}

    async def select(
        self, conn: Connection, where: str = "", values: Sequence[object] = (), *, tail: str = ""
    ) -> list[M]:
        """The rows that match, as models (which are not to be saved: they know no database)."""
        found = await rows(conn, f"{self.selecting(self.columns)}{_where(where)} {tail}", values)
        return [self._model(row) for row in found]

    async def get(self, conn: Connection, where: str, *values: object) -> M | None:
        """The one row that matches."""
        found = await self.select(conn, where, values, tail="LIMIT 1")
        return found[0] if found else None

    async def count(self, conn: Connection, where: str = "", values: Sequence[object] = ()) -> int:
        """How many rows match."""
        statement = f'SELECT count(*) FROM "{self.name}"{_where(where)}'  # noqa: S608
        return int((await rows(conn, statement, values))[0][0])

    async def counts(self, conn: Connection, column: str) -> dict[str, int]:
        """How many rows hold each value of a column."""
        statement = f'SELECT "{column}", count(*) FROM "{self.name}" GROUP BY 1'  # noqa: S608
        return {str(row[0]): int(row[1]) for row in await rows(conn, statement)}

    async def insert(self, tx: Connection, new: Sequence[Values], *, keep: bool = False) -> None:
        """Add rows of the same columns; `keep` leaves a row that is there already as it is."""
        if new:
            end = " ON CONFLICT DO NOTHING" if keep else ""
            names = tuple(new[0])
            await execute_many(tx, self._inserting(names) + end, self._encoded(names, new))

    async def upsert(self, tx: Connection, new: Sequence[Values], key: Sequence[str]) -> None:
        """Add rows of the same columns, or replace these columns where the key is there already."""
        if new:
            names = tuple(new[0])
            changed = ", ".join(
                f'"{name}" = excluded."{name}"' for name in names if name not in key
            )
            end = f" ON CONFLICT ({_quoted(key)}) DO UPDATE SET {changed}"
            await execute_many(tx, self._inserting(names) + end, self._encoded(names, new))

    async def update(
        self, tx: Connection, changes: Values, where: str, values: Sequence[object] = ()
    ) -> int:
        """Change columns of the rows that match; how many did."""
        sets = ", ".join(f'"{name}" = ?' for name in changes)
        statement = f'UPDATE "{self.name}" SET {sets}{_where(where)}'  # noqa: S608
        new = [self._encoders[name](value) for name, value in changes.items()]
        return await execute(tx, statement, [*new, *values])

    async def delete(self, tx: Connection, where: str, values: Sequence[object] = ()) -> int:
        """Delete the rows that match; how many did."""
        return await execute(tx, f'DELETE FROM "{self.name}"{_where(where)}', values)  # noqa: S608

    def selecting(self, columns: Iterable[str]) -> str:
        """The beginning of a SELECT of some columns."""
        names = ", ".join(f'"{self.name}"."{name}"' for name in columns)
        return f'SELECT {names} FROM "{self.name}"'  # noqa: S608

    def _inserting(self, names: Sequence[str]) -> str:
        return f'INSERT INTO "{self.name}" ({_quoted(names)}) VALUES ({marks(len(names))})'  # noqa: S608

    def _encoded(self, names: Sequence[str], new: Iterable[Values]) -> list[Row]:
        coders = [(name, self._encoders[name]) for name in names]
        return [[coder(row[name]) for name, coder in coders] for row in new]

    def _model(self, row: Row) -> M:
        return self.model(**dict(zip(self.columns, row, strict=True)))


def _encoder(field: Any) -> Coder:
    if isinstance(field, fields.JSONField):
        return _json_or_null
    if isinstance(field, fields.CharField | fields.TextField):
        return _text_or_null
    return _same


def _json_or_null(value: object) -> str | None:
    return None if value is None else to_json(value)


def _text_or_null(value: str | None) -> str | None:
    return None if value is None else storable(str(value))


def _same(value: object) -> object:
    return value


def _where(condition: str) -> str:
    return f" WHERE {condition}" if condition else ""


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
