"""The examples of `docs/protocol.md` that are about rings."""

from __future__ import annotations

from tests.vectors import ring_world as world
from tests.vectors.world import FIRST, FOREST, FOREST_KEY, GARDEN, MEADOW, MEADOW_KEY, NOW
from webring.clock import DAY
from webring.documents import canonical, message
from webring.documents.keys import SigningKey
from webring.documents.message import MessageDraft, MessageKind
from webring.documents.ring import Reason
from webring.documents.ring_messages import (
    Decision,
    Join,
    Move,
    RingMessage,
    SlotChange,
    Verdict,
    propose,
)
from webring.names import ServerName, Slug

NONCE = "facade00facade00facade00facade00"
AT = NOW + 2 * DAY
"""When the messages are sent."""
_SENDERS: dict[ServerName, SigningKey] = {
    GARDEN: FIRST,
    FOREST: FOREST_KEY,
    MEADOW: MEADOW_KEY,
}

PROPOSED = world.following(world.V2, by=(FOREST,))
ASKED = Join(world.SOIL, world.ROOT, Slug("hay"), note="We mow twice a year.")
MESSAGES: dict[str, tuple[ServerName, ServerName, RingMessage]] = {
    "join": (MEADOW, GARDEN, ASKED),
    "join-site": (
        MEADOW,
        GARDEN,
        Join(world.SOIL, world.ROOT, url="https://compost.example/"),
    ),
    "leave": (
        FOREST,
        GARDEN,
        SlotChange(MessageKind.LEAVE, world.SOIL, world.ROOT, world.MUSHROOMS.id),
    ),
    "sleep": (
        FOREST,
        GARDEN,
        SlotChange(MessageKind.SLEEP, world.SOIL, world.ROOT, world.MUSHROOMS.id),
    ),
    "wake": (
        FOREST,
        GARDEN,
        SlotChange(MessageKind.WAKE, world.SOIL, world.ROOT, world.MUSHROOMS.id),
    ),
    "move": (
        FOREST,
        GARDEN,
        Move(
            world.SOIL,
            world.ROOT,
            world.MUSHROOMS.id,
            "https://meadow.example/mushrooms",
            MEADOW,
            Slug("mushrooms"),
        ),
    ),
    "decision": (
        GARDEN,
        MEADOW,
        Decision(
            world.SOIL,
            world.ROOT,
            Verdict.DECLINED,
            Reason.CRITERIA,
            "Hay is lovely, but this ring is about the ground below it.",
            request=f"{1:032x}",
        ),
    ),
    "cosign": (FOREST, GARDEN, propose(PROPOSED.head)),
}
"""By the name of the example: from whom, to whom, and what."""


def sent(name: str) -> bytes:
    """The bytes of the message of that name."""
    sender, receiver, body = MESSAGES[name]
    number = list(MESSAGES).index(name) + 1
    draft = MessageDraft(f"{number:032x}", body.kind, sender, receiver, body.to_json())
    return message.sign_message(draft, [_SENDERS[sender]], AT, nonce=NONCE)


def ring_examples() -> dict[str, object]:
    """Each example by its name."""
    (page,) = world.V2.pages.values()
    return {
        "ring-root": canonical.decode(world.V1.body),
        "ring": canonical.decode(world.V2.body),
        "ring-page": canonical.decode(page),
        "consent": {"memberships": [{"ring": world.SOIL, "url": world.COMPOST.url}]},
        "departure": {"left": [{"ring": world.SOIL, "url": world.COMPOST.url}]},
        **{name: canonical.decode(sent(name)) for name in MESSAGES},
    }
