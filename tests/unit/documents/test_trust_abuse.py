"""What a thief, a liar or a broken line tries, and that the last good state outlives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.documents.test_trust import (
    DRAFT,
    FIRST,
    LATER,
    NAME,
    NOW,
    SAFE,
    SAFER,
    SECOND,
    THIEF,
    THIRD,
    issued,
    judged,
    pinned,
    recovered,
)
from webring.clock import DAY, MINUTE
from webring.documents import canonical, envelope, manifest, trust
from webring.documents.keys import KeySet, SigningKey
from webring.documents.recovery import sign_recovery, write_keys
from webring.documents.trust import Outcome, PeerTrust, Verdict
from webring.errors import DocumentError, MalformedDocument, TrustError
from webring.names import ServerName


def altered(change: Callable[[dict[str, object]], object], *signers: SigningKey) -> bytes:
    """A later manifest of `FIRST` with a change, signed again by `signers` if there are any."""
    document = issued(KeySet(FIRST), sequence=LATER, now=LATER)
    content = canonical.decode(document.body)
    change(content)
    if signers:
        content = envelope.sign({**content, "signatures": {}}, NAME, signers)
    return canonical.encode(content)


def verdict_on(body: bytes, state: PeerTrust | None = None, now: int = LATER) -> Verdict:
    return trust.judge(state or pinned(), NAME, manifest.read_manifest(body), now)


def retired(*keys: SigningKey, at: int = NOW, compromised: bool = False) -> dict[str, object]:
    return {
        key.id: {"key": key.verify_key.b64, "retired_at": at, "compromised": compromised}
        for key in keys
    }


def named(*keys: SigningKey) -> dict[str, object]:
    return write_keys({key.id: key.verify_key for key in keys})


SUBSTITUTE = SigningKey(FIRST.id, THIEF.seed)

ATTEMPTS: dict[str, tuple[bytes, Outcome, bool]] = {
    "a damaged document": (
        altered(lambda content: content.update(peers=[])),
        Outcome.BAD_SIGNATURE,
        False,
    ),
    "a damaged signature": (
        altered(lambda content: content.update(signatures={NAME: {FIRST.id: "A" * 86}})),
        Outcome.BAD_SIGNATURE,
        False,
    ),
    "a signature that is not base64": (
        altered(lambda content: content.update(signatures={NAME: {FIRST.id: "?"}})),
        Outcome.MALFORMED,
        False,
    ),
    "a signature in another's name": (
        altered(
            lambda content: content.update(
                signatures={"forest.example": content["signatures"][NAME]}  # type: ignore[index]
            )
        ),
        Outcome.UNKNOWN_KEY,
        True,
    ),
    "another key under a pinned id, beside a good signature": (
        altered(lambda content: content.update(keys=named(SUBSTITUTE, SECOND)), FIRST, SECOND),
        Outcome.UNKNOWN_KEY,
        True,
    ),
    "a pinned key disowned under another id": (
        altered(
            lambda content: content.update(
                keys=named(SECOND),
                retired_keys=retired(SigningKey("ed25519:x", FIRST.seed), compromised=True),
            ),
            FIRST,
            SECOND,
        ),
        Outcome.UNKNOWN_KEY,
        True,
    ),
    "a pinned key retired more than 180 days ago": (
        altered(
            lambda content: content.update(
                keys=named(SECOND), retired_keys=retired(FIRST, at=LATER - 180 * DAY - 11 * MINUTE)
            ),
            FIRST,
            SECOND,
        ),
        Outcome.UNKNOWN_KEY,
        True,
    ),
    "no recovery key of its own signed the recovery it carries": (
        altered(
            lambda content: content.update(
                recovery=sign_recovery(
                    NAME, 1, {FIRST.id: FIRST.verify_key}, FIRST, SAFE.verify_key
                )
            ),
            FIRST,
        ),
        Outcome.BAD_RECOVERY,
        True,
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_each_attempt_is_named_and_changes_nothing(name: str) -> None:
    body, outcome, freeze = ATTEMPTS[name]
    verdict = verdict_on(body)
    assert (verdict.outcome, verdict.freeze) == (outcome, freeze), verdict.why
    assert verdict.trust == pinned()
    assert not verdict.is_good


def test_a_key_retired_less_than_180_days_ago_still_leads_to_its_successor() -> None:
    body = altered(
        lambda content: content.update(
            keys=named(SECOND), retired_keys=retired(FIRST, at=LATER - 180 * DAY)
        ),
        FIRST,
        SECOND,
    )
    verdict = verdict_on(body)
    assert verdict.outcome is Outcome.ACCEPTED
    assert verdict.trust is not None
    assert set(verdict.trust.active) == {SECOND.id}


def after(keys: KeySet) -> PeerTrust:
    state = judged(pinned(), issued(keys, sequence=LATER, now=LATER), LATER).trust
    assert state is not None
    return state


AFTER_ROTATION = after(KeySet(FIRST).rotate(SECOND, NOW))
NEXT = LATER + 1


def at_next(keys: dict[str, object], *signers: SigningKey) -> bytes:
    content = canonical.decode(issued(KeySet(SECOND), sequence=NEXT, now=NEXT).body)
    content = {**content, "keys": keys, "signatures": {}}
    return canonical.encode(envelope.sign(content, NAME, signers))


def test_a_retired_key_does_not_rise_again_under_its_own_or_another_id() -> None:
    other_id = SigningKey("ed25519:again", FIRST.seed)
    for key in (FIRST, other_id):
        alone = verdict_on(at_next(named(key), key, SECOND), AFTER_ROTATION, NEXT)
        assert alone.outcome is Outcome.UNKNOWN_KEY
        beside = verdict_on(at_next(named(key, SECOND), key, SECOND), AFTER_ROTATION, NEXT).trust
        assert beside is not None
        assert set(beside.active) == {SECOND.id}


def test_a_thief_of_a_retired_key_does_not_get_a_new_one_pinned() -> None:
    body = at_next(named(THIEF), THIEF, FIRST)
    assert verdict_on(body, AFTER_ROTATION, NEXT).outcome is Outcome.UNKNOWN_KEY


def test_a_key_that_is_named_no_longer_is_retired() -> None:
    state = verdict_on(at_next(named(SECOND, THIRD), SECOND), AFTER_ROTATION, NEXT).trust
    assert state is not None
    assert set(state.active) == {SECOND.id, THIRD.id}
    content = canonical.decode(issued(KeySet(THIRD), sequence=NEXT + 1, now=NEXT + 1).body)
    fewer = trust.judge(
        state, NAME, manifest.read_manifest(canonical.encode(content)), NEXT + 1
    ).trust
    assert fewer is not None
    assert set(fewer.active) == {THIRD.id}


def test_endless_rotation_does_not_grow_what_is_remembered() -> None:
    state, keys = pinned(), KeySet(FIRST)
    for turn in range(1, 400):
        now = NOW + turn * 10 * DAY
        keys = keys.rotate(SigningKey(f"ed25519:t{turn}", turn.to_bytes(32, "big")), now)
        verdict = judged(state, issued(keys, sequence=now, now=now), now)
        assert verdict.outcome is Outcome.ACCEPTED, verdict.why
        assert verdict.trust is not None
        state = PeerTrust.from_json(verdict.trust.to_json())
    assert len(state.pins) <= trust.MAX_PINS
    assert set(state.active) == {keys.current.id}


def test_first_contact_refuses_a_recovery_that_fits_nothing() -> None:
    for draft in (
        replace(recovered(SAFE), recovery_key=SAFE.verify_key),
        recovered(SAFE, name=ServerName("forest.example")),
    ):
        verdict = judged(None, issued(KeySet(SECOND), draft=draft))
        assert (verdict.outcome, verdict.trust) == (Outcome.BAD_RECOVERY, None)


def test_first_contact_with_a_damaged_manifest_pins_nothing() -> None:
    body = altered(lambda content: content.update(peers=[]))
    verdict = trust.judge(None, NAME, manifest.read_manifest(body), LATER)
    assert (verdict.outcome, verdict.trust, verdict.freeze) == (Outcome.BAD_SIGNATURE, None, False)


def test_a_peer_that_slept_through_two_recoveries_follows_by_the_former_key() -> None:
    keys = {THIRD.id: THIRD.verify_key}
    content = sign_recovery(NAME, 2, keys, SAFER, SAFER.verify_key, former=[SAFE])
    draft = replace(DRAFT, recovery_key=SAFER.verify_key, recovery=content)
    verdict = judged(pinned(), issued(KeySet(THIRD), sequence=LATER, now=LATER, draft=draft), LATER)
    assert verdict.outcome is Outcome.RECOVERED
    assert verdict.trust is not None
    assert (verdict.trust.recovery_sequence, verdict.trust.recovery_key) == (2, SAFER.verify_key)


def test_who_is_pinned_anew_inherits_nothing_from_before() -> None:
    assert pinned().pinned_at == NOW
    assert AFTER_ROTATION.pinned_at == NOW
    read = manifest.read_manifest(issued(KeySet(THIEF), sequence=LATER, now=LATER).body)
    again = trust.repin(NAME, read, LATER + 5)
    assert again.trust is not None
    assert again.trust.pinned_at == LATER + 5


REFUSALS: dict[str, tuple[DocumentError, Outcome]] = {
    "not JSON": (MalformedDocument("x"), Outcome.MALFORMED),
    "another type": (MalformedDocument("x", "wrong_type"), Outcome.WRONG_TYPE),
    "pages of two heads": (TrustError("x", "mixed_pages"), Outcome.MIXED_PAGES),
    "another instance's well-known": (TrustError("x", "wrong_instance"), Outcome.WRONG_INSTANCE),
    "a code that nobody knows": (TrustError("x", "whatever"), Outcome.MALFORMED),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_has_an_outcome_too(name: str) -> None:
    error, outcome = REFUSALS[name]
    verdict = trust.refuse(AFTER_ROTATION, error)
    assert (verdict.outcome, verdict.trust, verdict.freeze) == (outcome, AFTER_ROTATION, False)
