"""Every setting is documented, typed as the reader knows, and safe to print."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from webring.clock import Millis
from webring.durations import Duration
from webring.names import PeerUrl, RoomAlias, ServerName, Slug
from webring.settings import Settings, SpelledCommunity, setting

SECTIONS: dict[str, type[Any]] = get_type_hints(Settings)
TABLES = {**SECTIONS, "communities.community": SpelledCommunity}
SETTINGS = {
    f"{section}.{each.name}": (each, get_type_hints(kind)[each.name])
    for section, kind in TABLES.items()
    for each in fields(kind)
}
PLAIN = {bool, int, str, Path, Duration, ServerName, PeerUrl, RoomAlias, Slug}


def single(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is tuple else hint


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_a_sentence_of_documentation(name: str) -> None:
    field, _ = SETTINGS[name]
    assert field.metadata["text"].strip().endswith((".", '"'))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_type_is_one_that_can_be_read(name: str) -> None:
    _, hint = SETTINGS[name]
    kind = single(hint)
    assert kind in PLAIN or get_origin(kind) is Literal or is_dataclass(kind)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_default_is_of_its_setting_s_type(name: str) -> None:
    field, hint = SETTINGS[name]
    if isinstance(field.default, Millis | str | bool) and get_origin(hint) is not Literal:
        assert isinstance(field.default, hint)
        assert type(field.default) is hint or hint is not Duration


@pytest.mark.parametrize("section", SECTIONS)
def test_settings_cannot_be_changed(section: str) -> None:
    assert SECTIONS[section].__dataclass_params__.frozen


def test_secrets_are_not_printed() -> None:
    secrets = {name for name, (field, _) in SETTINGS.items() if field.metadata["secret"]}
    assert secrets == {
        "instance.database",
        "homeserver.access_token",
        "mail.password",
        "metrics.token",
    }
    assert not any(SETTINGS[name][0].repr for name in secrets)


def test_a_default_that_could_be_changed_is_refused() -> None:
    with pytest.raises(TypeError):
        setting("A list.", [])
