"""Who may speak for a room. Pure: whoever asks the network brings the answers as evidence.

The rules, in the order in which they are applied:

1. The room's own readable state says `listed: false`: it is declined, and not listed at all.
2. The claim names a canonical alias, and the alias's own server resolves it to this very room;
   else it is claimed. An alias alone proves nothing: any server can point one at anybody's room.
3. One of these speaks for it: the alias's server is the instance's name; that server's
   `.well-known/federated-webring` names the instance; or the room's moderators do, by
   `[webring:INSTANCE]` in the topic as that server's directory publishes it, or by the readable
   state `org.commune.webring`. If none does, it is claimed.
4. No witness contradicts. Witnesses are our own homeserver, and the directories of servers that
   neither the manifest nor the alias names. Where one shows this room under another canonical
   alias, or under none, the alias is not canonical and the claim is claimed.
5. The operator configured or accepted the instance, or it shares a ring with an accepted one; else
   it ranks as claimed: announcing oneself buys no rank.
6. A witness that knows the room confirms it: spoken for. Where none does: unconfirmed.

Afterwards `settle` compares the claims that several instances make on one room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.directory.listing import Standing
from webring.errors import InvalidName
from webring.names import CommunityId, RoomAlias, RoomId, ServerName

STATE_TYPE: Final = "org.commune.webring"
"""The type of the state event by which moderators speak; its state key is empty."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """The readable content of a room's `org.commune.webring`."""

    instance: ServerName | None
    listed: bool
    interests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """What a server that knows the room shows as its canonical alias."""

    server: ServerName
    alias: RoomAlias | None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class AuthorityEvidence:
    """A claim and everything that was asked about it.

    `alias_answered` is False while the alias's server could not be asked; `alias_room` is None
    where it answered that there is no such alias. `delegate` is the instance that its well-known
    document names, `marker` the one in the topic of its directory's entry. `named` are the servers
    that the manifest names anywhere: they cannot be witnesses. Unreadable counts as absent.
    `accepted`: the operator accepted the instance, or one with which it shares a ring.
    """

    instance: ServerName
    room_id: RoomId
    alias: RoomAlias | None
    alias_answered: bool = True
    alias_room: RoomId | None = None
    delegate: ServerName | None = None
    marker: ServerName | None = None
    state: RoomState | None = None
    named: frozenset[ServerName] = frozenset()
    witnesses: tuple[Witness, ...] = ()
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a claim stands, why in one sentence for people, and a short code for programs.

    `temporary` says that asking again may help, so that a caller may keep what it knew before;
    `declined` that the room's moderators do not want to be listed.
    """

    standing: Standing
    code: str
    why: str
    temporary: bool = False
    declined: bool = False


def judge(evidence: AuthorityEvidence) -> Judgement:
    """How the claim of `evidence` stands by itself."""
    unproven = _declined(evidence) or _alias_fails(evidence)
    if unproven:
        return unproven
    spoken = _spoken(evidence)
    if spoken is None:
        return _claimed(
            "nobody_speaks",
            f"neither the server of {evidence.alias} nor the room's moderators name"
            f" {evidence.instance}",
        )
    code, why = spoken
    contradicted = _contradicted(evidence)
    if contradicted:
        return contradicted
    if not evidence.accepted:
        return _claimed("unaccepted", unaccepted(evidence.instance))
    if not _witnesses(evidence):
        why = f"{why}; no independent server that was asked knows the room"
        return Judgement(Standing.UNCONFIRMED, code, why)
    return Judgement(Standing.SPOKEN_FOR, code, why)


def settle(claims: Mapping[CommunityId, Standing]) -> dict[CommunityId, Standing]:
    """How the claims on one room stand beside each other.

    Confirmed claims of two instances are disputed. Where one instance's is confirmed, others'
    unconfirmed ones are claimed. Unconfirmed ones alone dispute each other. Two claims of one
    instance are no dispute.
    """
    confirmed = _instances(claims, Standing.SPOKEN_FOR)
    unconfirmed = _instances(claims, Standing.UNCONFIRMED)
    return {
        community: _settled(standing, community.instance, confirmed, unconfirmed)
        for community, standing in claims.items()
    }


def unaccepted(instance: ServerName) -> str:
    """Why what an instance lists is only claimed until the operator accepts it."""
    return (
        f"the operator here has not accepted {instance}, nor does it share a ring with an instance"
        " that is accepted"
    )


def read_state(content: object) -> RoomState | None:
    """Read the content of `org.commune.webring`; None where it says nothing that we understand.

    `listed: false` counts whatever else is wrong: a no needs no form.
    """
    if not isinstance(content, dict):
        return None
    listed = content.get("listed") is True
    declined = content.get("listed") is False
    try:
        instance = ServerName.parse(content.get("instance"))
    except InvalidName:
        return RoomState(None, listed=False) if declined else None
    interests = content.get("interests")
    tags = interests if isinstance(interests, list) else []
    kept = tuple(tag for tag in tags if isinstance(tag, str) and 0 < len(tag) <= 64)
    return RoomState(instance, listed, kept[:32]) if listed or declined else None


def _declined(evidence: AuthorityEvidence) -> Judgement | None:
    state = evidence.state
    if state is None or state.listed or state.instance not in {None, evidence.instance}:
        return None
    why = "the room's moderators say that it is not to be listed"
    return Judgement(Standing.CLAIMED, "declined", why, declined=True)


def _alias_fails(evidence: AuthorityEvidence) -> Judgement | None:
    alias = evidence.alias
    if alias is None:
        return _claimed("no_alias", "it has no alias that its server could confirm")
    if not evidence.alias_answered:
        why = f"{alias.server} could not be asked where {alias} leads"
        return Judgement(Standing.CLAIMED, "alias_unanswered", why, temporary=True)
    if evidence.alias_room is None:
        return _claimed("alias_unknown", f"{alias.server} knows no {alias}")
    if evidence.alias_room != evidence.room_id:
        return _claimed("alias_elsewhere", f"{alias} leads to another room")
    return None


def _spoken(evidence: AuthorityEvidence) -> tuple[str, str] | None:
    """The first of the four ways that holds, as its code and sentence."""
    name, alias, state = evidence.instance, evidence.alias, evidence.state
    if alias is None:
        return None
    if alias.server == name:
        return "own_server", f"{alias} is an alias of {name} itself"
    if evidence.delegate == name:
        return "delegated", f"{alias.server} names {name} as its instance"
    if evidence.marker == name:
        return "marker", f"the room's topic in the directory of {alias.server} names {name}"
    if state is not None and state.listed and state.instance == name:
        return "state", f"the room's own state names {name}"
    return None


def _contradicted(evidence: AuthorityEvidence) -> Judgement | None:
    for witness in _witnesses(evidence):
        if witness.alias != evidence.alias:
            shown = witness.alias or "no canonical alias"
            return _claimed("other_alias", f"{witness.server} shows it with {shown}")
    return None


def _witnesses(evidence: AuthorityEvidence) -> tuple[Witness, ...]:
    party = {evidence.instance, *evidence.named}
    if evidence.alias is not None:
        party.add(evidence.alias.server)
    return tuple(one for one in evidence.witnesses if one.is_ours or one.server not in party)


def _claimed(code: str, why: str) -> Judgement:
    return Judgement(Standing.CLAIMED, code, why)


def _instances(claims: Mapping[CommunityId, Standing], standing: Standing) -> frozenset[ServerName]:
    return frozenset(community.instance for community, how in claims.items() if how is standing)


def _settled(
    standing: Standing,
    instance: ServerName,
    confirmed: frozenset[ServerName],
    unconfirmed: frozenset[ServerName],
) -> Standing:
    if standing is Standing.SPOKEN_FOR and len(confirmed) > 1:
        return Standing.DISPUTED
    if standing is Standing.UNCONFIRMED and confirmed - {instance}:
        return Standing.CLAIMED
    if standing is Standing.UNCONFIRMED and len(unconfirmed) > 1 and not confirmed:
        return Standing.DISPUTED
    return standing
