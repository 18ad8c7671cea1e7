"""`webring ring import` and `invite`: which addresses they take, on the web and on one machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.test_refusals import NAME, Operator

RING = f"moss:{NAME}"
HERE, WEB, PLAIN = "http://hay.localhost:8301/", "https://hay.example/", "http://hay.example/"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    made = Operator(tmp_path)
    assert made.run("ring", "create", "moss", "--name", "Moss").exit_code == 0
    return made


def invited(operator: Operator, name: str = "list.txt") -> list[str]:
    list_ = operator.folder / name
    list_.write_text(f"{HERE}\n{WEB}\n{PLAIN}\n")
    result = operator.run("ring", "import", RING, str(list_), "--json")
    assert result.exit_code == 0, result.output
    found: list[str] = json.loads(result.stdout)["invited"]
    return found


def on_one_machine(operator: Operator) -> None:
    written = operator.config.read_text()
    values = '[testing]\nallow = ["127.0.0.0/8:*"]\nhttp = true\n'
    local = written.replace(f"https://ring.{NAME}", "http://127.0.0.1:8300")
    operator.config.write_text(local.replace("[testing]\n", values))


def test_the_web_is_asked_over_https(operator: Operator) -> None:
    assert invited(operator) == [WEB]
    assert operator.run("ring", "invite", RING, HERE).exit_code != 0


def test_sites_of_one_machine_are_invited_there(operator: Operator) -> None:
    on_one_machine(operator)
    assert invited(operator) == [HERE, WEB]
    result = operator.run("ring", "invite", RING, "http://moss.localhost:8302/")
    assert "invited" in result.stdout, result.output
    assert operator.run("ring", "invite", RING, PLAIN).exit_code != 0


def test_who_is_in_the_list_twice_is_invited_once(operator: Operator) -> None:
    assert invited(operator) == invited(operator, "again.txt") == [WEB]
    waiting = json.loads(operator.run("ring", "requests", RING, "--json").stdout)
    assert waiting["requests"] == [], "an invitation waits for the site, not for a steward"
