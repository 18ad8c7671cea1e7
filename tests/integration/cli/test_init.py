"""`webring init`: it makes what starts, and overwrites nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from typer.testing import Result

from tests.unit.cli.commands import APP, RUNNER
from webring import config
from webring.storage import identity

FLAGS = ["--name", "commune.example", "--base-url", "https://ring.commune.example"]


def init(folder: Path, *arguments: str, answers: str = "") -> Result:
    return RUNNER.invoke(
        APP, ["init", "--config", str(folder / "webring.toml"), *arguments], input=answers
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_flags_suffice(tmp_path: Path) -> None:
    done = init(tmp_path, *FLAGS, "--homeserver", "commune.example", "--seed", "matrix.org")
    assert done.exit_code == 0, done.output
    settings = config.load(tmp_path / "webring.toml", {})
    assert settings.homeserver.name == "commune.example"
    assert settings.crawl.seeds == ("matrix.org",)
    assert settings.instance.data_dir == tmp_path / "data"
    keys = identity.load(settings.instance.data_dir)
    assert keys.instance_keys.current.id != keys.matrix_keys.current.id
    assert "recovery.key" in done.output
    assert "reverse_proxy" in done.output


def test_secrets_are_nobody_else_s_to_read(tmp_path: Path) -> None:
    init(tmp_path, *FLAGS)
    keys = tmp_path / "data" / "keys"
    assert mode(tmp_path / "webring.toml") == 0o600
    assert mode(tmp_path / "data") == 0o700
    assert mode(keys) == 0o700
    assert {mode(path) for path in keys.glob("*.key")} == {0o600}


def test_it_asks_until_the_answers_can_be_read(tmp_path: Path) -> None:
    answers = "a b\ncommune.example\nftp://x\n\n\nmatrix.org x.example\n"
    done = init(tmp_path, answers=answers)
    assert done.exit_code == 0, done.output
    assert done.output.count("Once more") == 2
    settings = config.load(tmp_path / "webring.toml", {})
    assert settings.instance.base_url == "https://ring.commune.example"
    assert settings.homeserver.name == ""
    assert settings.crawl.seeds == ("matrix.org", "x.example")


def test_without_anybody_to_answer_it_names_the_flags(tmp_path: Path) -> None:
    done = init(tmp_path)
    assert done.exit_code == 3
    assert "give --name and --base-url" in done.output
    assert not list(tmp_path.iterdir())


def test_settings_that_are_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "webring.toml").write_text("mine")
    done = init(tmp_path, *FLAGS)
    assert done.exit_code == 3
    assert (tmp_path / "webring.toml").read_text() == "mine"
    assert not (tmp_path / "data").exists()


def test_keys_that_are_there_are_kept(tmp_path: Path) -> None:
    init(tmp_path, *FLAGS)
    before = identity.load(tmp_path / "data")
    (tmp_path / "webring.toml").unlink()
    done = init(tmp_path, *FLAGS)
    assert done.exit_code == 0, done.output
    assert "are kept" in done.output
    assert identity.load(tmp_path / "data") == before


def test_half_an_identity_is_not_completed(tmp_path: Path) -> None:
    init(tmp_path, *FLAGS)
    (tmp_path / "webring.toml").unlink()
    (tmp_path / "data" / "keys" / "matrix.key").unlink()
    done = init(tmp_path, *FLAGS)
    assert done.exit_code == 3
    assert "matrix.key is missing" in done.output
    assert not (tmp_path / "webring.toml").exists()


def test_the_environment_does_not_end_up_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "WEBRING_HOMESERVER_ACCESS_TOKEN", "secret")
    init(tmp_path, *FLAGS)
    assert "secret" not in (tmp_path / "webring.toml").read_text()


WRONG = {
    "a name that is none": (["--name", "a b", "--base-url", "https://a.example"], 2),
    "http on the internet": (["--name", "a.example", "--base-url", "http://a.example"], 2),
    "ourselves as seed": ([*FLAGS, "--seed", "ring.commune.example"], 3),
    "a seed that is none": ([*FLAGS, "--seed", "a/b"], 2),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_work_makes_nothing(case: str, tmp_path: Path) -> None:
    arguments, code = WRONG[case]
    done = init(tmp_path, *arguments)
    assert done.exit_code == code, done.output
    assert not list(tmp_path.iterdir())


def test_a_trial_on_loopback_speaks_http(tmp_path: Path) -> None:
    done = init(tmp_path, "--name", "127.0.0.1:8101", "--base-url", "http://127.0.0.1:8101")
    assert done.exit_code == 0, done.output
    settings = config.load(tmp_path / "webring.toml", {})
    assert settings.is_testing
    assert settings.web.port == 8101


def test_the_snippets_are_printed_once_more(tmp_path: Path) -> None:
    init(tmp_path, *FLAGS)
    done = init(tmp_path, "--snippets")
    assert done.exit_code == 0
    assert "reverse_proxy" in done.output


@pytest.mark.parametrize("command", [["serve"], ["servers", "list"], ["search", "x"]])
def test_nothing_else_makes_an_identity(command: list[str], tmp_path: Path) -> None:
    init(tmp_path, *FLAGS)
    (tmp_path / "data" / "keys" / "instance.key").unlink()
    done = RUNNER.invoke(APP, [*command, "--config", str(tmp_path / "webring.toml")])
    assert done.exit_code == 3, done.output
    assert "webring init" in done.output
    assert not (tmp_path / "data" / "webring.sqlite3").exists()
