"""Whether a version of a ring is to be believed. The one place that knows; it does no I/O.

The rules, in the order in which they are applied:

1. It is of the ring that was asked for (`wrong_ring`), under the root that is pinned
   (`wrong_root`): the same id with another root is another ring, and never merges.
2. Version 1 is signed by a key of the founding instance, the one in the ring's id (`unfounded`),
   and by as many different stewards as its own threshold says (`too_few_signatures`).
3. Every other version has the sequence after that of the version before it, names that one's hash,
   and was not issued earlier (`broken_chain`). It is signed by as many different stewards as the
   version before demands, *and* as it demands itself (`too_few_signatures`): no single hand can
   take a ring over, nor lock the others out by a mistyped key. Keys are those in the ring
   document; what a steward's manifest says changes nothing until a version does.
4. It was not issued more than ten minutes ahead (`future`). That it expired does not break the
   chain: see `freshness`.
5. Versions count all together or not at all. Those that end before the pinned one are a
   `rollback`; the pinned one again is `unchanged`; those that follow it are `accepted`.
6. Of two valid siblings (versions with the same one before) the smaller hash wins: the pinned one
   stays (`sibling_lost`), or gives way (`sibling_won`).
7. A branch that forked more than one version back is never followed (`forked`), however long it
   is; `choose` is the operator's way to it. Siblings and forks are evidence against stewards who
   signed twice, and are kept.

Whatever is refused leaves the pinned head untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import envelope, pages
from webring.documents.keys import VerifyKey
from webring.documents.manifest import Manifest
from webring.documents.ring import PAGE_TYPE, Ring, Stewards, check_stewards
from webring.documents.ring_changes import automatic
from webring.documents.ring_outcome import (
    Link,
    Refused,
    RingFreshness,
    RingOutcome,
    RingVerdict,
)
from webring.documents.trust import SKEW
from webring.errors import DocumentError
from webring.names import ServerName

STALE_FOR: Final[Millis] = 365 * DAY
"""How long an expired version is still navigated."""


def signing_stewards(ring: Ring, stewards: Stewards) -> frozenset[ServerName]:
    """Those of `stewards` who signed this version, each counted once however many keys signed.

    `MalformedDocument` where one key stands under two names, or a signature is not base64.
    """
    check_stewards(stewards)
    return envelope.signers(ring.content, stewards.instances)


def founder_keys(manifest: Manifest) -> dict[str, VerifyKey]:
    """The founding instance's keys, by its accepted manifest: those that it disowned do not count.

    Version 1 may be older than the current key, so retired keys count.
    """
    retired = {
        key_id: old.key for key_id, old in manifest.retired_keys.items() if not old.compromised
    }
    return {**retired, **manifest.keys}


def check_root(root: Ring, founder_keys: Mapping[str, VerifyKey], now: Millis) -> None:
    """Judge version 1; raise `TrustError` with the outcome's code."""
    _check_time(root, now)
    _check_root(root)
    _check_founded(root, founder_keys)


def check_next(before: Ring, after: Ring, now: Millis) -> None:
    """Judge the version after `before`; raise `TrustError` with the outcome's code."""
    _check_time(after, now)
    _check_next(before, after)


def check_proposal(before: Ring | None, after: Ring, now: Millis) -> None:
    """Judge a version that still collects signatures: all of `check_next` but these."""
    _check_time(after, now)
    if before is not None:
        _check_link(before, after)
    elif after.sequence != 1:
        raise Refused(RingOutcome.BROKEN_CHAIN, f"version {after.sequence} follows none")


def follow(
    pinned: Ring | None,
    before_pinned: Ring | None,
    versions: Sequence[Ring],
    founder_keys: Mapping[str, VerifyKey],
    now: Millis,
) -> RingVerdict:
    """Judge consecutive `versions`, oldest first, against the head that is pinned.

    They begin with version 1 where nothing is pinned (whoever calls made sure of the ring's id),
    else with the pinned sequence, perhaps a sibling, or the one after it. `before_pinned` is the
    version that `pinned` follows: siblings are judged by it.
    """
    try:
        if not versions:
            return RingVerdict(RingOutcome.UNCHANGED, "no version was offered", pinned)
        if pinned is not None:
            return _follow(pinned, before_pinned, versions, now)
        check_root(versions[0], founder_keys, now)
        _check_run(versions, now)
        return RingVerdict(RingOutcome.ACCEPTED, "its root was pinned at first sight", versions[-1])
    except DocumentError as error:
        return refuse(pinned, error)


