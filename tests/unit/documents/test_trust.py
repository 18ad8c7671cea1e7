"""Whom to believe: a table of named histories, each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from webring.clock import DAY, MINUTE
from webring.directory.listing import JoinRule, Kind
from webring.documents import canonical, envelope, manifest, trust
from webring.documents.community import ManifestCommunity
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import IssuedManifest, ManifestDraft, Profile, Withdrawn
from webring.documents.recovery import sign_recovery
from webring.documents.trust import Freshness, Outcome, PeerTrust
from webring.errors import MalformedDocument, TrustError
from webring.names import RoomAlias, RoomId, ServerName, Slug

NAME = ServerName("garden.example")
NOW = 1_790_000_000_000
FIRST, SECOND, THIRD, THIEF = (SigningKey(f"ed25519:k{n}", bytes([n]) * 32) for n in range(1, 5))
SAFE, SAFER = (SigningKey(f"ed25519:r{n}", bytes([n]) * 32) for n in (8, 9))

DRAFT = ManifestDraft(
    instance=NAME,
    profile=Profile("Garden"),
    homeservers=(NAME,),
    communities=(),
    withdrawn=(Withdrawn(RoomId("!gone:garden.example"), NOW),),
    peers=(ServerName("forest.example"),),
    recovery_key=SAFE.verify_key,
)


def community(slug: str) -> ManifestCommunity:
    return ManifestCommunity(
        id=Slug(slug),
        room_id=RoomId(f"!{slug}:garden.example"),
        kind=Kind.SPACE,
        alias=RoomAlias(f"#{slug}:garden.example"),
        via=(NAME,),
        name=f"The {slug}",
        topic="A topic. " * 40,
        avatar=None,
        url="https://garden.example/",
        interests=("gardening",),
        languages=("en",),
        members=7,
        activity=None,
        join_rule=JoinRule.PUBLIC,
        world_readable=True,
        nsfw=False,
        rooms=(),
        updated_at=NOW,
    )


def issued(
    keys: KeySet, *, sequence: int = NOW, now: int = NOW, draft: ManifestDraft = DRAFT
) -> IssuedManifest:
    return manifest.issue(draft, keys, sequence=sequence, now=now)


def judged(
    state: PeerTrust | None, document: IssuedManifest, now: int = NOW, name: ServerName = NAME
) -> trust.Verdict:
    return trust.judge(state, name, manifest.read_manifest(document.body), now)


def pinned(keys: KeySet | None = None) -> PeerTrust:
    state = judged(None, issued(keys or KeySet(FIRST))).trust
    assert state is not None
    return state


LATER = NOW + DAY
ROTATED = KeySet(FIRST).rotate(SECOND, NOW)
TWICE = ROTATED.rotate(THIRD, NOW)
STOLEN = KeySet(FIRST).rotate(SECOND, NOW, compromised=True)
OTHER_WORDS = replace(DRAFT, profile=Profile("Another garden"))


def recovered(
    signer: SigningKey, sequence: int = 1, safe: SigningKey = SAFER, name: ServerName = NAME
) -> ManifestDraft:
    keys = {SECOND.id: SECOND.verify_key}
    content = sign_recovery(name, sequence, keys, signer, safe.verify_key)
    return replace(DRAFT, recovery_key=safe.verify_key, recovery=content)


@dataclass(frozen=True)
class Case:
    document: Callable[[], IssuedManifest]
    outcome: Outcome
    now: int = LATER
    freeze: bool = False


def later(keys: KeySet, draft: ManifestDraft = DRAFT) -> Callable[[], IssuedManifest]:
    return lambda: issued(keys, sequence=LATER, now=LATER, draft=draft)


CASES = {
    "the next one": Case(later(KeySet(FIRST)), Outcome.ACCEPTED),
    "the same one": Case(lambda: issued(KeySet(FIRST)), Outcome.UNCHANGED),
    "one rotation, co-signed": Case(later(ROTATED), Outcome.ACCEPTED),
    "two rotations slept through": Case(later(TWICE), Outcome.ACCEPTED),
    "a recovery": Case(later(KeySet(SECOND), recovered(SAFE)), Outcome.RECOVERED),
    "an unknown key": Case(later(KeySet(THIEF)), Outcome.UNKNOWN_KEY, freeze=True),
    "another key under the pinned id": Case(
        later(KeySet(SigningKey(FIRST.id, THIEF.seed))), Outcome.UNKNOWN_KEY, freeze=True
    ),
    "an unknown key at the same sequence": Case(
        lambda: issued(KeySet(THIEF), draft=OTHER_WORDS), Outcome.UNKNOWN_KEY, freeze=True
    ),
    "a stolen key disowned without recovery": Case(later(STOLEN), Outcome.UNKNOWN_KEY, freeze=True),
    "a recovery by another key": Case(
        later(KeySet(SECOND), recovered(THIEF)), Outcome.BAD_RECOVERY, freeze=True
    ),
    "a recovery of another instance": Case(
        later(KeySet(SECOND), recovered(SAFE, name=ServerName("b.example"))),
        Outcome.BAD_RECOVERY,
        freeze=True,
    ),
    "a recovery without its keys' signature": Case(
        later(KeySet(THIEF), recovered(SAFE)), Outcome.UNKNOWN_KEY, freeze=True
    ),
    "another recovery key by a pinned key": Case(
        later(KeySet(FIRST), replace(DRAFT, recovery_key=SAFER.verify_key)),
        Outcome.BAD_RECOVERY,
        freeze=True,
    ),
    "rolled back": Case(lambda: issued(KeySet(FIRST), sequence=NOW - 1), Outcome.ROLLBACK),
    "two of one sequence": Case(
        lambda: issued(KeySet(FIRST), draft=OTHER_WORDS), Outcome.EQUIVOCATION
    ),
    "a sequence from the future": Case(
        lambda: issued(KeySet(FIRST), sequence=LATER + 10 * MINUTE + 1, now=LATER),
        Outcome.FUTURE_SEQUENCE,
    ),
    "a sequence within the skew": Case(
        lambda: issued(KeySet(FIRST), sequence=LATER + 10 * MINUTE, now=LATER), Outcome.ACCEPTED
    ),
    "expired": Case(later(KeySet(FIRST)), Outcome.EXPIRED, now=LATER + 14 * DAY + 10 * MINUTE),
}


@pytest.mark.parametrize("name", CASES)
def test_each_history_has_its_outcome(name: str) -> None:
    case, state = CASES[name], pinned()
    verdict = judged(state, case.document(), case.now)
    assert (verdict.outcome, verdict.freeze) == (case.outcome, case.freeze), verdict.why
    assert verdict.why


@pytest.mark.parametrize(
    "name", [name for name in CASES if CASES[name].outcome not in {"accepted", "recovered"}]
)
def test_what_is_refused_leaves_the_last_good_state(name: str) -> None:
    state = pinned()
    assert judged(state, CASES[name].document(), CASES[name].now).trust == state


def test_a_later_sequence_heals_equivocation() -> None:
    state = pinned()
    assert judged(state, issued(KeySet(FIRST), draft=OTHER_WORDS)).evidence
    assert judged(state, later(KeySet(FIRST))(), LATER).is_good


def test_a_retired_key_no_longer_suffices() -> None:
    state = judged(pinned(), later(ROTATED)(), LATER).trust
    again = issued(KeySet(FIRST), sequence=LATER + 1, now=LATER + 1)
    assert judged(state, again, LATER + 1).outcome == Outcome.UNKNOWN_KEY


def test_after_a_recovery_the_thief_is_out_and_the_owner_goes_on() -> None:
    draft = recovered(SAFE)
    state = judged(pinned(), later(KeySet(SECOND), draft)(), LATER).trust
    thief = issued(KeySet(FIRST), sequence=LATER + 1, now=LATER + 1, draft=draft)
    assert judged(state, thief, LATER + 1).outcome == Outcome.UNKNOWN_KEY
    owner = issued(KeySet(SECOND), sequence=LATER + 1, now=LATER + 1, draft=draft)
    assert judged(state, owner, LATER + 1).outcome == Outcome.ACCEPTED


def test_an_old_recovery_is_not_applied_again() -> None:
    state = judged(pinned(), later(KeySet(SECOND), recovered(SAFE))(), LATER).trust
    assert state is not None
    moved = replace(state, pins={THIRD.id: THIRD.verify_key})
    replayed = issued(KeySet(SECOND), sequence=LATER + 1, now=LATER + 1, draft=recovered(SAFE))
    assert judged(moved, replayed, LATER + 1).outcome == Outcome.UNKNOWN_KEY


def test_a_manifest_of_another_instance_is_refused() -> None:
    verdict = judged(None, issued(KeySet(FIRST)), name=ServerName("forest.example"))
    assert (verdict.outcome, verdict.trust) == (Outcome.WRONG_INSTANCE, None)


def test_an_unsigned_manifest_pins_nothing() -> None:
    content = canonical.decode(issued(KeySet(FIRST)).body)
    del content["signatures"]
    document = replace(issued(KeySet(FIRST)), body=canonical.encode(content))
    assert judged(None, document).trust is None


def test_the_operator_can_pin_anew() -> None:
    read = manifest.read_manifest(issued(KeySet(THIEF), sequence=NOW - DAY).body)
    verdict = trust.repin(NAME, read, NOW)
    assert verdict.outcome == Outcome.REPINNED
    assert verdict.trust is not None
    assert verdict.trust.sequence == NOW - DAY


def test_what_is_pinned_reads_back() -> None:
    state = judged(pinned(), later(TWICE)(), LATER).trust
    assert state is not None
    assert PeerTrust.from_json(canonical.decode(canonical.encode(state.to_json()))) == state


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, Freshness.FRESH), (14 * DAY + 10 * MINUTE, Freshness.STALE), (21 * DAY, Freshness.LAPSED)],
)
def test_a_manifest_ages(after: int, expected: Freshness) -> None:
    assert trust.freshness(pinned(), NOW + after) == expected


def test_our_own_sequence_never_goes_back() -> None:
    assert trust.next_sequence(5, NOW) == NOW
    assert trust.next_sequence(NOW + DAY, NOW) == NOW + DAY + 1


@pytest.mark.parametrize("field", ["type", "spec", "sequence", "name", "keys"])
def test_one_altered_value_does_not_verify(field: str) -> None:
    content = canonical.decode(issued(KeySet(FIRST)).body)
    content[field] = content.get("sequence") if field == "name" else "other"
    try:
        read = manifest.read_manifest(canonical.encode(content))
    except MalformedDocument as error:
        assert error.code == ("wrong_type" if field == "type" else "malformed")  # noqa: PT017
        return
    assert not trust.judge(None, NAME, read, NOW).is_good


def test_unknown_fields_are_kept_and_signed() -> None:
    content = canonical.decode(issued(KeySet(FIRST)).body)
    content["colour"] = "green"
    signed = envelope.sign({**content, "signatures": {}}, NAME, [FIRST])
    read = manifest.read_manifest(canonical.encode(signed))
    assert read.content["colour"] == "green"
    assert trust.judge(None, NAME, read, NOW).is_good


def large() -> IssuedManifest:
    many = tuple(community(f"c{n}") for n in range(900))
    return issued(KeySet(FIRST), draft=replace(DRAFT, communities=many))


def test_a_large_manifest_moves_to_pages_and_comes_back_whole() -> None:
    document = large()
    head = manifest.read_manifest(document.body)
    assert len(document.pages) > 1
    assert len(document.body) < 10_000
    whole = manifest.with_pages(head, document.pages)
    assert whole.communities == tuple(community(f"c{n}") for n in range(900))
    assert whole.dropped == ()


def test_mixed_pages_are_refused() -> None:
    document = large()
    head = manifest.read_manifest(document.body)
    first, second, *_ = document.pages
    for bodies in ({first: document.pages[first]}, {**document.pages, first: b"{}"}):
        with pytest.raises(TrustError) as refused:
            manifest.with_pages(head, bodies)
        assert refused.value.code == "mixed_pages"
    swapped = {**document.pages, first: document.pages[second]}
    with pytest.raises(TrustError):
        manifest.with_pages(head, swapped)


WRONG_ENTRIES: dict[str, object] = {
    "not an object": 7,
    "a room id without '!'": {**community("a").to_json(), "room_id": "#a:b"},
    "an unknown join rule": {**community("a").to_json(), "join_rule": "whenever"},
    "an unknown kind": {**community("a").to_json(), "kind": "castle"},
    "an http page": {**community("a").to_json(), "url": "http://garden.example/"},
    "a page that is a script": {**community("a").to_json(), "url": "javascript:alert(1)"},
    "a name that is a number": {**community("a").to_json(), "name": 7},
    "negative members": {**community("a").to_json(), "members": -1},
    "an id twice": community("good").to_json(),
}


@pytest.mark.parametrize("case", WRONG_ENTRIES)
def test_a_wrong_community_is_dropped_alone(case: str) -> None:
    content = canonical.decode(issued(KeySet(FIRST)).body)
    content["communities"] = [community("good").to_json(), WRONG_ENTRIES[case]]
    read = manifest.read_manifest(canonical.encode(content))
    assert [kept.id for kept in read.communities] == ["good"]
    assert read.dropped[0].path.startswith("communities[1]")
