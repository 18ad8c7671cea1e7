"""Vectors of rings: heads with their pages, and messages about rings."""

from __future__ import annotations

from collections.abc import Mapping

from tests.vectors import ring_examples
from tests.vectors import ring_world as world
from tests.vectors.document_cases import code_of
from tests.vectors.world import FOREST, GARDEN, MEADOW, NOW
from webring.clock import DAY
from webring.documents import canonical, envelope, ring
from webring.documents import message as messages
from webring.documents.ring import MAX_MEMBERS, PAGE_TYPE
from webring.documents.ring_messages import read_ring_message
from webring.names import ServerName, Slug

ENTRY, SITE = world.VEGETABLES.to_json(), world.COMPOST.to_json()
KEYS = {str(name): {key.id: {"key": key.verify_key.b64}} for name, key in world.SIGNERS.items()}
ONE_KEY = KEYS[GARDEN]


def _stewards(threshold: int, instances: Mapping[str, object]) -> dict[str, object]:
    return {"stewards": {"threshold": threshold, "instances": instances}}


HEADS: dict[str, dict[str, object]] = {
    "unknown fields are kept and signed": {"motto": "Dig."},
    "`unsigned` is ignored": {"unsigned": {"members": [SITE]}},
    "an unknown policy is read as invite": {"policy": "lottery"},
    "an unknown order is read as joined": {"order": "by moonlight"},
    "a wrong mirror": {"mirrors": ["forest.example", "a b"]},
    "a removal for an unknown reason": {"removed": [{"id": "ab" * 10, "code": "fate", "at": NOW}]},
    "a description that is a number": {"description": 3},
    "an expiry beyond 90 days": {"expires_at": NOW + 999 * DAY},
    "another type": {"type": "webring.manifest"},
    "another version of the protocol": {"spec": "webring/2"},
    "an instance that did not found it": {"instance": FOREST},
    "a ring id without an instance": {"ring": "soil"},
    "sequence 0": {"sequence": 0},
    "no root": {"root": None},
    "no previous": {"previous": None},
    "no name": {"name": None},
    "expired before it was issued": {"expires_at": NOW},
    "nobody as steward": _stewards(1, {}),
    "16 stewards": _stewards(9, {f"s{n}.example": ONE_KEY for n in range(16)}),
    "a threshold of half": _stewards(1, {GARDEN: KEYS[GARDEN], FOREST: KEYS[FOREST]}),
    "a threshold above all": _stewards(4, KEYS),
    "one key under two names": _stewards(2, {**KEYS, MEADOW: ONE_KEY}),
    "one key under two ids": _stewards(
        1, {GARDEN: {**ONE_KEY, "ed25519:twice": ONE_KEY["ed25519:first"]}}
    ),
    "a steward without a key": _stewards(2, {**KEYS, MEADOW: {}}),
    "a steward in capitals": _stewards(1, {"Garden.example": ONE_KEY}),
    "a steward's key of small order": _stewards(1, {GARDEN: {"ed25519:a": {"key": "A" * 43}}}),
    "more members than a ring may have": {
        "pages": [{"sha256": "ab" * 32, "count": MAX_MEMBERS + 1}]
    },
}
FIRST_HEADS: dict[str, dict[str, object]] = {
    "version 1 with a root": {"root": "ab" * 32},
    "version 1 with a previous": {"previous": "ab" * 32},
    "version 1 with members": {"pages": [{"sha256": "ab" * 32, "count": 1}]},
    "version 1 with a removal": {"removed": [{"id": "ab" * 10, "code": "left", "at": NOW}]},
}
MEMBERS: dict[str, list[object]] = {
    "fields of a member that are not known": [{**ENTRY, "colour": "green"}],
    "an unknown kind of member": [{**ENTRY, "kind": "castle"}, SITE],
    "an unknown state of a slot": [{**ENTRY, "state": "dancing"}, SITE],
    "a member over http": [{**SITE, "url": "http://compost.example/"}],
    "a community without an instance": [{**ENTRY, "instance": None}],
    "a site with an instance": [{**ENTRY, "kind": "site"}],
    "one id twice": [ENTRY, {**SITE, "id": ENTRY["id"]}],
    "one community twice": [ENTRY, {**ENTRY, "id": "ab" * 10, "url": "https://x.example/"}],
    "one url twice": [SITE, {**SITE, "id": "ab" * 10}],
    "one url twice, spelled otherwise": [
        SITE,
        {**SITE, "id": "ab" * 10, "url": "https://Compost.example:443"},
    ],
    "a member that is no object": ["vegetables", SITE],
}


def rings() -> dict[str, object]:
    """Ids of members, and heads with their pages."""
    return {"ids": _ids(), "heads": _heads()}


