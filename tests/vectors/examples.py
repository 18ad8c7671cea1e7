"""The examples in `docs/protocol.md`: each stands behind a comment that names it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tests.vectors.ring_examples import ring_examples
from tests.vectors.world import (
    DRAFT,
    FIRST,
    FOREST,
    GARDEN,
    KEYSET,
    LATER,
    MATRIX,
    NOW,
    RING_HOST,
    SAFE,
    SECOND,
    SMALL,
    VEGETABLES,
    many,
)
from webring.documents import canonical, manifest, message
from webring.documents.keys import KeySet
from webring.documents.manifest import PAGE_TYPE, IssuedManifest, ManifestDraft, Withdrawn
from webring.documents.message import MessageDraft, MessageKind
from webring.documents.recovery import sign_recovery
from webring.documents.wellknown import WellKnown
from webring.matrix import xmatrix
from webring.names import PeerUrl, RoomId

BLOCK = re.compile(r"(<!-- example: ([a-z-]+) -->\n```json\n)(.*?)(\n```)", re.DOTALL)
ID, OTHER_ID = "00112233445566778899aabbccddeeff", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
NONCE, OTHER_NONCE = "c0ffee00c0ffee00c0ffee00c0ffee00", "decafbaddecafbaddecafbaddecafbad"

ANNOUNCE = MessageDraft(ID, MessageKind.ANNOUNCE, GARDEN, FOREST)
WITHDRAW = MessageDraft(
    OTHER_ID,
    MessageKind.WITHDRAW,
    GARDEN,
    FOREST,
    {"withdrawn": [Withdrawn(RoomId("!compost:garden.example"), NOW).to_json()]},
)


def issued(
    draft: ManifestDraft = DRAFT, keys: KeySet = KEYSET, sequence: int = NOW, now: int = NOW
) -> IssuedManifest:
    """A manifest of this small world."""
    return manifest.issue(draft, keys, sequence=sequence, now=now)


def recovery() -> dict[str, object]:
    """The recovery after the first key was stolen."""
    return sign_recovery(GARDEN, 1, {SECOND.id: SECOND.verify_key}, SAFE, SAFE.verify_key)


def recovered() -> IssuedManifest:
    """The manifest that carries the recovery."""
    keys = KeySet(FIRST).rotate(SECOND, NOW, compromised=True)
    return issued(replace(SMALL, recovery=recovery()), keys, LATER, LATER)


def paged() -> IssuedManifest:
    """A head whose communities stand in pages."""
    return issued(replace(DRAFT, communities=many(300)))


def page() -> dict[str, object]:
    """A page small enough to print: with the one community of the example."""
    return {"type": PAGE_TYPE, "instance": GARDEN, "items": [VEGETABLES.to_json()]}


def all_examples() -> dict[str, object]:
    """Each example by its name."""
    announced = message.sign_message(ANNOUNCE, [FIRST], NOW, nonce=NONCE)
    withdrawn = message.sign_message(WITHDRAW, [FIRST], NOW, nonce=OTHER_NONCE)
    return {
        "well-known": WellKnown(GARDEN, PeerUrl("https://ring.garden.example")).to_json(),
        "manifest": canonical.decode(issued().body),
        "head": canonical.decode(paged().body),
        "page": page(),
        "recovery": recovery(),
        "recovered": canonical.decode(recovered().body),
        "announce": canonical.decode(announced),
        "withdraw": canonical.decode(withdrawn),
        "keys": xmatrix.key_document(RING_HOST, KeySet(MATRIX), NOW),
        **ring_examples(),
        "state": {"instance": GARDEN, "listed": True, "interests": ["gardening"]},
    }


def fill(text: str) -> str:
    """`text` with every example in its place."""
    known = all_examples()

    def block(match: re.Match[str]) -> str:
        shown = json.dumps(known[match[2]], ensure_ascii=False, indent=2)
        return f"{match[1]}{shown}{match[4]}"

    return BLOCK.sub(block, text)


def shown(text: str) -> dict[str, object]:
    """The examples that `text` shows, read back."""
    return {match[2]: json.loads(match[3]) for match in BLOCK.finditer(text)}
