"""An instance's identity on disk: made once, rotated, recovered, and followed by peers."""

from __future__ import annotations

from pathlib import Path

import pytest

from webring.clock import DAY, MINUTE
from webring.documents import trust
from webring.documents.manifest import Manifest, ManifestDraft, issue, read_manifest
from webring.documents.parts import Profile
from webring.documents.trust import Outcome
from webring.errors import ConfigError
from webring.names import ServerName
from webring.storage import identity, rotation
from webring.storage.identity import Identity

NOW = 1_790_000_000_000
NAME = ServerName("commune.example")


def manifest(keys: Identity, now: int) -> Manifest:
    draft = ManifestDraft(
        instance=NAME,
        profile=Profile(),
        homeservers=(),
        communities=(),
        withdrawn=(),
        peers=(),
        recovery_key=keys.recovery_public,
        recovery=keys.recovery,
    )
    return read_manifest(issue(draft, keys.instance_keys, sequence=now, now=now).body)


def test_what_is_made_is_what_is_loaded(tmp_path: Path) -> None:
    assert identity.missing(tmp_path) == identity.NEEDED
    made = identity.create(tmp_path)
    assert identity.missing(tmp_path) == ()
    assert identity.load(tmp_path) == made


@pytest.mark.parametrize("name", [*identity.NEEDED, identity.RECOVERY])
def test_an_identity_is_made_once(name: str, tmp_path: Path) -> None:
    identity.path(tmp_path, name).parent.mkdir()
    identity.path(tmp_path, name).write_text("here")
    with pytest.raises(ConfigError, match="never replaced"):
        identity.create(tmp_path)
    assert [path.name for path in identity.path(tmp_path, name).parent.iterdir()] == [name]


@pytest.mark.parametrize("name", identity.NEEDED)
def test_a_missing_file_stops_the_start(name: str, tmp_path: Path) -> None:
    identity.create(tmp_path)
    identity.path(tmp_path, name).unlink()
    assert identity.missing(tmp_path) == (name,)
    with pytest.raises(ConfigError, match=f"{name} is missing"):
        identity.load(tmp_path)


def test_the_recovery_key_may_be_elsewhere(tmp_path: Path) -> None:
    made = identity.create(tmp_path)
    identity.path(tmp_path, identity.RECOVERY).unlink()
    assert identity.load(tmp_path) == made


def test_a_spoiled_recovery_stops_the_start(tmp_path: Path) -> None:
    identity.create(tmp_path)
    identity.path(tmp_path, identity.RECOVERY_DOCUMENT).write_text("{}")
    with pytest.raises(ConfigError, match=r"recovery\.json is not a recovery"):
        identity.load(tmp_path)


def test_peers_follow_a_rotation(tmp_path: Path) -> None:
    first = trust.judge(None, NAME, manifest(identity.create(tmp_path), NOW), NOW)
    rotation.rotate(tmp_path, identity.INSTANCE, NOW)
    later = NOW + DAY
    rotation.rotate(tmp_path, identity.INSTANCE, later)
    verdict = trust.judge(first.trust, NAME, manifest(identity.load(tmp_path), later), later)
    assert verdict.outcome is Outcome.ACCEPTED


def test_each_identity_is_rotated_for_itself(tmp_path: Path) -> None:
    before = identity.create(tmp_path)
    rotation.rotate(tmp_path, identity.MATRIX, NOW)
    after = identity.load(tmp_path)
    assert after.instance_keys == before.instance_keys
    assert after.matrix_keys.retired[0].key == before.matrix_keys.current


def test_peers_follow_a_recovery_and_not_the_thief(tmp_path: Path) -> None:
    stolen = identity.create(tmp_path)
    first = trust.judge(None, NAME, manifest(stolen, NOW), NOW)
    recovery_file = identity.path(tmp_path, identity.RECOVERY)
    rotation.recover(tmp_path, NAME, recovery_file, NOW)
    later = NOW + MINUTE
    ours = trust.judge(first.trust, NAME, manifest(identity.load(tmp_path), later), later)
    assert ours.outcome is Outcome.RECOVERED
    theirs = trust.judge(ours.trust, NAME, manifest(stolen, later + MINUTE), later + MINUTE)
    assert theirs.outcome is Outcome.UNKNOWN_KEY


def test_a_second_recovery_exceeds_the_first(tmp_path: Path) -> None:
    first = trust.judge(None, NAME, manifest(identity.create(tmp_path), NOW), NOW)
    recovery_file = identity.path(tmp_path, identity.RECOVERY)
    rotation.recover(tmp_path, NAME, recovery_file, NOW)
    once = trust.judge(first.trust, NAME, manifest(identity.load(tmp_path), NOW + 1), NOW + 1)
    rotation.recover(tmp_path, NAME, recovery_file, NOW - DAY)  # its clock went back
    later = NOW + MINUTE
    twice = trust.judge(once.trust, NAME, manifest(identity.load(tmp_path), later), later)
    assert twice.outcome is Outcome.RECOVERED


def test_another_recovery_key_recovers_nothing(tmp_path: Path) -> None:
    before = identity.create(tmp_path / "a")
    identity.create(tmp_path / "b")
    other = identity.path(tmp_path / "b", identity.RECOVERY)
    with pytest.raises(ConfigError, match="this instance's recovery key is"):
        rotation.recover(tmp_path / "a", NAME, other, NOW)
    assert identity.load(tmp_path / "a") == before
