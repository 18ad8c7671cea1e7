"""What a check of a member came to, for its own page and for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from webring.clock import Millis
from webring.documents.ring_parts import MemberKind, SlotState
from webring.names import RingId
from webring.rings.recording import Recorded
from webring.rings.site import ProofKind
from webring.rings.states import Finding, MemberState
from webring.storage.ring_members import StoredMember


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Both halves of a member's consent, as they were found at `at` (None: never looked at).

    The ring's: `listed`, and `sleeping` by its own wish. The member's: `finding`, its stable word
    `code`, `why` in a sentence and how to `mend` it ("" where nothing is to be done); `proof` and
    `proof_url` tell by what a site says so. `title` is raw text. `is_fresh` tells whether it was
    looked at just now; else this is the last result, and `held_back` says why no other.
    """

    ring: RingId
    member: str
    kind: MemberKind
    url: str
    listed: bool
    sleeping: bool
    finding: Finding
    code: str
    why: str
    mend: str
    title: str
    proof: ProofKind
    proof_url: str
    before: MemberState
    after: MemberState
    at: Millis | None
    next_at: Millis | None
    is_fresh: bool = True
    held_back: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether both halves are there."""
        return self.listed and self.finding is Finding.SHOWN


def of_look(recorded: Recorded) -> CheckReport:
    """The report of a look that was just made."""
    seen, after = recorded.seen, recorded.after
    return CheckReport(
        ring=after.ring,
        member=after.member,
        kind=MemberKind(after.kind),
        url=after.url,
        listed=after.listed,
        sleeping=after.slot == SlotState.SLEEPING,
        finding=seen.finding,
        code=seen.code,
        why=seen.why,
        mend=seen.mend,
        title=after.title,
        proof=seen.proof,
        proof_url=seen.proof_url,
        before=MemberState(recorded.before.state),
        after=MemberState(after.state),
        at=after.checked_at,
        next_at=after.next_at,
    )


def of_stored(member: StoredMember, held_back: str) -> CheckReport:
    """What is stored of the last look: its sentence says how to mend it as well."""
    return CheckReport(
        ring=member.ring,
        member=member.member,
        kind=MemberKind(member.kind),
        url=member.url,
        listed=member.listed,
        sleeping=member.slot == SlotState.SLEEPING,
        finding=last_finding(member),
        code="",
        why=member.reason,
        mend="",
        title=member.title,
        proof=ProofKind.NONE,
        proof_url="",
        before=MemberState(member.state),
        after=MemberState(member.state),
        at=member.checked_at,
        next_at=member.next_at,
        is_fresh=False,
        held_back=held_back,
    )


def last_finding(member: StoredMember) -> Finding:
    """What the last look that told something found."""
    if member.failures:
        return Finding.FAILED
    if member.absences or member.consents is False:
        return Finding.ABSENT
    return Finding.SHOWN if member.consents else Finding.UNKNOWN
