"""Vectors of single documents: what is read, what is dropped from them, what is refused."""

from __future__ import annotations

from collections.abc import Callable

from tests.vectors import examples
from tests.vectors.world import FIRST, FOREST, GARDEN, MATRIX, NOW, RING_HOST, SECOND, VEGETABLES
from webring.clock import MINUTE
from webring.documents import canonical, envelope, manifest, message, wellknown
from webring.documents import pages as paging
from webring.documents.manifest import PAGE_TYPE
from webring.errors import DocumentError
from webring.matrix import xmatrix
from webring.matrix.xmatrix import Request

ENTRY = VEGETABLES.to_json()
WEAK = "A" * 43

MANIFESTS: dict[str, dict[str, object]] = {
    "unknown fields are kept and signed": {"colour": "green"},
    "`unsigned` is ignored": {"unsigned": {"communities": [ENTRY]}},
    "an unknown activity drops its community": {"communities": [{**ENTRY, "activity": "decade"}]},
    "an unknown join rule drops its community": {"communities": [{**ENTRY, "join_rule": "dance"}]},
    "an unknown kind drops its community": {"communities": [{**ENTRY, "kind": "castle"}]},
    "one room twice": {"communities": [ENTRY, {**ENTRY, "id": "again"}]},
    "a wrong child is dropped from its community": {
        "communities": [{**ENTRY, "rooms": [{"room_id": "#tomatoes:garden.example"}]}]
    },
    "of two vouches for one place the first counts": {
        "communities": [
            {
                **ENTRY,
                "vouches": [
                    {"room_id": "!mushrooms", "sentence": sentence} for sentence in ("One.", "Two.")
                ],
            }
        ]
    },
    "a vouch for two places is dropped": {
        "communities": [
            {
                **ENTRY,
                "vouches": [{"room_id": "!a", "url": "https://a.example", "sentence": "Good."}],
            }
        ]
    },
    "a yes to a vouch of nobody is dropped": {
        "communities": [{**ENTRY, "accepted_vouches": [{"sentence": "Good."}]}]
    },
    "a script for a page": {"communities": [{**ENTRY, "url": "javascript:alert(1)"}]},
    "a wrong peer": {"peers": ["forest.example", "a b"]},
    "a policy over http": {"profile": {"policy_url": "http://garden.example"}},
    "another type": {"type": "webring.recovery"},
    "another version": {"spec": "webring/2"},
    "no keys": {"keys": {}},
    "a key of small order": {"keys": {"ed25519:first": {"key": WEAK}}},
    "a key that is not base64": {"keys": {"ed25519:first": {"key": "*"}}},
    "a key in use and retired": {
        "retired_keys": {FIRST.id: {"key": FIRST.verify_key.b64, "retired_at": NOW}}
    },
    "a key in use and retired under another id": {
        "retired_keys": {"ed25519:old": {"key": FIRST.verify_key.b64, "retired_at": NOW}}
    },
    "no recovery key": {"recovery_key": {}},
    "two recovery keys": {
        "recovery_key": {key.id: {"key": key.verify_key.b64} for key in (FIRST, SECOND)}
    },
    "expired before it was issued": {"expires_at": NOW},
    "a sequence as text": {"sequence": "1"},
    "a malformed page reference": {"pages": [{"sha256": "A" * 64, "count": 1}]},
}


def manifests() -> list[dict[str, object]]:
    """Manifests as bytes, with the entries that are dropped, or the code of the refusal."""
    bodies = {"the example": examples.issued().body}
    content = canonical.decode(examples.issued().body)
    for name, change in MANIFESTS.items():
        changed = {**content, **change, "signatures": {}}
        bodies[name] = canonical.encode(envelope.sign(changed, GARDEN, [FIRST]))
    return [_manifest(name, body) for name, body in bodies.items()]


def pages() -> list[dict[str, object]]:
    """A head's references and a page for them."""
    good = canonical.encode(examples.page())
    other = canonical.encode({**examples.page(), "instance": FOREST})
    ring = canonical.encode({**examples.page(), "type": "webring.ring.page"})
    more = canonical.encode({**examples.page(), "sequence": 1})
    loose = good.replace(b",", b", ", 1)
    return [
        _page("good", good),
        _page("bytes of another hash", good, sha256=canonical.digest(other)),
        _page("another count", good, count=2),
        _page("another instance's", other),
        _page("another type", ring),
        _page("a further field", more),
        _page("not canonical", loose),
    ]


