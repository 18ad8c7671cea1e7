"""What the operator's token decides about rings that this instance stewards: who is let in, who is
asked in, who is taken out, and which proposed versions are signed.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.documents.ring import Reason
from webring.errors import BadRequest, NotFound
from webring.names import CommunityId
from webring.rings import askers
from webring.rings.askers import Asker
from webring.rings.site_urls import read_site_url
from webring.storage import ring_requests, ring_signing
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.ring_signing import ProposalState
from webring.storage.sql import Connection
from webring.web.answering import answer_private, limit_of, offset_of, page
from webring.web.embed.options import read_member
from webring.web.operations import PAGED, Access, Operation, Query
from webring.web.ringapi import bodies, views
from webring.web.ringapi import shapes as ring_shapes
from webring.web.ringapi.bodies import read_json
from webring.web.ringapi.held import known, ours
from webring.web.ringapi.tokens import actor, operator_of
from webring.web.serving import services
from webring.web.shapes import Page

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DECIDED: Final = (RequestState.ACCEPTED.value, RequestState.DECLINED.value)
_SIGNED: Final = (ProposalState.SIGNED.value, ProposalState.REFUSED.value)
_STATE: Final = Query(
    "state",
    "Only requests that stand so.",
    {"type": "string", "enum": [state.value for state in RequestState]},
)


async def requests(request: Request) -> Response:
    """Who asked to be in a ring, or was invited, the newest first."""
    await operator_of(request)
    conn = services(request).db.reader
    asked = await ring_requests.of_ring(conn, (await known(request, conn)).id)
    wanted = request.query_params.get("state", "")
    if wanted and wanted not in list(RequestState):
        raise BadRequest(f"state is one of {', '.join(RequestState)}, not {wanted[:80]!a}")
    rows = [views.request(each) for each in asked if not wanted or each.state == wanted]
    offset = offset_of(request)
    return answer_private(page(rows[offset : offset + limit_of(request)], offset, len(rows)))


async def decide_request(request: Request) -> Response:
    """Let whoever asked in, or say no with the reason."""
    token, body = await operator_of(request), await read_json(request, bodies.Decision)
    outcome = _one_of(body.outcome, _DECIDED)
    if outcome == RequestState.ACCEPTED and body.code is not None:
        raise BadRequest("code is the reason of a request that is declined")
    here = services(request)
    deciding, now = here.rings.deciding, here.clock()
    async with here.db.transaction() as tx:
        asked, by = await _asked(request, tx), actor(token)
        if outcome == RequestState.ACCEPTED:
            done = await deciding.accept(tx, asked.id, body.sentence, by, now)
        else:
            code = body.code or Reason.CRITERIA
            done = await deciding.decline(tx, asked.id, code, body.sentence, by, now)
    return answer_private(views.request(done))


async def invite(request: Request) -> Response:
    """Ask a community or a site in: its own request is accepted from then on."""
    token, body = await operator_of(request), await read_json(request, bodies.Invitation)
    if bool(body.community) == bool(body.url):
        raise BadRequest("say who: either community, as slug:instance, or url")
    here = services(request)
    async with here.db.transaction() as tx:
        head = await ours(request, tx)
        asker = await _asker(request, tx, body)
        done = await here.rings.deciding.invite(
            tx, head.id, asker, body.sentence, actor(token), here.clock()
        )
    return answer_private(views.request(done), 201)


async def remove(request: Request) -> Response:
    """Propose to take a member out, which as many stewards have to sign as decide."""
    token, body = await operator_of(request), await read_json(request, bodies.Remove)
    member = read_member(request.path_params["member"])
    here = services(request)
    async with here.db.transaction() as tx:
        head = await ours(request, tx)
        await here.rings.deciding.remove(
            tx, head.id, member, body.code, body.sentence, actor(token), here.clock()
        )
    removal: ring_shapes.Removal = {"ring": head.id, "member": member, "code": body.code}
    return answer_private(removal)


async def proposals(request: Request) -> Response:
    """Versions of a ring that are proposed, or were, the newest first."""
    await operator_of(request)
    conn = services(request).db.reader
    found = await ring_signing.proposals(conn, (await known(request, conn)).id)
    offset = offset_of(request)
    rows = [views.proposal(each) for each in found[offset : offset + limit_of(request)]]
    return answer_private(page(rows, offset, len(found)))


async def decide_proposal(request: Request) -> Response:
    """Sign a version that another steward proposes, within seconds, or refuse to."""
    token, body = await operator_of(request), await read_json(request, bodies.Cosign)
    sign = _one_of(body.outcome, _SIGNED) == ProposalState.SIGNED
    sha256 = request.path_params["sha256"]
    if not _SHA256.fullmatch(sha256):
        raise BadRequest(f"a version is named by 64 lowercase hex digits, not {sha256[:80]!a}")
    here = services(request)
    async with here.db.transaction() as tx:
        ring = (await known(request, tx)).id
        decided = await here.rings.cosigning.decide(
            tx, ring, sha256, actor(token), sign=sign, now=here.clock()
        )
    return answer_private(views.proposal(decided))


def _one_of(outcome: str, words: tuple[str, ...]) -> str:
    if outcome not in words:
        raise BadRequest(f"outcome is {' or '.join(words)}, not {outcome[:80]!a}")
    return outcome


async def _asked(request: Request, conn: Connection) -> StoredRequest:
    """The request that the path names, of the ring that it names."""
    ring = (await known(request, conn)).id
    name = request.path_params["request"]
    found = await ring_requests.get(conn, name)
    if found is None or found.ring != ring:
        raise NotFound(f"{ring} has no request {name[:64]!a}")
    return found


async def _asker(request: Request, conn: Connection, body: bodies.Invitation) -> Asker:
    settings = services(request).settings
    if body.url:
        return askers.site(read_site_url(body.url, lenient=settings.is_testing))
    instance, community = settings.instance, CommunityId.parse(body.community)
    return await askers.community(
        conn, instance.name, instance.base_url, community.instance, community.slug
    )


_RING: Final = "/api/v1/rings/{ring}"
_WHO: Final = Access.OPERATOR
OPERATIONS: Final = (
    Operation(
        f"{_RING}/requests",
        requests,
        Page[ring_shapes.JoinRequest],
        query=(*PAGED, _STATE),
        access=_WHO,
    ),
    Operation(
        f"{_RING}/requests/{{request}}",
        decide_request,
        ring_shapes.JoinRequest,
        "POST",
        body=bodies.Decision,
        access=_WHO,
    ),
    Operation(
        f"{_RING}/invitations",
        invite,
        ring_shapes.JoinRequest,
        "POST",
        body=bodies.Invitation,
        access=_WHO,
        status=201,
    ),
    Operation(
        f"{_RING}/members/{{member}}",
        remove,
        ring_shapes.Removal,
        "DELETE",
        body=bodies.Remove,
        access=_WHO,
    ),
    Operation(
        f"{_RING}/proposals", proposals, Page[ring_shapes.Proposal], query=PAGED, access=_WHO
    ),
    Operation(
        f"{_RING}/proposals/{{sha256}}",
        decide_proposal,
        ring_shapes.Proposal,
        "POST",
        body=bodies.Cosign,
        access=_WHO,
    ),
)