def choose(common: Ring | None, versions: Sequence[Ring], now: Millis) -> RingVerdict:
    """Judge another branch that the operator wants: `versions` that follow `common`.

    `common` is the newest version that both branches have; None where nothing is pinned, and then
    the operator vouches for the founder. All else has to hold.
    """
    try:
        if not versions:
            raise Refused(RingOutcome.BROKEN_CHAIN, "the branch has no version")
        if common is None:
            _check_time(versions[0], now)
            _check_root(versions[0])
            _check_run(versions, now)
        else:
            _check_same(common, versions)
            _check_run([common, *versions], now)
        return RingVerdict(RingOutcome.CHOSEN, "the operator chose it", versions[-1], True)
    except DocumentError as error:
        return refuse(common, error)


def refuse(pinned: Ring | None, error: DocumentError) -> RingVerdict:
    """The verdict on a version that was refused with `error`, while it was read or judged."""
    known = error.code in set(RingOutcome)
    outcome = RingOutcome(error.code) if known else RingOutcome.MALFORMED
    return RingVerdict(outcome, error.sentence, pinned, outcome is RingOutcome.FORKED)


def freshness(ring: Ring, now: Millis) -> RingFreshness:
    """How a head stands at `now`."""
    if now < ring.expires_at + SKEW:
        return RingFreshness.FRESH
    return RingFreshness.STALE if now < ring.expires_at + STALE_FOR else RingFreshness.LAPSED


