"""What stands in the lab's rooms: spaces to find, decoys to leave alone, names to survive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

State = tuple[str, object]

READABLE: Final[State] = ("m.room.history_visibility", {"history_visibility": "world_readable"})


@dataclass(frozen=True, slots=True)
class Spec:
    """A room to make, and whether directories must list it.

    `federated` is False for what local people see and other servers don't. An `alias` of "" is made
    from the key, None is none.
    """

    key: str
    name: str | None = None
    topic: str | None = None
    alias: str | None = ""
    room_type: str | None = None
    preset: str = "public_chat"
    version: str | None = None
    published: bool = True
    listed: bool = True
    federated: bool = True
    creation: tuple[tuple[str, object], ...] = ()
    state: tuple[State, ...] = ()


SPACES: Final[dict[str, dict[str, tuple[Spec, ...]]]] = {
    "hs1": {
        "orchard": (
            Spec("grafting", "Grafting Table", "Scions, wax and string.", state=(READABLE,)),
            Spec("cider-makers", "Cider Makers", "Crush, press, wait."),
            Spec("old-varieties", "Old Varieties", "Apples with long names.", state=(READABLE,)),
        ),
        "workbench": (
            Spec("planes", "Hand Planes", "Thin shavings only."),
            Spec("joints", "Joints Without Glue", "Dovetails and worse.", state=(READABLE,)),
        ),
    },
    "hs2": {
        "reading-room": (
            Spec("new-arrivals", "New Arrivals", "Smells of ink.", state=(READABLE,)),
            Spec("bookbinders", "Bookbinders", "Thread and paste."),
        ),
        "velodrome": (
            Spec("wheel-truing", "Wheel Truing", "Listen to the spokes.", state=(READABLE,)),
            Spec("night-rides", "Night Rides", "Lights on.", state=(READABLE,)),
        ),
    },
    "hs3": {"pantry": (Spec("preserves", "Preserves", "Sealed jars."),)},
}


def _join_rule(rule: str) -> State:
    return "m.room.join_rules", {"join_rule": rule}


DECOYS: Final = (
    Spec("unlisted", "Unlisted", published=False, listed=False),
    Spec("private", "Private", preset="private_chat", published=False, listed=False),
    Spec("invite-hidden", "Invited only", preset="private_chat", listed=False),
    Spec("invite-readable", "Invited, but readable", preset="private_chat", state=(READABLE,)),
    Spec("knock", "Knock first", state=(_join_rule("knock"),)),
    Spec(
        "restricted",
        "Members only",
        state=(("m.room.join_rules", {"join_rule": "restricted", "allow": []}),),
        listed=False,
    ),
    Spec("local", "Local people", federated=False, creation=(("m.federate", False),)),
    Spec(
        "acl-other",
        "Bars somebody else",
        state=(("m.room.server_acl", {"allow": ["*"], "deny": ["127.0.0.66*"]}),),
    ),
    Spec("opted-out", "Opted out", "Leave us be. (MRS-noindex:true-MRS)"),
)

NASTY: Final = (
    Spec(
        "html",
        "<script>document.title='owned'</script><img src=x onerror=alert(1)>",
        '"><svg onload=alert(2)> <a href="javascript:alert(3)">here</a> {{7*7}} ${7*7}',
    ),
    Spec(
        "rtl", "harmless \u202efdp.exe\u202c \u2066within", "\u200f\u202b\u05e9\u05dc\u05d5\u05dd"
    ),
    Spec(
        "emoji",
        "\U0001f41d\U0001f469\u200d\U0001f33e caf\u00e9 cafe\u0301",
        alias="\u00fc-\U0001f41d",
    ),
    Spec("long-topic", "Long topic", "wherefore \u2602 " * 180),
    Spec("long-name", "W" * 600),
    Spec("empty-name", ""),
    Spec("no-name", alias=None),
    Spec("control", "one\ntwo\tthree\x1b[31mred\x07\x9b", "a\r\nSet-Cookie: a=b"),
    Spec(
        "combining",
        "Q\u0334\u0351\u036bu\u0310\u0343i\u0312\u0345t\u0334e\u0300 \u200b\u200b\ufeff",
    ),
    Spec("blank", " \u3000\u200b\u00ad "),
    Spec(
        "avatar-http",
        "Avatar elsewhere",
        state=(("m.room.avatar", {"url": "https://tracker.invalid/pixel.png"}),),
    ),
    Spec(
        "avatar-script",
        "Avatar is script",
        state=(("m.room.avatar", {"url": "javascript:alert(4)"}),),
    ),
    Spec(
        "avatar-traversal",
        "Avatar climbs",
        state=(("m.room.avatar", {"url": "mxc://localhost/../../etc/passwd"}),),
    ),
    Spec("nul", state=(("m.room.name", {"name": "nul\x00byte"}),)),
    Spec("odd-type", "Odd type", room_type="org.example.<b>odd</b>"),
    Spec("version-6", "Old room version", version="6"),
    Spec("version-11", "Room id with a server", version="11"),
)
