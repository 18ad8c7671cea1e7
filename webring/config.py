"""Reading `webring.toml` and the environment into `Settings`, and refusing what cannot work.

Every problem is collected, so that an operator mends the file once. A setting `key` of `[section]`
may also come from the environment, as WEBRING_SECTION_KEY, which counts more than the file.
Relative paths start at the file's directory.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from webring.consistency import contradictions
from webring.durations import Duration
from webring.errors import ConfigError, InvalidName
from webring.names import PeerUrl
from webring.settings import Settings

PREFIX: Final = "WEBRING_"
FILE_VARIABLE: Final = "WEBRING_CONFIG"
"""Names the settings' file where no command line does."""
DEFAULT_FILE: Final = "webring.toml"
MAX_SEEN: Final = 80
"""Characters of a wrong value that are shown."""
_MISTYPED: Final = 0.9
"""How alike a variable and a setting's are, to be taken for a slip of the hand."""
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


class _Wrong(Exception):
    """A value is not what its setting wants; the message ends the sentence."""


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings; `ConfigError` names every problem, one a line, and how to mend it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {path}: make one with `webring init`, or name another with --config"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return parse(text, environment, path)


def parse(text: str, environment: Mapping[str, str], source: str | Path = DEFAULT_FILE) -> Settings:
    """Read settings from TOML and the environment; `source` is the file, named in errors."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not TOML: {error}") from None
    problems: list[str] = []
    sections = _sections(content, environment, problems)
    read = _read_sections(sections, problems, Path(source).parent)
    if not problems:
        settings = Settings(**read)
        problems += contradictions(settings)
    if problems:
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))
    return settings


def _sections(
    content: Mapping[str, Any], environment: Mapping[str, str], problems: list[str]
) -> dict[str, dict[str, Any]]:
    """The file's sections with the environment laid over them."""
    known = {each.name: each for each in fields(Settings)}
    sections: dict[str, dict[str, Any]] = {name: {} for name in known}
    for name, value in content.items():
        if name not in known:
            problems.append(f"there is no section [{name}]{_meant(name, known)}")
        elif not isinstance(value, dict):
            problems.append(f"[{name}] is a section, not a value")
        else:
            sections[name] = dict(value)
    for variable, value in sorted(environment.items()):
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            _lay_over(sections, variable, value, problems)
    return sections


def _lay_over(
    sections: dict[str, dict[str, Any]], variable: str, value: str, problems: list[str]
) -> None:
    section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
    if section not in sections:
        # Other programs' variables may share the prefix (a container's links, say).
        close = difflib.get_close_matches(variable, _variables(), n=1, cutoff=_MISTYPED)
        problems += [f"{variable} is no setting; did you mean {close[0]}?"] if close else []
        return
    hints = get_type_hints(_type_of(section))
    if key not in hints:
        problems.append(f"{variable}: [{section}] has no setting {key!r}{_meant(key, hints)}")
    elif is_dataclass(next(iter(get_args(hints[key])), None)):
        problems.append(f"{variable}: tables are written in the file, [[{section}.{key}]]")
    else:
        sections[section][key] = _from_environment(hints[key], value)


def _variables() -> list[str]:
    """Every variable that is a setting."""
    return [
        f"{PREFIX}{section.name}_{each.name}".upper()
        for section in fields(Settings)
        for each in fields(_type_of(section.name))
    ]


def _from_environment(hint: Any, value: str) -> Any:
    """A variable's text, in the shape that TOML would have given it."""
    if hint is bool:
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else value
    if hint is int:
        return int(value) if value.strip().lstrip("-").isdecimal() else value
    if get_origin(hint) is tuple:
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _read_sections(
    sections: Mapping[str, Any], problems: list[str], directory: Path
) -> dict[str, Any]:
    reader = _Reader(problems, directory)
    return {
        name: reader.table(_type_of(name), values, f"[{name}]") for name, values in sections.items()
    }


def _type_of(section: str) -> type[Any]:
    hint: type[Any] = get_type_hints(Settings)[section]
    return hint


class _Reader:
    """Reads tables into dataclasses and adds what is wrong to `problems`."""

    def __init__(self, problems: list[str], directory: Path) -> None:
        self._problems = problems
        self._directory = directory

    def table(self, kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
        """One section or table as its dataclass; None where something in it is wrong."""
        hints, known = get_type_hints(kind), {each.name: each for each in fields(kind)}
        before = len(self._problems)
        self._problems += [
            f"{where} has no setting {name!r}{_meant(name, known)}"
            for name in values
            if name not in known
        ]
        read: dict[str, Any] = {}
        for name, field in known.items():
            if name in values:
                try:
                    read[name] = self._value(hints[name], values[name])
                except (_Wrong, InvalidName) as error:
                    seen = "" if field.metadata["secret"] else f", not {_seen(values[name])}"
                    said = f"{error}{seen}" if isinstance(error, _Wrong) else str(error)
                    self._problems.append(f"{where} {name}: {said}")
            elif _is_required(field):
                example = field.metadata["example"]
                self._problems.append(f'{where} {name} is missing: add {name} = "{example}"')
            elif hints[name] is Path:
                read[name] = self._directory / str(field.default)
        return kind(**read) if len(self._problems) == before else None

    def _value(self, hint: Any, value: Any) -> Any:
        if get_origin(hint) is tuple:
            if not isinstance(value, list):
                raise _Wrong("this is a list in [ ]")
            inner = get_args(hint)[0]
            return tuple(self._value(inner, each) for each in value)
        if is_dataclass(hint) and isinstance(hint, type):
            if not isinstance(value, dict):
                raise _Wrong("each is a table of its own, [[communities.community]]")
            return self.table(hint, value, "[[communities.community]]")
        if hint is PeerUrl:
            return PeerUrl.parse(value, allow_http=True)  # whether it may be: `contradictions`
        if hint is Path:
            return self._directory / _plain(Path, value)
        return _plain(hint, value)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _plain(hint: Any, value: Any) -> Any:
    """A single value, as its setting's type reads it."""
    if hint is bool or hint is int:
        if type(value) is not hint:
            wanted = "true or false" if hint is bool else "a whole number"
            raise _Wrong(f"this is {wanted}")
        return value
    if not isinstance(value, str):
        raise _Wrong('this is text in quotes ("...")')
    if hint is Duration:
        return Duration.parse(value)
    if get_origin(hint) is Literal:
        words = get_args(hint)
        if value not in words:
            raise _Wrong(f"this is one of {', '.join(map(_seen, words))}")
        return value
    parse_name: Callable[[str], Any] | None = getattr(hint, "parse", None)
    return parse_name(value) if parse_name else hint(value)


def _seen(value: object) -> str:
    """What stands there, much as TOML writes it, cut."""
    return json.dumps(value, default=str)[:MAX_SEEN]


def _meant(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(sorted(known))}"