def messages() -> list[dict[str, object]]:
    """Messages to forest.example, the key that is pinned, and the code of their refusal."""
    announce = message.sign_message(examples.ANNOUNCE, [FIRST], NOW, nonce=examples.NONCE)
    withdraw = message.sign_message(examples.WITHDRAW, [FIRST], NOW, nonce=examples.OTHER_NONCE)
    forged = message.sign_message(examples.WITHDRAW, [SECOND], NOW, nonce=examples.NONCE)
    content = canonical.decode(withdraw)
    altered = canonical.encode({**content, "issued_at": NOW + 1})

    def signed(**change: object) -> bytes:
        return canonical.encode(
            envelope.sign({**content, **change, "signatures": {}}, GARDEN, [FIRST])
        )

    return [
        _message("an announcement", announce),
        _message("a withdrawal", withdraw),
        _message("ten minutes old", withdraw, now=NOW + 10 * MINUTE),
        _message("older than ten minutes", withdraw, now=NOW + 10 * MINUTE + 1),
        _message("from the future", withdraw, now=NOW - 10 * MINUTE - 1),
        _message("for another instance", signed(destination="other.example")),
        _message("from ourselves", signed(instance=FOREST)),
        _message("by another key", forged),
        _message("altered", altered),
        _message("another type", signed(type="webring.manifest")),
        _message("an unknown kind", signed(kind="conquer")),
        _message("an id that is a path", signed(id="../../../../../../../../etc/passwd")),
        _message("no nonce", signed(nonce=None)),
        _message("nothing withdrawn", signed(withdrawn=[])),
    ]


def wellknowns() -> list[dict[str, object]]:
    """Answers of garden.example's well-known address."""
    base = "https://ring.garden.example"
    contents: dict[str, dict[str, object]] = {
        "good": {"instance": GARDEN, "base_url": base},
        "with a path": {"instance": GARDEN, "base_url": f"{base}/webring/"},
        "another instance": {"instance": FOREST, "base_url": base},
        "plain http": {"instance": GARDEN, "base_url": "http://ring.garden.example"},
        "a user in the address": {"instance": GARDEN, "base_url": "https://a@ring.garden.example"},
        "no address": {"instance": GARDEN},
        "no instance": {"base_url": base},
    }
    return [_wellknown(name, canonical.encode(content)) for name, content in contents.items()]


def requests() -> list[dict[str, object]]:
    """Signed federation requests and their headers."""
    uri = "/_matrix/federation/v1/publicRooms?limit=100&since=a%2Fb"
    get = Request(RING_HOST, FOREST, "GET", uri)
    post = Request(RING_HOST, FOREST, "POST", uri.partition("?")[0], {"limit": 100})
    other = Request(RING_HOST, GARDEN, "GET", uri)
    header = xmatrix.authorization(get, MATRIX)
    loose = header.replace('"', "").replace(",", " , ").replace("X-Matrix", "x-matrix")
    return [
        _request("a GET", get, header),
        _request("a POST with its body", post, xmatrix.authorization(post, MATRIX)),
        _request("tokens and spaces instead of quotes", get, loose),
        _request("for another destination", get, xmatrix.authorization(other, MATRIX)),
        _request("without a destination", get, header.replace('destination="forest.example",', "")),
        _request("a parameter twice", get, header + ',key="ed25519:other"'),
        _request("by another key", get, xmatrix.authorization(get, FIRST)),
        _request("another scheme", get, "Bearer abc"),
    ]


def _manifest(name: str, body: bytes) -> dict[str, object]:
    case: dict[str, object] = {"name": name, "body": body.decode()}

    def outcome() -> None:
        read = manifest.read_manifest(body)
        case["sha256"] = read.sha256
        case["communities"] = [community.id for community in read.communities]
        case["dropped"] = [gone.path for gone in read.dropped]

    return {**case, "expected": code_of(outcome), **case}


def _page(name: str, body: bytes, *, sha256: str = "", count: int = 1) -> dict[str, object]:
    ref = paging.PageRef(sha256 or canonical.digest(body), count)

    def outcome() -> None:
        paging.join(PAGE_TYPE, GARDEN, [ref], {ref.sha256: body})

    return {
        "name": name,
        "reference": {"sha256": ref.sha256, "count": ref.count},
        "body": body.decode(),
        "expected": code_of(outcome),
    }


def _message(name: str, body: bytes, *, now: int = NOW) -> dict[str, object]:
    def outcome() -> None:
        read = message.read_message(body)
        message.check(read, FOREST, now)
        message.check_signature(read, {FIRST.id: FIRST.verify_key})

    return {"name": name, "now": now, "body": body.decode(), "expected": code_of(outcome)}


def _wellknown(name: str, body: bytes) -> dict[str, object]:
    case: dict[str, object] = {}

    def outcome() -> None:
        case["base_url"] = wellknown.find_instance(GARDEN, body).base_url

    return {"name": name, "body": body.decode(), "expected": code_of(outcome), **case}


def _request(name: str, request: Request, header: str) -> dict[str, object]:
    def outcome() -> None:
        xmatrix.verify(header, request, {MATRIX.id: MATRIX.verify_key})

    return {
        "name": name,
        "request": request.to_json(),
        "authorization": header,
        "expected": code_of(outcome),
    }


def code_of(outcome: Callable[[], object]) -> str:
    """The code of the refusal that `outcome` ends in, or "valid"."""
    try:
        outcome()
    except DocumentError as error:
        return error.code
    return "valid"
