"""`webring ring`: every command about rings."""

from __future__ import annotations

from webring.cli.command import group
from webring.cli.deferred import deferring

app = group(
    "Rings: circles of communities and sites, signed by their stewards.",
    example='webring ring create soil --name "Soil" --interest gardening',
    kind=deferring(
        {
            "ring_founding": {
                "create": "Found a ring.",
                "terms": "Propose other terms for a ring that you steward.",
                "stewards": "Propose other stewards for a ring that you steward.",
            },
            "ring_showing": {
                "list": "Show every ring that is known here, and how it stands.",
                "show": "Show one ring, and how each member stands.",
                "export": "Print a ring to take it elsewhere, as JSON or OPML.",
            },
            "ring_membership": {
                "join": "Let a community of this instance ask for a place in a ring.",
                "leave": "Leave a ring, at once and without anybody's permission.",
                "sleep": "Keep a community's slot, and let nobody be sent there meanwhile.",
                "wake": "Let people be sent to a sleeping community again.",
                "move": "Move a member: its slot, its id and its history go with it.",
            },
            "ring_deciding": {
                "requests": "Show who asks to join, and what is to be signed.",
                "accept": "Let whoever asked into a ring that you steward.",
                "decline": "Say no to whoever asked, with the reason.",
                "invite": "Ask a community or a site in.",
                "remove": "Propose to take a member out of a ring that you steward.",
                "cosign": "Sign a version that another steward proposes.",
                "refuse": "Refuse to sign a version.",
                "choose": "Follow another branch of a ring that was forked.",
            },
            "ring_importing": {"import": "Invite every site of another webring's list."},
            "ring_verifying": {"verify": "Walk a ring's whole chain of versions and verify it."},
        }
    ),
)
