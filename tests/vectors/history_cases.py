"""Vectors of trust: a manifest that was pinned, the one that comes after it, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.vectors.examples import issued, recovered, recovery
from tests.vectors.world import (
    FIRST,
    FOREST,
    GARDEN,
    LATER,
    NOW,
    SAFE,
    SAFER,
    SECOND,
    SMALL,
    THIEF,
    THIRD,
)
from webring.clock import DAY, MINUTE
from webring.documents import canonical, manifest, trust
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import ManifestDraft, Profile
from webring.documents.recovery import sign_recovery
from webring.errors import DocumentError
from webring.names import ServerName

ONE = KeySet(FIRST)
ROTATED = ONE.rotate(SECOND, NOW)
TWICE = ROTATED.rotate(THIRD, NOW)
OTHER = replace(SMALL, profile=Profile("Another garden"))


@dataclass(frozen=True)
class Step:
    """What a peer answers at `now`."""

    body: bytes
    now: int = LATER


def step(
    keys: KeySet = ONE,
    draft: ManifestDraft = SMALL,
    *,
    sequence: int = LATER,
    issued_at: int = LATER,
    now: int = LATER,
) -> Step:
    """A manifest that was issued so."""
    return Step(issued(draft, keys, sequence, issued_at).body, now)


def by(
    signer: SigningKey, *, number: int = 1, of: ServerName = GARDEN, to: SigningKey = SAFE
) -> ManifestDraft:
    """A draft with a recovery to the second key, signed by `signer`."""
    content = sign_recovery(of, number, {SECOND.id: SECOND.verify_key}, signer, to.verify_key)
    return replace(SMALL, recovery=content, recovery_key=to.verify_key)


def _altered() -> Step:
    body = step().body
    return Step(body.replace(b"The garden", b"The gardeN"))


def _typed() -> Step:
    return Step(canonical.encode({**canonical.decode(step().body), "type": "webring.message"}))


FIRST_STEP = step(sequence=NOW, issued_at=NOW, now=NOW)

HISTORIES: dict[str, tuple[Step, ...]] = {
    "first contact": (FIRST_STEP,),
    "the next manifest": (FIRST_STEP, step()),
    "the same manifest": (FIRST_STEP, FIRST_STEP),
    "a rotation, co-signed by the retired key": (FIRST_STEP, step(ROTATED)),
    "two rotations that were slept through": (FIRST_STEP, step(TWICE)),
    "rotation, then the retired key alone": (
        FIRST_STEP,
        step(ROTATED),
        step(sequence=LATER + 1, now=LATER + 1),
    ),
    "a retired key after 180 days": (
        FIRST_STEP,
        step(TWICE, sequence=NOW + 181 * DAY, issued_at=NOW + 181 * DAY, now=NOW + 181 * DAY),
    ),
    "a key disowned without a recovery": (
        FIRST_STEP,
        step(ONE.rotate(SECOND, NOW, compromised=True)),
    ),
    "stolen key, then recovery": (FIRST_STEP, Step(recovered().body)),
    "recovery, then the thief with the stolen key": (
        FIRST_STEP,
        Step(recovered().body),
        step(ONE, replace(SMALL, recovery=recovery()), sequence=LATER + 1, now=LATER + 1),
    ),
    "recovery, then the owner goes on": (
        FIRST_STEP,
        Step(recovered().body),
        step(
            ONE.rotate(SECOND, NOW, compromised=True),
            replace(SMALL, recovery=recovery()),
            sequence=LATER + 1,
            now=LATER + 1,
        ),
    ),
    "a recovery that changes the recovery key": (
        FIRST_STEP,
        step(KeySet(SECOND), by(SAFE, to=SAFER)),
    ),
    "a recovery by a thief's key": (FIRST_STEP, step(KeySet(SECOND), by(THIEF))),
    "a recovery of another instance": (FIRST_STEP, step(KeySet(SECOND), by(SAFE, of=FOREST))),
    "another recovery key without a recovery": (
        FIRST_STEP,
        step(ONE, replace(SMALL, recovery_key=SAFER.verify_key)),
    ),
    "an unknown key": (FIRST_STEP, step(KeySet(THIEF))),
    "another key under the pinned id": (
        FIRST_STEP,
        step(KeySet(SigningKey(FIRST.id, THIEF.seed))),
    ),
    "one altered byte": (FIRST_STEP, _altered()),
    "rollback": (FIRST_STEP, step(sequence=NOW - 1, issued_at=NOW, now=LATER)),
    "equivocation": (FIRST_STEP, step(ONE, OTHER, sequence=NOW, issued_at=NOW)),
    "equivocation, then a later sequence": (
        FIRST_STEP,
        step(ONE, OTHER, sequence=NOW, issued_at=NOW),
        step(),
    ),
    "expired": (FIRST_STEP, step(now=LATER + 14 * DAY + 10 * MINUTE)),
    "expired within the skew": (FIRST_STEP, step(now=LATER + 14 * DAY + 10 * MINUTE - 1)),
    "ten minutes ahead": (FIRST_STEP, step(sequence=LATER + 10 * MINUTE)),
    "more than ten minutes ahead": (FIRST_STEP, step(sequence=LATER + 10 * MINUTE + 1)),
    "another type": (FIRST_STEP, _typed()),
    "another instance": (step(ONE, replace(SMALL, instance=FOREST), now=LATER),),
}


def histories() -> list[dict[str, object]]:
    """Each history with the outcome of every step, and what is pinned after it."""
    return [
        {"name": name, "asked": GARDEN, "steps": list(_judged(steps))}
        for name, steps in HISTORIES.items()
    ]


def _judged(steps: tuple[Step, ...]) -> list[dict[str, object]]:
    state: trust.PeerTrust | None = None
    told: list[dict[str, object]] = []
    for one in steps:
        verdict = judge(state, one.body, one.now)
        state = verdict.trust
        told.append(
            {
                "now": one.now,
                "body": one.body.decode(),
                "expected": verdict.outcome.value,
                "freeze": verdict.freeze,
                "evidence": verdict.evidence,
                "pinned": sorted(state.active) if state else [],
                "sequence": state.sequence if state else 0,
            }
        )
    return told


def judge(state: trust.PeerTrust | None, body: bytes, now: int) -> trust.Verdict:
    """The verdict on bytes: read, then judged."""
    try:
        return trust.judge(state, GARDEN, manifest.read_manifest(body), now)
    except DocumentError as error:
        return trust.refuse(state, error)
