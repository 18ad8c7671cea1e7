"""The golden vectors of rings, and what other people's implementations make of ring documents."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import canonicaljson
import pytest
import signedjson.key
import signedjson.sign
from hypothesis import given

from tests.laws import tries
from tests.unit.documents.ring_world import KEYS as SIGNING_KEYS
from tests.unit.documents.ring_world import NAMES, stewards
from tests.unit.documents.test_ring_laws import ROOT, any_members, any_terms
from tests.vectors import examples, make, ring_examples
from webring.documents import canonical, chain, envelope, ring, ring_messages
from webring.documents import message as messages
from webring.documents.keys import VerifyKey
from webring.documents.ring import (
    LIFE,
    MAX_MEMBERS,
    MAX_REMOVED,
    JoinPolicy,
    MemberKind,
    Order,
    Reason,
    Ring,
    RingMember,
    RingTerms,
    SlotState,
)
from webring.documents.ring_changes import RENEWED_BEFORE
from webring.documents.ring_messages import Verdict, read_ring_message
from webring.documents.ring_outcome import RingFreshness, RingOutcome
from webring.errors import DocumentError
from webring.names import ServerName


def load(name: str) -> Any:
    return json.loads((make.HERE / name).read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    by_name = {case["name"]: case for case in cases}
    assert len(by_name) == len(cases), "each case has a name of its own"
    return by_name


KEYS: dict[str, str] = {case["id"]: case["key"] for case in load("keys.json")}
IDS, HEADS = named(load("rings.json")["ids"]), named(load("rings.json")["heads"])
MESSAGES = named(load("ring_messages.json"))
CHAINS = load("chains.json")
OFFERS, REPLAYS = named(CHAINS["offers"]), named(CHAINS["replays"])
TEXT = make.PROTOCOL.read_text(encoding="utf-8")
EXAMPLES: dict[str, Any] = examples.shown(TEXT)
STEWARDS = {
    "garden.example": "ed25519:first",
    "forest.example": "ed25519:forest",
    "meadow.example": "ed25519:meadow",
}


def theirs(content: dict[str, Any], name: str, key_id: str, key: str | None = None) -> None:
    """Verify with signedjson, or raise."""
    raw = base64.b64decode((key or KEYS[key_id]) + "=")
    signedjson.sign.verify_signed_json(
        content, name, signedjson.key.decode_verify_key_bytes(key_id, raw)
    )


@pytest.mark.parametrize("name", IDS)
def test_ids_of_members(name: str) -> None:
    case = IDS[name]
    assert hashlib.sha256(case["text"].encode()).hexdigest()[:20] == case["id"]


@pytest.mark.parametrize("name", HEADS)
def test_heads(name: str) -> None:
    case = HEADS[name]
    pages = {sha256: page.encode() for sha256, page in case["pages"].items()}
    if case["expected"] != "valid":
        with pytest.raises(DocumentError) as refused:
            ring.with_members(ring.read_ring(case["body"].encode()), pages)
        assert refused.value.code == case["expected"]
        return
    read = ring.with_members(ring.read_ring(case["body"].encode()), pages)
    assert (read.sha256, read.root, read.expires_at) == (
        case["sha256"],
        case["root"],
        case["expires_at"],
    )
    assert (read.terms.policy, read.terms.order) == (case["policy"], case["order"])
    assert [member.id for member in read.members] == case["members"]
    assert [gone.path for gone in read.dropped] == case["dropped"]
    content = json.loads(case["body"])
    for signer in ("garden.example", "forest.example"):
        theirs(content, signer, STEWARDS[signer])
    signed = {k: v for k, v in content.items() if k not in {"signatures", "unsigned"}}
    their_bytes = canonicaljson.encode_canonical_json(signed)
    assert hashlib.sha256(their_bytes).hexdigest() == case["sha256"]


def version(name: str) -> Ring | None:
    return ring.read_ring(CHAINS["versions"][name].encode()) if name else None


def versions(names: list[str]) -> list[Ring]:
    return [ring.read_ring(CHAINS["versions"][name].encode()) for name in names]


def founder(ids: list[str]) -> dict[str, VerifyKey]:
    return {key_id: VerifyKey.parse(key_id, KEYS[key_id]) for key_id in ids}


@pytest.mark.parametrize("name", OFFERS)
def test_offers(name: str) -> None:
    case = OFFERS[name]
    verdict = chain.follow(
        version(case["pinned"]),
        version(case["before_pinned"]),
        versions(case["versions"]),
        founder(case["founder"]),
        case["now"],
    )
    assert (verdict.outcome, verdict.evidence) == (case["expected"], case["evidence"])
    assert (verdict.head.sha256 if verdict.head else "") == case["head"]
    if not verdict.is_good:
        pinned = version(case["pinned"])
        assert case["head"] == (pinned.sha256 if pinned else "")


@pytest.mark.parametrize("name", REPLAYS)
def test_replays(name: str) -> None:
    case = REPLAYS[name]
    pages = {sha256: page and page.encode() for sha256, page in case["pages"].items()}
    links = chain.verify_chain(versions(case["versions"]), founder(["ed25519:first"]), pages.get)
    told = [
        {"sequence": link.sequence, "outcome": link.outcome, "erased": link.erased}
        for link in links
    ]
    assert told == case["expected"]


def test_every_outcome_of_a_chain_has_a_vector() -> None:
    told = {case["expected"] for case in OFFERS.values()}
    told |= {case["expected"] for case in HEADS.values()}
    # The operator's choice is no rule that bytes can show.
    assert told == set(RingOutcome) - {RingOutcome.ACCEPTED, RingOutcome.CHOSEN} | {
        "valid",
        "accepted",
    }


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_about_rings(name: str) -> None:
    case = MESSAGES[name]
    body = case["body"].encode()
    if case["expected"] != "valid":
        with pytest.raises(DocumentError) as refused:
            read_ring_message(messages.read_message(body))
        assert refused.value.code == case["expected"]
        return
    read = messages.read_message(body)
    messages.check(read, read.destination, case["now"])
    theirs(json.loads(body), read.instance, STEWARDS[read.instance])
    assert read_ring_message(read) == ring_examples.MESSAGES[name][2]


def test_the_published_examples_are_read_and_follow_each_other() -> None:
    first = ring.read_ring_content(EXAMPLES["ring-root"])
    page = canonical.encode(EXAMPLES["ring-page"])
    second = ring.with_members(
        ring.read_ring_content(EXAMPLES["ring"]), {canonical.digest(page): page}
    )
    assert (first.dropped, second.dropped) == ((), ())
    assert len(second.members) == 2
    proposed = read_ring_message(messages.read_message(canonical.encode(EXAMPLES["cosign"])))
    assert isinstance(proposed, ring_messages.Cosign)
    keys = founder(["ed25519:first"])
    links = chain.verify_chain([first, second, proposed.head], keys)
    assert [link.outcome for link in links] == [
        RingOutcome.ACCEPTED,
        RingOutcome.ACCEPTED,
        RingOutcome.TOO_FEW_SIGNATURES,
    ]
    chain.check_proposal(second, proposed.head, proposed.head.validity.issued_at)


@pytest.mark.parametrize("name", ["ring-root", "ring", *ring_examples.MESSAGES])
def test_a_published_example_verifies_with_signedjson_and_an_altered_one_does_not(
    name: str,
) -> None:
    content = EXAMPLES[name]
    for signer in content["signatures"]:
        theirs(content, signer, STEWARDS[signer])
        with pytest.raises(signedjson.sign.SignatureVerifyException):
            theirs({**content, "more": 1}, signer, STEWARDS[signer])


@tries(40)
@given(any_terms(), any_members())
def test_ring_documents_agree_with_canonicaljson_and_signedjson(
    terms: RingTerms, members: list[RingMember]
) -> None:
    composed = ring.compose(ROOT.id, terms, members, (), ROOT, ROOT.validity.issued_at)
    plain = json.loads(canonical.encode(composed.content))
    their_bytes = canonicaljson.encode_canonical_json(plain)
    assert their_bytes == canonical.encode(composed.content)
    assert hashlib.sha256(their_bytes).hexdigest() == composed.sha256
    ours = composed.content
    for name in terms.stewards.instances:
        ours = envelope.sign(ours, name, [SIGNING_KEYS[name]])
        their_key = signedjson.key.decode_signing_key_base64(
            "ed25519",
            SIGNING_KEYS[name].id.removeprefix("ed25519:"),
            base64.b64encode(SIGNING_KEYS[name].seed).decode().rstrip("="),
        )
        plain = signedjson.sign.sign_json(plain, name, their_key)
        theirs(ours, name, SIGNING_KEYS[name].id, SIGNING_KEYS[name].verify_key.b64)
    assert plain["signatures"] == ours["signatures"]
    read = ring.read_ring(canonicaljson.encode_canonical_json(plain))
    assert chain.signing_stewards(read, terms.stewards) == set(terms.stewards.instances)
    strangers = [name for name in NAMES if name not in terms.stewards.instances]
    if strangers:
        other = stewards(*strangers, threshold=len(strangers))
        assert chain.signing_stewards(read, other) == frozenset[ServerName]()


def test_the_published_text_names_the_words_and_states_the_limits() -> None:
    words = [RingOutcome, RingFreshness, JoinPolicy, Order, MemberKind, SlotState, Reason, Verdict]
    for word in (word for kind in words for word in kind):
        assert f"`{word}`" in TEXT, f"docs/protocol.md does not name {word}"
    for limit, sentence in (
        (LIFE // 86_400_000, "a version lives for {} days"),
        (ring.MAX_HEAD // 1024, "| head of a ring | {} KiB |"),
        (f"{MAX_MEMBERS:,}", "| members of a ring | {} |"),
        (ring.MAX_STEWARDS, "| stewards of a ring | {} |"),
        (ring.MAX_STEWARD_KEYS, "| keys of a steward | {} |"),
        (ring.MAX_MIRRORS, "| `mirrors` of a ring | {} |"),
        (MAX_REMOVED, "| `removed` of a ring | {} |"),
        (f"{ring.MAX_CRITERIA:,}", "| a ring's `description`, `criteria` | {} characters each |"),
        (ring.REMOVED_FOR // 86_400_000, "A removal is named for {} days"),
        (RENEWED_BEFORE // 86_400_000, "expires within {} days"),
        (chain.STALE_FOR // 86_400_000, "{} days after it expired it has `lapsed`"),
        (f"{ring_messages.MAX_NOTE:,}", "| `note` of a join | {} characters |"),
        (ring_messages.MAX_SENTENCE, "| `sentence` of a decision | {} characters |"),
    ):
        assert sentence.format(limit) in TEXT, sentence
