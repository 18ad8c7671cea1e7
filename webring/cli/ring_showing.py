"""`webring ring list`, `show` and `export`: what is known of rings here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
import typer

from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.cli.ring_arguments import RingArgument, held, known
from webring.documents.ring import MemberKind, Ring
from webring.rings.exports import Listed, ring_json
from webring.rings.outlines import outline
from webring.rings.shelf import Shelf
from webring.rings.states import MemberState
from webring.storage import ring_members, ring_versions, rings
from webring.storage.ring_members import StoredMember
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import StoredRing

app = group("")

OpmlOption = Annotated[
    bool, typer.Option("--opml", help="As an OPML outline, for feed readers, in place of JSON.")
]
_GONE: Final = frozenset({MemberState.LEFT.value, MemberState.REMOVED.value})


@command(app, "list", examples=["webring ring list", "webring ring list --json"])
async def list_(setup: DatabaseSetup, as_json: AsJson = False) -> None:
    """Show every ring that is known here, and how it stands."""
    async with setup.database() as db:
        stored = await rings.all(db.reader)
        states = await ring_members.counts(db.reader)
    if as_json:
        print_json([_described(each, states.get(each.id, {})) for each in stored])
        return
    print_table(
        ["ring", "name", "version", "members", "open", "steward", "last visit"],
        [_row(each, states.get(each.id, {})) for each in stored],
        empty='No ring is known here: webring ring create SLUG --name "..."',
    )


@command(
    app,
    "show",
    examples=["webring ring show soil:commune.example", "webring ring show soil:a.example --json"],
)
async def show(setup: DatabaseSetup, ring: RingArgument, as_json: AsJson = False) -> None:
    """Show one ring, and how each member stands.

    Its terms, its stewards, of each member why anybody is sent there or not, and which other
    versions are kept as evidence that stewards signed twice.
    """
    async with setup.database() as db:
        conn = db.reader
        stored = await known(conn, ring)
        head = await held(conn, Shelf(), ring)
        slots = [slot for slot in await ring_members.of_ring(conn, head.id) if slot.listed]
        evidence = await ring_versions.evidence(conn, head.id)
    if as_json:
        content = msgspec.json.encode(ring_json(head, map(_listed, slots)), enc_hook=str)
        why = {slot.member: slot.reason for slot in slots}
        kept = [_kept(each) for each in evidence]
        print_json({**msgspec.json.decode(content), "why": why, "evidence": kept})
        return
    _tell(head, stored)
    print_table(
        ["member", "state", "name", "address", "why"],
        [(slot.member, slot.state, slot.title, slot.url, slot.reason) for slot in slots],
        empty=f"Nobody has joined yet: webring ring join {head.id} COMMUNITY",
    )
    if evidence:
        print_table(
            ["kept as evidence", "version", "because", "since"],
            [(each.sha256, each.sequence, each.code, when(each.at)) for each in evidence],
            empty="",
        )


@command(
    app,
    "export",
    examples=[
        "webring ring export soil:commune.example > soil.json",
        "webring ring export soil:commune.example --opml > soil.opml",
    ],
)
async def export(setup: DatabaseSetup, ring: RingArgument, opml: OpmlOption = False) -> None:
    """Print a ring to take it elsewhere, as JSON or OPML.

    `webring ring import` reads either.
    """
    async with setup.database() as db:
        head = await held(db.reader, Shelf(), ring)
        slots = await ring_members.of_ring(db.reader, head.id)
    members = [_listed(slot) for slot in slots if slot.listed]
    if opml:
        title = head.terms.name or head.id.slug
        body = outline(title, members, head.terms.interests, head.validity.issued_at)
    else:
        packed = msgspec.json.encode(ring_json(head, members), enc_hook=str)
        body = msgspec.json.format(packed, indent=2) + b"\n"
    sys.stdout.buffer.write(body)


def _tell(head: Ring, stored: StoredRing) -> None:
    terms = head.terms
    say(f"{terms.name}  ({head.id}, version {head.sequence}, {head.sha256[:12]})")
    if terms.description:
        say(terms.description)
    interests = _named(terms.interests)
    say(f"policy: {terms.policy.value}; order: {terms.order.value}; interests: {interests}")
    threshold, names = terms.stewards.threshold, _named(terms.stewards.instances)
    say(f"stewards: {names}; {threshold} of them sign")
    say(f"issued {when(head.validity.issued_at)}, ends {when(head.expires_at)}")
    if stored.why:
        say(f"last visit: {stored.outcome}: {stored.why}")
    if terms.criteria:
        say(f"criteria: {terms.criteria}")


def _named(values: object) -> str:
    return ", ".join(map(str, values)) if isinstance(values, Mapping | tuple) and values else "none"


def _row(ring: StoredRing, states: Mapping[str, int]) -> tuple[object, ...]:
    members = sum(count for state, count in states.items() if state not in _GONE)
    seen = f"{ring.outcome}: {ring.why}" if ring.why else ring.outcome
    steward = "yes" if ring.stewarded else "no"
    active = states.get(MemberState.ACTIVE.value, 0)
    return ring.id, ring.name, ring.sequence, members, active, steward, seen


def _described(ring: StoredRing, states: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ring": ring.id,
        "root": ring.root,
        "name": ring.name,
        "steward": ring.stewarded,
        "sequence": ring.sequence,
        "sha256": ring.sha256,
        "expires_at": ring.expires_at,
        "outcome": ring.outcome,
        "why": ring.why,
        "members": dict(states),
    }


def _kept(version: StoredVersion) -> dict[str, Any]:
    return {
        "sequence": version.sequence,
        "sha256": version.sha256,
        "code": version.code,
        "at": version.at,
    }


def _listed(slot: StoredMember) -> Listed:
    return Listed(
        id=slot.member,
        kind=MemberKind(slot.kind),
        instance=slot.instance,
        community=slot.community,
        url=slot.url,
        title=slot.title,
        state=MemberState(slot.state),
    )