def _ids() -> list[dict[str, object]]:
    garden, url = ServerName("garden.example:8448"), "https://compost.example/?heap=2"
    return [
        {
            "name": "a community",
            "text": f"{world.ROOT}\n{GARDEN}/vegetables",
            "id": world.VEGETABLES.id,
        },
        {
            "name": "a community of an instance with a port",
            "text": f"{world.ROOT}\n{garden}/vegetables",
            "id": ring.community_member_id(world.ROOT, garden, Slug("vegetables")),
        },
        {
            "name": "a site",
            "text": f"{world.ROOT}\n{url}",
            "id": ring.site_member_id(world.ROOT, url),
        },
    ]


def _heads() -> list[dict[str, object]]:
    second, first = canonical.decode(world.V2.body), canonical.decode(world.V1.body)
    cases = [
        _head("version 1", world.V1.body, {}),
        _head("version 2", world.V2.body, world.V2.pages),
        _head("a page is missing", world.V2.body, {}),
        _head("a page of other bytes", world.V2.body, _spoilt(world.V2.pages)),
        _head("a page of a manifest", *_paged([ENTRY], kind="webring.manifest.page")),
        _head("a page of another founder", *_paged([ENTRY], instance=FOREST)),
    ]
    cases += [_head(name, *_paged(items)) for name, items in MEMBERS.items()]
    cases += [
        _head(name, world.signed(_without_none({**second, **change})), world.V2.pages)
        for name, change in HEADS.items()
    ]
    cases += [
        _head(name, world.signed({**first, **change}), {}) for name, change in FIRST_HEADS.items()
    ]
    return cases


def _head(name: str, body: bytes, pages: Mapping[str, bytes]) -> dict[str, object]:
    given = {sha256: page.decode() for sha256, page in pages.items()}
    case: dict[str, object] = {"name": name, "body": body.decode(), "pages": given}

    def outcome() -> None:
        read = ring.with_members(ring.read_ring(body), pages)
        case["sha256"] = read.sha256
        case["root"] = read.root
        case["policy"], case["order"] = read.terms.policy.value, read.terms.order.value
        case["expires_at"] = read.expires_at
        case["members"] = [member.id for member in read.members]
        case["dropped"] = [gone.path for gone in read.dropped]

    return {**case, "expected": code_of(outcome), **case}


def _paged(
    items: list[object], kind: str = PAGE_TYPE, instance: ServerName = GARDEN
) -> tuple[bytes, dict[str, bytes]]:
    """A version 2 whose single page holds these items."""
    page = canonical.encode({"type": kind, "instance": instance, "items": items})
    sha256 = canonical.digest(page)
    content = canonical.decode(world.V2.body)
    head = world.signed({**content, "pages": [{"sha256": sha256, "count": len(items)}]})
    return head, {sha256: page}


def _spoilt(pages: Mapping[str, bytes]) -> dict[str, bytes]:
    return {sha256: page.replace(b"mushrooms", b"mushr00ms") for sha256, page in pages.items()}


def _without_none(content: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in content.items() if value is not None}


WRONG_MESSAGES: dict[str, tuple[str, dict[str, object]]] = {
    "a ring without an instance": ("leave", {"ring": "soil"}),
    "no root": ("leave", {"root": None}),
    "a member that is no id": ("sleep", {"member": "../../etc/passwd"}),
    "neither a community nor a url": ("join", {"community": None}),
    "a community and a url": ("join", {"url": "https://x.example/"}),
    "a site over http": ("join-site", {"url": "http://compost.example/"}),
    "a move without a place": ("move", {"to": None}),
    "a move to an instance alone": (
        "move",
        {"to": {"url": "https://meadow.example/", "instance": "meadow.example"}},
    ),
    "an unknown outcome": ("decision", {"outcome": "perhaps"}),
    "an unknown reason": ("decision", {"code": "fate"}),
    "a proposal without a head": ("cosign", {"head": None}),
    "a proposal of another sequence": ("cosign", {"sequence": 9}),
    "a proposal under another root": ("cosign", {"root": "ab" * 32}),
}


def ring_messages() -> list[dict[str, object]]:
    """Messages about rings at the time of the examples, with what is read or their refusal."""
    cases = [_message(name, ring_examples.sent(name)) for name in ring_examples.MESSAGES]
    for name, (example, change) in WRONG_MESSAGES.items():
        content = canonical.decode(ring_examples.sent(example))
        sender = ring_examples.MESSAGES[example][0]
        wrong = _without_none({**content, **change, "signatures": {}})
        signed = envelope.sign(wrong, sender, [world.SIGNERS[sender]])
        cases.append(_message(name, canonical.encode(signed)))
    return cases


def _message(name: str, body: bytes) -> dict[str, object]:
    case: dict[str, object] = {"name": name, "now": ring_examples.AT, "body": body.decode()}
    return {
        **case,
        "expected": code_of(lambda: read_ring_message(messages.read_message(body))),
    }
