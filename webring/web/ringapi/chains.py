"""What the operator's token finds out about a ring's versions, and which of them it believes."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.check import outside
from webring.clock import SECOND
from webring.errors import BadRequest, Conflict, DocumentError, FetchError, Unavailable
from webring.net.budget import MIB
from webring.net.resolver import DnsResolver
from webring.rings.ring_place import RingPlace
from webring.rings.verifying import Limits, Report, verify
from webring.web.answering import answer_private
from webring.web.operations import Access, Operation
from webring.web.ringapi import bodies, shapes
from webring.web.ringapi.bodies import read_json
from webring.web.ringapi.held import known
from webring.web.ringapi.tokens import actor, operator_of
from webring.web.serving import services

LIMITS: Final = Limits(versions=2_000, bytes=32 * MIB, time=45 * SECOND)
"""How far a chain is walked while somebody waits for the answer."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ONE: Final = asyncio.Lock()
"""One walk at a time."""


async def verify_chain(request: Request) -> Response:
    """Walk a ring's chain of versions at any instance, and name the link that is broken."""
    await operator_of(request)
    body = await read_json(request, bodies.Verify)
    here = services(request)
    ring = (await known(request, here.db.reader)).id
    http = here.settings.testing.http
    place = RingPlace.parse(body.address or ring, allow_http=http)
    if place.ring != ring:
        raise BadRequest(f"address is one of {ring}, not of {place.ring}")
    if _ONE.locked():
        raise Unavailable("Another chain is being walked: try again in a minute.")
    async with _ONE:
        fetcher = outside.stranger(here.settings, DnsResolver(), here.clock)
        try:
            report = await verify(fetcher, place, here.clock, allow_http=http, limits=LIMITS)
        except (FetchError, DocumentError) as error:
            raise Conflict(f"{ring} could not be had: {error.sentence}") from None
    return answer_private(_verified(report))


async def choose_branch(request: Request) -> Response:
    """Follow another branch of a ring that was forked, from the last version both have."""
    token, body = await operator_of(request), await read_json(request, bodies.Choose)
    if not _SHA256.fullmatch(body.sha256):
        raise BadRequest(f"sha256 is 64 lowercase hex digits, not {body.sha256[:80]!a}")
    here = services(request)
    ring = (await known(request, here.db.reader)).id
    done = await here.rings.following.choose(ring, body.sha256, actor(token), body.via)
    if not done.good or done.head is None:
        raise Conflict(f"{ring} stays as it is: {done.why}")
    chosen: shapes.Chosen = {
        "ring": ring,
        "outcome": done.outcome,
        "why": done.why,
        "sequence": done.head.sequence,
        "sha256": done.head.sha256,
    }
    return answer_private(chosen)


def _verified(report: Report) -> shapes.Verified:
    head = report.head
    return {
        "ring": head.id,
        "root": head.root,
        "name": head.terms.name,
        "asked": report.base,
        "holds": report.holds,
        "sequence": head.sequence,
        "sha256": head.sha256,
        "issued_at": head.validity.issued_at,
        "expires_at": head.expires_at,
        "freshness": report.freshness,
        "erased": report.erased,
        "unfounded": report.unfounded,
        "cut": report.cut,
        "links": [
            {
                "sequence": link.sequence,
                "sha256": link.sha256,
                "outcome": link.outcome,
                "why": link.why,
                "erased": link.erased,
            }
            for link in report.links
        ],
    }


_RING: Final = "/api/v1/rings/{ring}"
_WHO: Final = Access.OPERATOR
OPERATIONS: Final = (
    Operation(
        f"{_RING}/verify", verify_chain, shapes.Verified, "POST", body=bodies.Verify, access=_WHO
    ),
    Operation(
        f"{_RING}/choose", choose_branch, shapes.Chosen, "POST", body=bodies.Choose, access=_WHO
    ),
)
