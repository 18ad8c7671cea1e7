"""`webring.toml`, written from the settings themselves: the example, and what `init` makes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

from webring.durations import Duration
from webring.settings import Settings

WIDTH: Final = 96
"""Characters in a line of comment."""
_HEAD: Final = """\
# Every setting of webring, with its default. What is commented out is as it is anyway.
# A setting may also come from the environment: [web] port is WEBRING_WEB_PORT.
# Lengths of time are written like "90s", "10m", "1h" or "7d".
"""


def render(values: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """The text of a settings file.

    `values` (by section and setting) are written as they are; every other setting is commented
    out, with its default. Without `values` the required ones show their examples.
    """
    given = values or {}
    hints = get_type_hints(Settings)
    parts = [
        "\n".join(_section(name, hints[name], given.get(name, {}), bool(given))) for name in hints
    ]
    return "\n\n".join([_HEAD.rstrip(), *parts]) + "\n"


def _section(
    name: str, kind: type[Any], given: Mapping[str, object], only_given: bool
) -> Iterator[str]:
    yield from _comment((kind.__doc__ or "").split("\n")[0])
    yield f"[{name}]"
    hints = get_type_hints(kind)
    for field in fields(kind):
        inner = next(iter(get_args(hints[field.name])), None)
        if is_dataclass(inner) and isinstance(inner, type):
            yield from _tables(f"{name}.{field.name}", field, inner)
            continue
        yield ""
        yield from _comment(field.metadata["text"])
        yield _line(field, hints[field.name], given, only_given)


def _tables(name: str, field: Field[Any], kind: type[Any]) -> Iterator[str]:
    yield ""
    yield from _comment(field.metadata["text"])
    yield f"# [[{name}]]"
    hints = get_type_hints(kind)
    for inner in fields(kind):
        yield from (f"#   {line}" for line in textwrap.wrap(inner.metadata["text"], WIDTH - 4))
        yield f"# {inner.name} = {_toml(_shown(inner, hints[inner.name]))}"


def _line(field: Field[Any], hint: Any, given: Mapping[str, object], only_given: bool) -> str:
    if field.name in given:
        return f"{field.name} = {_toml(given[field.name])}"
    required = field.default is MISSING
    mark = "" if required and not only_given else "# "
    return f"{mark}{field.name} = {_toml(_shown(field, hint))}"


def _shown(field: Field[Any], hint: Any) -> object:
    """The example of a setting that has one, otherwise its default."""
    example = field.metadata["example"]
    if example is not None:
        return example
    if field.default is MISSING:
        raise TypeError(f"{field.name} is required and has no example")
    return list(field.default) if get_origin(hint) is tuple else field.default


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Duration):
        return f'"{value}"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return _text(str(value))


def _text(value: str) -> str:
    """A basic string (TOML, "String"): what could end it, or cannot be seen, is escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH))
