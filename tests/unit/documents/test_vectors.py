"""The golden vectors and the published examples: as files, and by other implementations too."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import canonicaljson
import pytest
import signedjson.key
import signedjson.sign

from tests.vectors import examples, history_cases, make
from tests.vectors.world import NOW
from webring.documents import canonical, ed25519, envelope, manifest, message, pages, wellknown
from webring.documents.keys import SigningKey, VerifyKey
from webring.documents.manifest import PAGE_TYPE
from webring.documents.recovery import read_recovery
from webring.documents.trust import Outcome, PeerTrust
from webring.errors import DocumentError, MalformedDocument
from webring.matrix import xmatrix
from webring.matrix.xmatrix import Request
from webring.names import ServerName

GARDEN, FOREST = ServerName("garden.example"), ServerName("forest.example")


def load(name: str) -> Any:
    return json.loads((make.HERE / name).read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    by_name = {case["name"]: case for case in cases}
    assert len(by_name) == len(cases), "each case has a name of its own"
    return by_name


KEYS: dict[str, dict[str, str]] = {case["id"]: case for case in load("keys.json")}
CANONICAL, INVALID = (
    named(load("canonical.json")["valid"]),
    named(load("canonical.json")["invalid"]),
)
SIGNATURES, SIGNED = named(load("ed25519.json")), named(load("signing.json"))
MANIFESTS, PAGES = named(load("manifests.json")), named(load("pages.json"))
MESSAGES, WELLKNOWN = named(load("messages.json")), named(load("wellknown.json"))
REQUESTS, HISTORIES = named(load("xmatrix.json")), named(load("histories.json"))
EXAMPLES: dict[str, Any] = examples.shown(make.PROTOCOL.read_text(encoding="utf-8"))


def verify_key(key_id: str) -> VerifyKey:
    return VerifyKey.parse(key_id, KEYS[key_id]["key"])


@pytest.mark.parametrize("name", make.FILES)
def test_the_files_are_what_the_program_makes(name: str) -> None:
    text = (make.HERE / name).read_text(encoding="utf-8")
    assert text == make.text_of(name), "run: python -m tests.vectors.make"


def test_the_published_examples_are_what_the_program_makes() -> None:
    text = make.PROTOCOL.read_text(encoding="utf-8")
    assert text == examples.fill(text), "run: python -m tests.vectors.make"
    assert set(EXAMPLES) == set(examples.all_examples())


@pytest.mark.parametrize("key_id", KEYS)
def test_each_seed_makes_its_key(key_id: str) -> None:
    made = SigningKey.from_seed(key_id, KEYS[key_id]["seed"]).verify_key
    assert made == verify_key(key_id)


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_form(name: str) -> None:
    case = CANONICAL[name]
    made = canonical.encode(canonical.decode(case["text"].encode()))
    assert made.decode() == case["canonical"]
    assert made == canonicaljson.encode_canonical_json(json.loads(case["text"]))
    assert hashlib.sha256(made).hexdigest() == case["sha256"]


@pytest.mark.parametrize("name", INVALID)
def test_bytes_without_canonical_form(name: str) -> None:
    with pytest.raises(MalformedDocument):
        canonical.decode(base64.b64decode(INVALID[name]["bytes"]))


@pytest.mark.parametrize("name", SIGNATURES)
def test_strict_signatures(name: str) -> None:
    case = SIGNATURES[name]
    key, text, signature = (bytes.fromhex(case[part]) for part in ("key", "message", "signature"))
    assert ed25519.verify(key, text, signature) == (case["expected"] == "valid")


@pytest.mark.parametrize("name", SIGNED)
def test_signed_objects(name: str) -> None:
    case = SIGNED[name]
    theirs(case["signed"], case["as"], case["key"])
    keys = {case["key"]: verify_key(case["key"])}
    assert envelope.valid_signatures(case["signed"], case["as"], keys) == {case["key"]}
    assert envelope.document_hash(case["signed"]) == case["sha256"]


def theirs(content: dict[str, Any], name: str, key_id: str) -> None:
    """Verify with signedjson, or raise."""
    raw = base64.b64decode(KEYS[key_id]["key"] + "=")
    signedjson.sign.verify_signed_json(
        content, name, signedjson.key.decode_verify_key_bytes(key_id, raw)
    )


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests(name: str) -> None:
    case = MANIFESTS[name]
    body = case["body"].encode()
    if case["expected"] != "valid":
        with pytest.raises(DocumentError) as refused:
            manifest.read_manifest(body)
        assert refused.value.code == case["expected"]
        return
    read = manifest.read_manifest(body)
    assert [community.id for community in read.communities] == case["communities"]
    assert [gone.path for gone in read.dropped] == case["dropped"]
    assert read.sha256 == case["sha256"]
    theirs(json.loads(body), GARDEN, "ed25519:first")


def expected(case: dict[str, Any], act: Any) -> None:
    """Call `act`; it must end as the case says."""
    if case["expected"] == "valid":
        act()
        return
    with pytest.raises(DocumentError) as refused:
        act()
    assert refused.value.code == case["expected"]


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str) -> None:
    case = PAGES[name]
    ref = pages.PageRef(**case["reference"])
    bodies = {ref.sha256: case["body"].encode()}
    expected(case, lambda: pages.join(PAGE_TYPE, GARDEN, [ref], bodies))


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(name: str) -> None:
    case = MESSAGES[name]

    def act() -> None:
        read = message.read_message(case["body"].encode())
        message.check(read, FOREST, case["now"])
        message.check_signature(read, {"ed25519:first": verify_key("ed25519:first")})

    expected(case, act)


@pytest.mark.parametrize("name", WELLKNOWN)
def test_wellknown_documents(name: str) -> None:
    case = WELLKNOWN[name]

    def act() -> None:
        found = wellknown.find_instance(GARDEN, case["body"].encode())
        assert found.base_url == case["base_url"]

    expected(case, act)


@pytest.mark.parametrize("name", REQUESTS)
def test_federation_requests(name: str) -> None:
    case = REQUESTS[name]
    request = Request(**case["request"])
    keys = {"ed25519:matrix": verify_key("ed25519:matrix")}
    expected(case, lambda: xmatrix.verify(case["authorization"], request, keys))


@pytest.mark.parametrize("name", HISTORIES)
def test_histories(name: str) -> None:
    state: PeerTrust | None = None
    for step in HISTORIES[name]["steps"]:
        before = state
        verdict = history_cases.judge(state, step["body"].encode(), step["now"])
        state = verdict.trust
        assert (verdict.outcome, verdict.freeze) == (step["expected"], step["freeze"]), verdict.why
        assert verdict.evidence == step["evidence"]
        assert (sorted(state.active) if state else []) == step["pinned"]
        assert (state.sequence if state else 0) == step["sequence"]
        if verdict.outcome not in {Outcome.ACCEPTED, Outcome.RECOVERED}:
            assert state == before, "what is refused leaves the last good state"


def test_every_outcome_has_a_history() -> None:
    told = {step["expected"] for case in HISTORIES.values() for step in case["steps"]}
    # Malformed bytes and mixed pages have vectors of their own; pinning anew is the operator's.
    elsewhere = {Outcome.MALFORMED, Outcome.MIXED_PAGES, Outcome.REPINNED}
    assert told == set(Outcome) - elsewhere


SIGNERS = {
    "manifest": (GARDEN, "ed25519:first"),
    "head": (GARDEN, "ed25519:first"),
    "recovery": (GARDEN, "ed25519:safe"),
    "recovered": (GARDEN, "ed25519:second"),
    "announce": (GARDEN, "ed25519:first"),
    "withdraw": (GARDEN, "ed25519:first"),
    "keys": ("ring.garden.example", "ed25519:matrix"),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_published_example_verifies_with_signedjson_and_an_altered_one_does_not(
    name: str,
) -> None:
    signer, key_id = SIGNERS[name]
    theirs(EXAMPLES[name], signer, key_id)
    with pytest.raises(signedjson.sign.SignatureVerifyException):
        theirs({**EXAMPLES[name], "more": 1}, signer, key_id)


def test_the_published_examples_are_read() -> None:
    for name in ("manifest", "head", "recovered"):
        assert manifest.read_manifest(canonical.encode(EXAMPLES[name])).dropped == ()
    for name in ("announce", "withdraw"):
        message.check(message.read_message(canonical.encode(EXAMPLES[name])), FOREST, NOW)
    assert read_recovery(EXAMPLES["recovery"]).sequence == 1
    found = wellknown.find_instance(GARDEN, canonical.encode(EXAMPLES["well-known"]))
    assert found.base_url == "https://ring.garden.example"
    body = canonical.encode(EXAMPLES["page"])
    assert pages.join(
        PAGE_TYPE,
        GARDEN,
        [pages.PageRef(canonical.digest(body), 1)],
        {canonical.digest(body): body},
    )


def test_the_published_text_states_the_limits_of_the_program() -> None:
    text = make.PROTOCOL.read_text(encoding="utf-8")
    for outcome in set(Outcome) - {Outcome.REPINNED}:
        assert f"`{outcome}`" in text, f"docs/protocol.md does not name the outcome {outcome}"
    for state in message.MessageState:
        assert f"| `{state}` |" in text
    for kind in message.MessageKind:
        assert f"`{kind}`" in text
