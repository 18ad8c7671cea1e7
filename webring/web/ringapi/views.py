"""Rings, their members and what became of them, as the API shows them. Text is raw."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from webring.documents.ring import MemberKind, RingTerms, Stewards
from webring.documents.ring_outcome import RingFreshness
from webring.rings.chronicle import Chapter
from webring.rings.circle import Circle
from webring.rings.circling import Encircled
from webring.rings.explaining import Explanation
from webring.rings.history import Event
from webring.rings.joinable import JoinFinding
from webring.rings.reports import CheckReport
from webring.rings.telling import sentence
from webring.storage.notices import StoredNotice
from webring.storage.ring_requests import StoredRequest
from webring.storage.ring_signing import Proposal
from webring.storage.rings import StoredRing
from webring.web.ringapi import shapes


def page_of(base_url: str, ring: str, member: str = "") -> str:
    """Where people see it."""
    path = f"{base_url}/rings/{quote(ring, safe=':')}"
    return f"{path}/{member}" if member else path


def freshness_of(circle: Circle) -> RingFreshness:
    """How old a circle's ring is, as it is walked."""
    if circle.lapsed:
        return RingFreshness.LAPSED
    return RingFreshness.STALE if circle.stale else RingFreshness.FRESH


def ring(made: Encircled, stored: StoredRing, base_url: str) -> shapes.Ring:
    """A ring."""
    circle, terms = made.circle, made.terms
    states: dict[str, int] = {}
    for slot in circle.slots:
        states[slot.state.value] = states.get(slot.state.value, 0) + 1
    return {
        "id": circle.ring,
        "root": circle.root,
        "name": terms.name,
        "description": terms.description,
        "criteria": terms.criteria,
        "interests": list(terms.interests),
        "languages": list(terms.languages),
        "policy": terms.policy,
        "order": terms.order,
        "stewards": stewards(terms.stewards),
        "mirrors": list(terms.mirrors),
        "sequence": stored.sequence,
        "sha256": stored.sha256,
        "issued_at": stored.issued_at,
        "expires_at": stored.expires_at,
        "freshness": freshness_of(circle),
        "behind": stored.behind_since is not None,
        "stewarded": stored.stewarded,
        "outcome": stored.outcome,
        "why": stored.why,
        "members": states,
        "open": count_open(circle),
        "page": page_of(base_url, circle.ring),
    }


def stewards(each: Stewards) -> shapes.StewardList:
    """A list of stewards."""
    return {"threshold": each.threshold, "instances": sorted(each.instances)}


def count_open(circle: Circle) -> int:
    """How many members anybody is sent to."""
    return 0 if circle.lapsed else sum(slot.navigable for slot in circle.slots)


def member(explained: Explanation, name: str, base_url: str) -> shapes.Member:
    """A member in a list; a former one has neither name nor address."""
    stored = explained.member
    return {
        "id": stored.member,
        "kind": MemberKind(stored.kind),
        "name": name,
        "url": stored.url if stored.listed else "",
        "instance": stored.instance,
        "community": stored.community,
        "state": explained.state,
        "since": explained.since,
        "shown": explained.is_shown,
        "why": str(explained.summary),
        "page": page_of(base_url, stored.ring, stored.member),
    }


def member_detail(explained: Explanation, name: str, base_url: str) -> shapes.MemberDetail:
    """A member with both halves of its consent."""
    stored = explained.member
    return {
        **member(explained, name, base_url),
        "ring": stored.ring,
        "listed": stored.listed,
        "joined_at": stored.joined_at,
        "ring_half": {
            "there": explained.ring_half,
            "says": [str(each) for each in explained.ring_says],
        },
        "own_half": {"there": explained.own_half, "says": explained.own_says},
        "strikes": str(explained.strikes) if explained.strikes else None,
        "checked_at": explained.checked_at,
        "next_at": explained.next_at,
    }


def chapter(each: Chapter) -> shapes.Chapter:
    """Part of a history."""
    return {
        "results": [event(one) for one in each.events],
        "next": None if each.older is None else str(each.older),
        "left_out": each.left_out,
    }


def event(each: Event) -> shapes.Event:
    """One event."""
    return {
        "kind": each.kind,
        "sequence": each.sequence,
        "sha256": each.sha256,
        "issued_at": each.issued_at,
        "signers": list(each.signers),
        "member": each.member,
        "name": each.name,
        "count": each.count,
        "code": each.code,
        "before": list(each.before),
        "after": list(each.after),
        "says": sentence(each),
    }


def findings(found: Sequence[JoinFinding]) -> list[shapes.JoinFinding]:
    """What is to be known of a join."""
    return [
        {"code": each.code, "why": each.why, "mend": each.mend, "blocks": each.blocks}
        for each in found
    ]


def report(each: CheckReport) -> shapes.Report:
    """What a look came to."""
    return {
        "ring": each.ring,
        "member": each.member,
        "listed": each.listed,
        "finding": each.finding,
        "code": each.code,
        "why": each.why,
        "mend": each.mend,
        "proof": each.proof,
        "proof_url": each.proof_url,
        "state": each.after,
        "at": each.at,
        "next_at": each.next_at,
        "fresh": each.is_fresh,
        "held_back": each.held_back,
    }


def request(each: StoredRequest) -> shapes.JoinRequest:
    """A request, or an invitation."""
    return {
        "id": each.id,
        "ring": each.ring,
        "kind": MemberKind(each.kind),
        "instance": each.instance,
        "community": each.community,
        "url": each.url,
        "title": each.title,
        "note": each.note,
        "state": each.state,
        "member": each.member,
        "at": each.at,
        "code": each.code,
        "reason": each.reason,
        "decided_at": each.decided_at,
    }


def notice(each: StoredNotice) -> shapes.Notice:
    """What somebody was told."""
    return {"at": each.at, "kind": each.kind, "text": each.text}


def proposal(each: Proposal) -> shapes.Proposal:
    """A version that is proposed."""
    return {
        "ring": each.ring,
        "sequence": each.sequence,
        "sha256": each.sha256,
        "proposer": each.proposer,
        "state": each.state,
        "reason": each.reason,
        "at": each.at,
    }


def terms(ring_id: str, each: RingTerms) -> shapes.Terms:
    """What a ring's terms will be."""
    return {
        "ring": ring_id,
        "name": each.name,
        "description": each.description,
        "criteria": each.criteria,
        "interests": list(each.interests),
        "languages": list(each.languages),
        "policy": each.policy,
        "order": each.order,
        "mirrors": list(each.mirrors),
    }
