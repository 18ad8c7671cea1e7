"""Who may speak for a room: every way to it, and every way that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webring.directory.listing import Standing
from webring.documents import authority
from webring.documents.authority import AuthorityEvidence, RoomState, Witness
from webring.names import CommunityId, RoomAlias, RoomId, ServerName

US = ServerName("commune.example")
THEM = ServerName("neighbour.example")
SHARED = ServerName("matrix.example")
STRANGER = ServerName("elsewhere.example")
ROOM = RoomId("!room:matrix.example")
ALIAS = RoomAlias("#garden:commune.example")
AFAR = RoomAlias("#garden:matrix.example")
KNOWS = Witness(STRANGER, ALIAS)

OWN = AuthorityEvidence(instance=US, room_id=ROOM, alias=ALIAS, alias_room=ROOM, witnesses=(KNOWS,))
ABROAD = replace(OWN, alias=AFAR, witnesses=(Witness(STRANGER, AFAR),))
YES = RoomState(US, listed=True)

SPOKEN = {
    "an alias of the instance's own server": (OWN, "own_server"),
    "the alias's server names the instance": (replace(ABROAD, delegate=US), "delegated"),
    "the topic names the instance": (replace(ABROAD, marker=US), "marker"),
    "the room's state names the instance": (replace(ABROAD, state=YES), "state"),
    "our own homeserver is the alias's server": (
        replace(OWN, witnesses=(Witness(US, ALIAS, is_ours=True),)),
        "own_server",
    ),
    "a server that the manifest names shows another alias": (
        replace(OWN, named=frozenset({SHARED}), witnesses=(KNOWS, Witness(SHARED, AFAR))),
        "own_server",
    ),
    "the moderators decline another instance": (
        replace(OWN, state=RoomState(THEM, listed=False)),
        "own_server",
    ),
}

CLAIMED = {
    "no alias": (replace(OWN, alias=None), "no_alias"),
    "the alias's server is silent": (replace(OWN, alias_answered=False), "alias_unanswered"),
    "the alias's server knows no such alias": (replace(OWN, alias_room=None), "alias_unknown"),
    "the alias leads to another room": (
        replace(OWN, alias_room=RoomId("!other:matrix.example")),
        "alias_elsewhere",
    ),
    "an alias abroad and nobody who speaks": (ABROAD, "nobody_speaks"),
    "the alias's server names another instance": (replace(ABROAD, delegate=THEM), "nobody_speaks"),
    "the topic names another instance": (replace(ABROAD, marker=THEM), "nobody_speaks"),
    "the room's state names another instance": (
        replace(ABROAD, state=RoomState(THEM, listed=True)),
        "nobody_speaks",
    ),
    "our homeserver shows another alias": (
        replace(OWN, witnesses=(KNOWS, Witness(THEM, AFAR, is_ours=True))),
        "other_alias",
    ),
    "our homeserver shows another alias, and the manifest names it": (
        replace(OWN, named=frozenset({THEM}), witnesses=(Witness(THEM, AFAR, is_ours=True),)),
        "other_alias",
    ),
    "a stranger's directory shows another alias": (
        replace(OWN, witnesses=(Witness(STRANGER, AFAR),)),
        "other_alias",
    ),
    "a stranger's directory shows no alias": (
        replace(OWN, witnesses=(Witness(STRANGER, None),)),
        "other_alias",
    ),
    "an instance that nobody accepted": (replace(OWN, accepted=False), "unaccepted"),
    "the moderators decline": (replace(OWN, state=RoomState(US, listed=False)), "declined"),
    "the moderators decline everybody": (
        replace(OWN, state=RoomState(None, listed=False)),
        "declined",
    ),
}

UNCONFIRMED = {
    "nobody knows the room": replace(OWN, witnesses=()),
    "only the alias's own server knows it": replace(OWN, witnesses=(Witness(US, ALIAS),)),
    "only servers that the manifest names know it": replace(
        OWN, named=frozenset({SHARED}), witnesses=(Witness(SHARED, ALIAS),)
    ),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_it_is_spoken_for(name: str) -> None:
    evidence, code = SPOKEN[name]
    judgement = authority.judge(evidence)
    assert (judgement.standing, judgement.code) == (Standing.SPOKEN_FOR, code)
    assert judgement.why


@pytest.mark.parametrize("name", CLAIMED)
def test_it_is_only_claimed(name: str) -> None:
    evidence, code = CLAIMED[name]
    judgement = authority.judge(evidence)
    assert (judgement.standing, judgement.code) == (Standing.CLAIMED, code)
    assert judgement.why
    assert judgement.temporary == (code == "alias_unanswered")
    assert judgement.declined == (code == "declined")


@pytest.mark.parametrize("name", UNCONFIRMED)
def test_it_is_unconfirmed(name: str) -> None:
    assert authority.judge(UNCONFIRMED[name]).standing is Standing.UNCONFIRMED


A, B, C = (CommunityId(f"garden:{name}") for name in (US, THEM, STRANGER))
A_AGAIN = CommunityId(f"plants:{US}")
SPOKEN_FOR, UNSURE, CLAIM, DISPUTED = (
    Standing.SPOKEN_FOR,
    Standing.UNCONFIRMED,
    Standing.CLAIMED,
    Standing.DISPUTED,
)

SETTLED: dict[str, tuple[dict[CommunityId, Standing], dict[CommunityId, Standing]]] = {
    "one alone": ({A: SPOKEN_FOR}, {A: SPOKEN_FOR}),
    "two confirmed": ({A: SPOKEN_FOR, B: SPOKEN_FOR}, {A: DISPUTED, B: DISPUTED}),
    "an unconfirmed one disputes nothing": (
        {A: SPOKEN_FOR, B: UNSURE},
        {A: SPOKEN_FOR, B: CLAIM},
    ),
    "a claimed one disputes nothing": ({A: SPOKEN_FOR, B: CLAIM}, {A: SPOKEN_FOR, B: CLAIM}),
    "a claimed one does not dispute an unconfirmed one": (
        {A: UNSURE, B: CLAIM},
        {A: UNSURE, B: CLAIM},
    ),
    "two unconfirmed": ({A: UNSURE, B: UNSURE}, {A: DISPUTED, B: DISPUTED}),
    "two confirmed and one unconfirmed": (
        {A: SPOKEN_FOR, B: SPOKEN_FOR, C: UNSURE},
        {A: DISPUTED, B: DISPUTED, C: CLAIM},
    ),
    "one instance under two names": (
        {A: SPOKEN_FOR, A_AGAIN: SPOKEN_FOR},
        {A: SPOKEN_FOR, A_AGAIN: SPOKEN_FOR},
    ),
}


@pytest.mark.parametrize("name", SETTLED)
def test_claims_on_one_room_are_settled(name: str) -> None:
    before, after = SETTLED[name]
    assert authority.settle(before) == after


STATES: dict[str, tuple[object, RoomState | None]] = {
    "listed": ({"instance": "commune.example", "listed": True}, YES),
    "with interests": (
        {"instance": "commune.example", "listed": True, "interests": ["art", 7, ""]},
        RoomState(US, True, ("art",)),
    ),
    "interests of another type": (
        {"instance": "commune.example", "listed": True, "interests": "art"},
        YES,
    ),
    "not listed": ({"instance": "commune.example", "listed": False}, RoomState(US, False)),
    "not listed by anybody": ({"listed": False}, RoomState(None, False)),
    "not listed, malformed instance": ({"listed": False, "instance": 7}, RoomState(None, False)),
    "says nothing about listing": ({"instance": "commune.example"}, None),
    "listed is a word": ({"instance": "commune.example", "listed": "true"}, None),
    "a malformed instance": ({"instance": "a b", "listed": True}, None),
    "not an object": (["commune.example"], None),
    "absent": (None, None),
}


@pytest.mark.parametrize("name", STATES)
def test_the_rooms_state_is_read_with_suspicion(name: str) -> None:
    content, expected = STATES[name]
    assert authority.read_state(content) == expected
