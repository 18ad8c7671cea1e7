"""Key files: made once, readable by nobody else, replaced whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from webring.documents.keys import KeySet
from webring.errors import ConfigError
from webring.storage import keyfiles

KEYS = KeySet.generate()


def test_a_key_file_is_private_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "instance.key"
    umask = os.umask(0)
    try:
        keyfiles.create(path, KEYS)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert keyfiles.load(path) == KEYS


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    keyfiles.create(path, KEYS)
    with pytest.raises(ConfigError, match="never replaced"):
        keyfiles.create(path, KeySet.generate())
    assert keyfiles.load(path) == KEYS


def test_rotated_keys_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    path, rotated = tmp_path / "instance.key", KeySet.generate()
    with pytest.raises(ConfigError, match="webring init"):
        keyfiles.replace(path, rotated)
    keyfiles.create(path, KEYS)
    keyfiles.replace(path, rotated)
    assert keyfiles.load(path) == rotated
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["instance.key"]


def test_a_replacement_that_fails_leaves_the_old_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "instance.key"
    keyfiles.create(path, KEYS)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keyfiles.replace(path, KeySet.generate())
    assert keyfiles.load(path) == KEYS
    assert [each.name for each in tmp_path.iterdir()] == ["instance.key"]


def test_the_public_half(tmp_path: Path) -> None:
    path = tmp_path / "recovery.pub"
    keyfiles.create_public(path, KEYS.current.verify_key)
    assert keyfiles.load_public(path) == KEYS.current.verify_key
    assert KEYS.dump().split()[2] not in path.read_text()


UNREADABLE = {
    "empty": (b"", "begins with its current key"),
    "not text": (b"\xff\xfe\x00", "is not text"),
    "something else": (b"hello\n", "begins with its current key"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_wrong_key_file_stops_the_start(case: str, tmp_path: Path) -> None:
    content, sentence = UNREADABLE[case]
    path = tmp_path / "instance.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=sentence):
        keyfiles.load(path)
    with pytest.raises(ConfigError):
        keyfiles.load_public(path)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="webring init"):
        keyfiles.load(tmp_path / "instance.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    keyfiles.create(path, KEYS)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        keyfiles.load(path)
