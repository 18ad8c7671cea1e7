"""What the operator's token takes over from other webrings: their lists of sites."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.rings.importing import MAX_BYTES, ImportedList, Refused, read_list
from webring.rings.inviting import Invited, invite_all
from webring.web.answering import answer_private
from webring.web.operations import Access, Operation
from webring.web.ringapi import bodies, shapes
from webring.web.ringapi.bodies import read_json
from webring.web.ringapi.held import ours
from webring.web.ringapi.tokens import actor, operator_of
from webring.web.serving import services

MAX_LIST: Final = 2 * MAX_BYTES
"""Bytes of a body with a list in it, which is longer in JSON than by itself."""


async def import_list(request: Request) -> Response:
    """Invite every site of another webring's list: each is let in once it says so itself."""
    token = await operator_of(request)
    body = await read_json(request, bodies.Import, MAX_LIST)
    here = services(request)
    head = await ours(request, here.db.reader)
    read = read_list(body.list.encode(), lenient=here.settings.is_testing)
    invited = Invited((), ())
    if not body.dry_run:
        deciding, by = here.rings.deciding, actor(token)
        invited = await invite_all(here.db, deciding, head.id, read.sites, by, here.clock)
    return answer_private(_imported(read, invited))


def _imported(read: ImportedList, invited: Invited) -> shapes.Imported:
    return {
        "form": read.form,
        "sites": [{"url": each.url, "title": each.title} for each in read.sites],
        "invited": list(invited.urls),
        "refused": [_passed(each) for each in (*read.refused, *invited.passed)],
    }


def _passed(each: Refused) -> shapes.PassedOver:
    return {"entry": each.seen, "reason": each.reason}


OPERATIONS: Final = (
    Operation(
        "/api/v1/rings/{ring}/imports",
        import_list,
        shapes.Imported,
        "POST",
        body=bodies.Import,
        access=Access.OPERATOR,
    ),
)
