"""What the operator's token founds, and how it changes the terms of rings that we steward."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from webring.documents.fields import Reader
from webring.documents.ring import RingTerms, Stewards, read_terms
from webring.errors import BadRequest
from webring.names import ServerName, Slug
from webring.rings import founding
from webring.rings.founding import Founded
from webring.web.answering import answer_private
from webring.web.operations import Access, Operation
from webring.web.ringapi import bodies, shapes, views
from webring.web.ringapi.bodies import read_json
from webring.web.ringapi.held import ours
from webring.web.ringapi.tokens import actor, operator_of
from webring.web.serving import services

_NOT_TERMS: Final = frozenset({"slug", "stewards", "threshold"})


async def found(request: Request) -> Response:
    """Found a ring of this instance; further stewards have to sign its first version."""
    token, body = await operator_of(request), await read_json(request, bodies.Found)
    here, slug = services(request), Slug.parse(body.slug)
    names = {here.settings.instance.name, *map(ServerName.parse, body.stewards)}
    sign = founding.least(len(names)) if body.threshold is None else body.threshold
    hand, publishing = here.rings.hand, here.rings.publishing
    async with here.db.transaction() as tx:
        terms = _terms(body, await founding.stewards(tx, hand, names, sign))
        _check_readable(body, terms)
        made = await founding.found(tx, hand, publishing, slug, terms, actor(token), here.clock())
    return answer_private(_founded(made), 201)


async def change(request: Request) -> Response:
    """Propose other terms for a ring: they hold once enough stewards have signed."""
    token, body = await operator_of(request), await read_json(request, bodies.Change)
    wanted = _said(body)
    if not wanted:
        names = ", ".join(bodies.Change.__struct_fields__)
        raise BadRequest(f"say what is to change: {names}")
    here = services(request)
    async with here.db.transaction() as tx:
        head = await ours(request, tx)
        _check_readable(body, head.terms)
        terms = await founding.change(tx, head, wanted, actor(token), here.clock())
    return answer_private(views.terms(head.id, terms))


async def change_stewards(request: Request) -> Response:
    """Propose other stewards for a ring: they are once enough of both lists have signed."""
    token, body = await operator_of(request), await read_json(request, bodies.StewardChange)
    if body == bodies.StewardChange():
        raise BadRequest("say who: add, remove or renew, or threshold")
    add, remove, renew = (
        tuple(map(ServerName.parse, each)) for each in (body.add, body.remove, body.renew)
    )
    here = services(request)
    async with here.db.transaction() as tx:
        head = await ours(request, tx)
        wanted = await founding.other_stewards(
            tx,
            here.rings.hand,
            head,
            add=add,
            remove=remove,
            renew=renew,
            threshold=body.threshold,
        )
        changes = {"stewards": wanted.to_json()}
        await founding.change(tx, head, changes, actor(token), here.clock())
    proposed: shapes.StewardsProposed = {
        "ring": head.id,
        "stewards": views.stewards(wanted),
        "warning": founding.warning_of(wanted),
    }
    return answer_private(proposed)


def _terms(body: bodies.Found, stewards: Stewards) -> RingTerms:
    return RingTerms(
        name=body.name,
        stewards=stewards,
        description=body.description,
        interests=tuple(body.interests),
        languages=tuple(body.languages),
        criteria=body.criteria,
        policy=body.policy,
        order=body.order,
        mirrors=tuple(map(ServerName.parse, body.mirrors)),
    )


def _said(body: bodies.Body) -> dict[str, object]:
    """The terms that a body says, as they stand in a head."""
    fields = msgspec.structs.asdict(body)
    said = {key: value for key, value in fields.items() if value is not msgspec.UNSET}
    return {key: value for key, value in said.items() if key not in _NOT_TERMS}


def _check_readable(body: bodies.Body, terms: RingTerms) -> None:
    """Refuse what readers of the ring would cut or leave out, rather than sign something else."""
    said = _said(body)
    read = read_terms(Reader({**terms.to_json(), **said}), []).to_json()
    for name, value in said.items():
        if read[name] != value:
            raise BadRequest(f"{name} is too long, too many, or not what a ring can say")


def _founded(made: Founded) -> shapes.Founded:
    return {
        "ring": made.ring,
        "root": made.first.sha256,
        "founded": not made.missing,
        "missing": list(made.missing),
        "warning": made.warning,
    }


_WHO: Final = Access.OPERATOR
OPERATIONS: Final = (
    Operation(
        "/api/v1/rings", found, shapes.Founded, "POST", body=bodies.Found, access=_WHO, status=201
    ),
    Operation(
        "/api/v1/rings/{ring}", change, shapes.Terms, "PATCH", body=bodies.Change, access=_WHO
    ),
    Operation(
        "/api/v1/rings/{ring}/stewards",
        change_stewards,
        shapes.StewardsProposed,
        "POST",
        body=bodies.StewardChange,
        access=_WHO,
    ),
)
