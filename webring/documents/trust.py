"""Whether a peer's manifest is to be believed. The one place that knows; it does no I/O.

The rules, in the order in which they are applied:

1. The manifest names the instance that was asked (`wrong_instance`).
2. At first contact its keys are pinned, over verified TLS, if one of them signed it. The recovery
   key is pinned with them.
3. Later, a recovery that it carries is applied first, if its sequence exceeds that of the last one
   and the pinned recovery key signed it: its keys replace all pinned ones. A newer recovery that
   the pinned key did not sign refuses the manifest (`bad_recovery`), and so does another
   `recovery_key`, which changes in no other way.
4. A pinned key that was not retired signed it, and so did one of the keys that it names itself
   (`unknown_key`: the peer is frozen at its last good manifest, and the operator is told; but
   `bad_signature` where such a key's signature stands there and does not fit, as after damage on
   the way). Keys that the manifest calls compromised do not count, nor those that it retired more
   than 180 days before it was issued. An id that is pinned never names another key.
5. It was not issued, and its sequence does not lie, more than ten minutes ahead
   (`future_sequence`), and it has not expired (`expired`).
6. Its sequence is not lower than the last (`rollback`); at the same sequence it is the same
   document (`unchanged`), or else both are evidence against their signer (`equivocation`), which a
   later sequence heals.
7. Then it is `accepted`, or `recovered` where a recovery was applied: its keys are pinned, and
   those that it retires, or names no more, no longer suffice. They go on co-signing for 180 days,
   which lets a peer that slept through two rotations follow. A key that was retired once never
   suffices again.

Whatever is refused leaves the last good state untouched. `repin` is the operator's way around all
of it: it pins as at first contact, and `pinned_at` tells what was agreed with whom before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from webring.clock import DAY, MINUTE, Millis
from webring.documents import envelope
from webring.documents.canonical import Json
from webring.documents.fields import Reader
from webring.documents.keys import CO_SIGNING, VerifyKey
from webring.documents.manifest import Manifest
from webring.documents.recovery import Recovery, read_keys, read_single_key, write_keys
from webring.errors import DocumentError, TrustError
from webring.names import ServerName

SKEW: Final[Millis] = 10 * MINUTE
"""How far two honest clocks may differ."""
GRACE: Final[Millis] = 7 * DAY
"""How long an expired manifest is still navigated."""
MAX_PINS: Final = 256
"""Keys remembered of one peer; of more, retired ones that it names no longer are forgotten."""


class Outcome(StrEnum):
    """What became of a manifest. The last four come from reading it: see `refuse`."""

    ACCEPTED = "accepted"
    RECOVERED = "recovered"
    UNCHANGED = "unchanged"
    REPINNED = "repinned"
    WRONG_INSTANCE = "wrong_instance"
    BAD_RECOVERY = "bad_recovery"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    FUTURE_SEQUENCE = "future_sequence"
    EXPIRED = "expired"
    ROLLBACK = "rollback"
    EQUIVOCATION = "equivocation"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    MIXED_PAGES = "mixed_pages"


class Freshness(StrEnum):
    """How the last good manifest stands in time."""

    FRESH = "fresh"
    STALE = "stale"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class PeerTrust:
    """What is pinned of a peer, and the last good manifest's place in time.

    `pinned_at` is when its identity was pinned: at first contact, or by the operator anew. No
    membership, vouch or stewardship from before that time is inherited.
    """

    instance: ServerName
    pins: Mapping[str, VerifyKey]
    retired: frozenset[str]
    recovery_key: VerifyKey
    recovery_sequence: int
    sequence: int
    sha256: str
    expires_at: Millis
    pinned_at: Millis = 0

    @property
    def active(self) -> dict[str, VerifyKey]:
        """The pinned keys that suffice alone."""
        return {key_id: key for key_id, key in self.pins.items() if key_id not in self.retired}

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads."""
        return {
            "instance": self.instance,
            "pins": write_keys(self.pins),
            "retired": sorted(self.retired),
            "recovery_key": write_keys({self.recovery_key.id: self.recovery_key}),
            "recovery_sequence": self.recovery_sequence,
            "sequence": self.sequence,
            "sha256": self.sha256,
            "expires_at": self.expires_at,
            "pinned_at": self.pinned_at,
        }

    @classmethod
    def from_json(cls, content: Json) -> PeerTrust:
        """Read what `to_json` wrote."""
        reader = Reader(content, "trust")
        return cls(
            instance=reader.name("instance", ServerName.parse),
            pins=read_keys(reader.mapping("pins"), "trust.pins", limit=MAX_PINS),
            retired=frozenset(str(key_id) for _, key_id in reader.objects("retired")),
            recovery_key=read_single_key(content.get("recovery_key"), "trust.recovery_key"),
            recovery_sequence=reader.integer("recovery_sequence"),
            sequence=reader.integer("sequence"),
            sha256=reader.text("sha256", limit=64),
            expires_at=reader.integer("expires_at"),
            pinned_at=reader.integer("pinned_at", default=0),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a manifest, why in one sentence, and the state that follows.

    `trust` is None where nothing was pinned yet. `freeze` asks for the operator; `evidence` says
    that the document is worth keeping although it was refused.
    """

    outcome: Outcome
    why: str
    trust: PeerTrust | None
    freeze: bool = False
    evidence: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the manifest counts."""
        return self.outcome in _GOOD


class _Refused(TrustError):
    """Carries an outcome out of the checks."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why, outcome.value)


def judge(trust: PeerTrust | None, name: ServerName, manifest: Manifest, now: Millis) -> Verdict:
    """Judge the manifest that the instance `name` answered, against what is pinned of it."""
    try:
        _check_name(name, manifest)
        if trust is None:
            return _first_contact(manifest, now)
        recovered = _recover(trust, manifest)
        _check_substitution(recovered, manifest)
        _check_signed(manifest, recovered.active, _usable(recovered, manifest))
        _check_time(manifest, now)
        return _follow(trust, recovered, manifest)
    except DocumentError as error:
        return refuse(trust, error)


def refuse(trust: PeerTrust | None, error: DocumentError) -> Verdict:
    """The verdict on a document that was refused with `error`, while it was read or judged."""
    known = error.code in set(Outcome)
    outcome = Outcome(error.code) if known else Outcome.MALFORMED
    freeze = trust is not None and outcome in _FREEZING
    return Verdict(outcome, error.sentence, trust, freeze, outcome in _EVIDENCE)


def repin(name: ServerName, manifest: Manifest, now: Millis) -> Verdict:
    """Pin what the manifest says, whatever was pinned before: the operator's decision."""
    verdict = judge(None, name, manifest, now)
    if not verdict.is_good:
        return verdict
    return replace(verdict, outcome=Outcome.REPINNED, why="the operator pinned its keys anew")


def freshness(trust: PeerTrust, now: Millis) -> Freshness:
    """How the last good manifest stands at `now`."""
    if now < trust.expires_at + SKEW:
        return Freshness.FRESH
    return Freshness.STALE if now < trust.expires_at + GRACE else Freshness.LAPSED


def next_sequence(last: int, now: Millis) -> int:
    """Our own next sequence: it never goes back, also after an old backup was restored."""
    return max(last + 1, now)


_GOOD: Final = frozenset({Outcome.ACCEPTED, Outcome.RECOVERED, Outcome.UNCHANGED, Outcome.REPINNED})
_FREEZING: Final = frozenset({Outcome.UNKNOWN_KEY, Outcome.BAD_RECOVERY})
_EVIDENCE: Final = frozenset(
    {Outcome.EQUIVOCATION, Outcome.ROLLBACK, Outcome.UNKNOWN_KEY, Outcome.BAD_RECOVERY}
)


def _check_name(name: ServerName, manifest: Manifest) -> None:
    if manifest.instance != name:
        raise _Refused(
            Outcome.WRONG_INSTANCE, f"{name} answered with a manifest of {manifest.instance}"
        )


def _first_contact(manifest: Manifest, now: Millis) -> Verdict:
    recovery = manifest.recovery
    if recovery and (recovery.instance, recovery.recovery_key) != (
        manifest.instance,
        manifest.recovery_key,
    ):
        raise _Refused(Outcome.BAD_RECOVERY, "its recovery names another instance or recovery key")
    _check_signed(manifest, manifest.keys, manifest.keys)
    _check_time(manifest, now)
    trust = PeerTrust(
        instance=manifest.instance,
        pins=manifest.keys,
        retired=frozenset(),
        recovery_key=manifest.recovery_key,
        recovery_sequence=recovery.sequence if recovery else 0,
        sequence=manifest.validity.sequence,
        sha256=manifest.sha256,
        expires_at=manifest.expires_at,
        pinned_at=now,
    )
    return Verdict(Outcome.ACCEPTED, "its keys were pinned at first contact", trust)


def _recover(trust: PeerTrust, manifest: Manifest) -> PeerTrust:
    recovery = manifest.recovery
    if recovery is not None and recovery.sequence > trust.recovery_sequence:
        trust = _apply(trust, recovery)
    if manifest.recovery_key != trust.recovery_key:
        raise _Refused(
            Outcome.BAD_RECOVERY, "it names another recovery key, without a signed recovery"
        )
    return trust


def _apply(trust: PeerTrust, recovery: Recovery) -> PeerTrust:
    if recovery.instance != trust.instance or not recovery.is_signed_by(trust.recovery_key):
        raise _Refused(
            Outcome.BAD_RECOVERY, "its recovery is not signed by the recovery key that was pinned"
        )
    return replace(
        trust,
        pins=recovery.keys,
        retired=frozenset(),
        recovery_key=recovery.recovery_key,
        recovery_sequence=recovery.sequence,
    )


def _check_substitution(trust: PeerTrust, manifest: Manifest) -> None:
    for key_id, key in manifest.keys.items():
        if key_id in trust.pins and trust.pins[key_id] != key:
            raise _Refused(Outcome.UNKNOWN_KEY, f"it names another key under the pinned {key_id}")


def _usable(trust: PeerTrust, manifest: Manifest) -> dict[str, VerifyKey]:
    """The keys that the manifest names, without those that were retired before under any id."""
    gone = {trust.pins[key_id].raw for key_id in trust.retired if key_id in trust.pins}
    return {key_id: key for key_id, key in manifest.keys.items() if key.raw not in gone}


def _check_signed(
    manifest: Manifest, pinned: Mapping[str, VerifyKey], own: Mapping[str, VerifyKey]
) -> None:
    trusted = {key_id: key for key_id, key in pinned.items() if _still_signs(key, manifest)}
    claimed = envelope.signature_ids(manifest.content, manifest.instance)
    for keys, whose in ((trusted, "pinned"), (own, "its own")):
        if envelope.valid_signatures(manifest.content, manifest.instance, keys):
            continue
        spoilt = sorted(claimed & keys.keys())
        if spoilt:
            raise _Refused(Outcome.BAD_SIGNATURE, f"the signature by {spoilt[0]} does not fit it")
        ids = ", ".join(sorted(keys)) or "none that counts"
        raise _Refused(Outcome.UNKNOWN_KEY, f"none of the {whose} keys signed it ({ids})")


def _still_signs(key: VerifyKey, manifest: Manifest) -> bool:
    """Whether a pinned key may still vouch for a manifest that perhaps retires it."""
    return not any(
        old.compromised or manifest.validity.issued_at > old.retired_at + CO_SIGNING + SKEW
        for old in manifest.retired_keys.values()
        if old.key.raw == key.raw
    )


def _check_time(manifest: Manifest, now: Millis) -> None:
    ahead = max(manifest.validity.sequence, manifest.validity.issued_at) - now
    if ahead > SKEW:
        raise _Refused(
            Outcome.FUTURE_SEQUENCE, f"it comes from {ahead // 1000} s in the future, over 600 s"
        )
    if manifest.expires_at + SKEW <= now:
        raise _Refused(Outcome.EXPIRED, f"it expired at {manifest.expires_at} (ms since 1970)")


def _follow(before: PeerTrust, recovered: PeerTrust, manifest: Manifest) -> Verdict:
    sequence = manifest.validity.sequence
    if sequence < before.sequence:
        raise _Refused(
            Outcome.ROLLBACK, f"its sequence went back from {before.sequence} to {sequence}"
        )
    if sequence > before.sequence:
        after = _pin(recovered, manifest)
        if recovered.recovery_sequence > before.recovery_sequence:
            why = "its recovery key replaced the keys that were pinned"
            return Verdict(Outcome.RECOVERED, why, after)
        return Verdict(Outcome.ACCEPTED, "a pinned key signed it", after)
    if manifest.sha256 == before.sha256:
        return Verdict(Outcome.UNCHANGED, "it is the manifest that we have", before)
    raise _Refused(Outcome.EQUIVOCATION, f"it signed two documents of sequence {sequence}")


def _pin(trust: PeerTrust, manifest: Manifest) -> PeerTrust:
    active = _usable(trust, manifest)
    pins = {**trust.pins, **active}
    if len(pins) > MAX_PINS:
        named = active.keys() | manifest.retired_keys.keys()
        pins = {key_id: key for key_id, key in pins.items() if key_id in named}
    return replace(
        trust,
        pins=pins,
        retired=frozenset(pins.keys() - active.keys()),
        sequence=manifest.sequence,
        sha256=manifest.sha256,
        expires_at=manifest.expires_at,
    )
