"""What the demo tells its instances is what any operator could."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.demo.samples import INSTANCES, SERVERS
from webring import config
from webring.demo.instances import lay_out, settings_text
from webring.demo.plan import Plan
from webring.settings import Settings

PLAN = Plan(INSTANCES, SERVERS, dict.fromkeys(SERVERS, "secret"))


def settings(key: str) -> Settings:
    instance = next(each for each in PLAN.federation.instances if each.key == key)
    return config.parse(settings_text(PLAN, instance, Path("/data") / key), {})


@pytest.mark.parametrize("key", INSTANCES)
def test_the_settings_are_valid_and_name_the_neighbours(key: str) -> None:
    read = settings(key)
    assert read.instance.name == f"{key}.localhost:{INSTANCES[key]}"
    assert set(read.peers.seeds) == set(PLAN.federation.instance_names.values()) - {
        read.instance.name
    }
    assert read.testing.http


def test_communities_carry_what_they_are_about() -> None:
    garden = settings("meadow").communities.community[0]
    assert (garden.id, garden.alias) == ("kitchen-garden", "#kitchen-garden:meadow.localhost:8201")
    assert "gardening" in garden.interests


def test_one_instance_takes_what_is_marked() -> None:
    assert settings("harbour").communities.directory == "marked"
    assert settings("meadow").communities.directory == "none"


def test_nobody_else_reads_what_is_laid_out(tmp_path: Path) -> None:
    (tmp_path / "meadow").mkdir()
    (tmp_path / "meadow" / "webring.toml").write_text("", encoding="utf-8")
    (tmp_path / "meadow" / "webring.toml").chmod(0o644)
    for place in lay_out(PLAN, tmp_path):
        assert place.config.stat().st_mode & 0o777 == 0o600