class Replay:
    """A chain that is replayed version by version, from version 1: each beside the one before it.

    `founder_keys` is None where the founder cannot be asked: then who founded the ring is passed
    over. `page` gives the bytes of a page by its hash, None where it was erased; it is asked once
    for each page. Without it, pages are passed over.
    """

    def __init__(
        self,
        founder_keys: Mapping[str, VerifyKey] | None,
        page: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self._founder_keys = founder_keys
        self._page = page
        self._known: dict[str, bool] = {}
        self._before: Ring | None = None

    def add(self, version: Ring) -> Link:
        """Judge the next version. Only a link that is broken is named, not those behind it."""
        before, self._before = self._before, version
        outcome, why, erased = RingOutcome.ACCEPTED, "", 0
        try:
            if before is not None:
                _check_next(before, version)
            else:
                self._check_first(version)
            if self._page:
                erased = _count_erased(version, self._page, self._known)
        except DocumentError as error:
            refused = refuse(None, error)
            outcome, why = refused.outcome, refused.why
        return Link(version.sequence, version.sha256, outcome, why, erased)

    def lacks(self, version: Ring) -> tuple[str, ...]:
        """The hashes of those pages of `version` that were not asked for yet."""
        return tuple(ref.sha256 for ref in version.pages if ref.sha256 not in self._known)

    def _check_first(self, root: Ring) -> None:
        _check_root(root)
        if self._founder_keys is not None:
            _check_founded(root, self._founder_keys)


def verify_chain(
    versions: Sequence[Ring],
    founder_keys: Mapping[str, VerifyKey],
    page: Callable[[str], bytes | None] | None = None,
) -> list[Link]:
    """Replay a whole chain from version 1: see `Replay`."""
    replay = Replay(founder_keys, page)
    return [replay.add(version) for version in versions]


def _follow(
    pinned: Ring, before: Ring | None, versions: Sequence[Ring], now: Millis
) -> RingVerdict:
    _check_same(pinned, versions)
    last = versions[-1].sequence
    if last < pinned.sequence:
        raise Refused(
            RingOutcome.ROLLBACK, f"it goes back from version {pinned.sequence} to {last}"
        )
    ahead = [version for version in versions if version.sequence >= pinned.sequence]
    if ahead[0].sequence == pinned.sequence:
        if ahead[0].sha256 != pinned.sha256:
            return _judge_sibling(pinned, before, ahead, now)
        ahead = ahead[1:]
    if not ahead:
        return RingVerdict(RingOutcome.UNCHANGED, "it is the version that we have", pinned)
    _check_run([pinned, *ahead], now)
    return RingVerdict(RingOutcome.ACCEPTED, "enough stewards signed it", ahead[-1])


def _judge_sibling(
    pinned: Ring, before: Ring | None, ahead: Sequence[Ring], now: Millis
) -> RingVerdict:
    other = ahead[0]
    if before is None or before.sha256 != pinned.previous:
        raise Refused(
            RingOutcome.BROKEN_CHAIN,
            f"another version {other.sequence} cannot be judged without the one before ours",
        )
    if other.previous != pinned.previous:
        return _judge_fork(pinned, before, other)
    check_next(before, other, now)
    if other.sha256 > pinned.sha256:
        why = f"of two versions {pinned.sequence} ours has the smaller hash"
        return RingVerdict(RingOutcome.SIBLING_LOST, why, pinned, evidence=True)
    _check_run(ahead, now)
    why = f"of two versions {pinned.sequence} the other has the smaller hash"
    return RingVerdict(RingOutcome.SIBLING_WON, why, ahead[-1], evidence=True)


def _judge_fork(pinned: Ring, before: Ring, other: Ring) -> RingVerdict:
    """A version of another branch: evidence only if stewards that we know signed it."""
    _check_signed(other, before.terms.stewards, "our branch")
    raise Refused(
        RingOutcome.FORKED,
        f"it is of a branch that forked before version {pinned.sequence - 1}: ours goes on",
    )


def _check_same(pinned: Ring, versions: Sequence[Ring]) -> None:
    for version in versions:
        if version.id != pinned.id:
            raise Refused(RingOutcome.WRONG_RING, f"it is of {version.id}, not {pinned.id}")
        if version.root != pinned.root:
            raise Refused(
                RingOutcome.WRONG_ROOT, f"its root is {version.root}, and {pinned.root} is pinned"
            )


def _check_run(versions: Sequence[Ring], now: Millis) -> None:
    for before, after in pairwise(versions):
        check_next(before, after, now)


def _check_root(root: Ring) -> None:
    if root.sequence != 1:
        raise Refused(
            RingOutcome.BROKEN_CHAIN, f"a chain begins with version 1, not {root.sequence}"
        )
    _check_signed(root, root.terms.stewards, "version 1")


def _check_founded(root: Ring, keys: Mapping[str, VerifyKey]) -> None:
    founder = root.id.instance
    if not envelope.valid_signatures(root.content, founder, keys):
        ids = ", ".join(sorted(keys)) or "none is known"
        raise Refused(RingOutcome.UNFOUNDED, f"no key of {founder} signed version 1 ({ids})")


def _check_link(before: Ring, after: Ring) -> None:
    """All but the signatures."""
    _check_same(before, [after])
    if after.sequence != before.sequence + 1:
        why = f"version {after.sequence} does not follow version {before.sequence}"
    elif after.previous != before.sha256:
        why = f"version {after.sequence} follows another version {before.sequence}"
    elif after.validity.issued_at < before.validity.issued_at:
        why = f"version {after.sequence} was issued before version {before.sequence}"
    else:
        return
    raise Refused(RingOutcome.BROKEN_CHAIN, why)


def _check_next(before: Ring, after: Ring) -> None:
    _check_link(before, after)
    old, new = before.terms.stewards, after.terms.stewards
    _check_signed(after, old, f"version {before.sequence}")
    if old != new:
        _check_signed(after, new, "its own")


def _check_signed(ring: Ring, stewards: Stewards, whose: str) -> None:
    signed = signing_stewards(ring, stewards)
    if len(signed) < stewards.threshold:
        names = ", ".join(sorted(signed)) or "none"
        raise Refused(
            RingOutcome.TOO_FEW_SIGNATURES,
            f"version {ring.sequence} needs {stewards.threshold} stewards of {whose}, "
            f"and {len(signed)} signed ({names})",
        )


def _check_time(ring: Ring, now: Millis) -> None:
    ahead = ring.validity.issued_at - now
    if ahead > SKEW:
        raise Refused(
            RingOutcome.FUTURE, f"it comes from {ahead // 1000} s in the future, over 600 s"
        )


def _count_erased(ring: Ring, page: Callable[[str], bytes | None], known: dict[str, bool]) -> int:
    """How many pages are gone; those that are there must verify. `known`: whether it is there."""
    for ref in ring.pages:
        if ref.sha256 not in known:
            body = page(ref.sha256)
            if body is not None:
                pages.join(PAGE_TYPE, ring.id.instance, [ref], {ref.sha256: body})
            known[ref.sha256] = body is not None
    return sum(not known[ref.sha256] for ref in ring.pages)


__all__ = [
    "STALE_FOR",
    "Link",
    "Replay",
    "RingFreshness",
    "RingOutcome",
    "RingVerdict",
    "automatic",
    "check_next",
    "check_proposal",
    "check_root",
    "choose",
    "follow",
    "founder_keys",
    "freshness",
    "refuse",
    "signing_stewards",
    "verify_chain",
]
