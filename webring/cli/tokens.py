"""`webring token`: what lets programs act for communities of this instance."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from webring.cli.arguments import operator
from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.clock import now_ms
from webring.durations import Duration
from webring.errors import BadRequest, NotFound
from webring.names import CommunityId, ServerName, Slug
from webring.storage import communities, decisions, tokens
from webring.storage.decisions import Decision
from webring.storage.sql import Connection
from webring.storage.tokens import EVERYTHING, Token

app = group(
    "Tokens, by which programs act for communities of this instance.",
    example="webring token create --community vegetables --label 'our Commune client'",
)

MAX_LABEL: Final = 100
"""Characters of a token's label."""
CREATE: Final = "create_token"
REVOKE: Final = "revoke_token"
"""The decisions in the log, by the beginning of the token's id."""
_SHOWN: Final = 12
"""Characters of an id that are shown: enough to name one."""


@command(
    app,
    "create",
    examples=[
        "webring token create --community vegetables --label 'our Commune client'",
        "webring token create --operator --expires 90d",
    ],
)
async def create(
    setup: DatabaseSetup,
    community: Annotated[
        list[str] | None,
        typer.Option("--community", help="A community of this instance; several times."),
    ] = None,
    all_of_it: Annotated[
        bool,
        typer.Option("--operator", help="For all communities, and the rings that you steward."),
    ] = False,
    label: Annotated[str, typer.Option("--label", help="What it is for, to tell it later.")] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="LENGTH", help="How long it is good, such as 90d.")
    ] = "",
) -> None:
    """Make a token and print it, once.

    Whoever has it may do by the API what its communities may: join rings, leave, sleep, wake, move.
    It is printed alone on its line; only its hash is kept here.
    """
    scope = _scope(community or [], all_of_it=all_of_it)
    if len(label) > MAX_LABEL or not (label.isprintable() or not label):
        raise BadRequest(f"a label has at most {MAX_LABEL} printable characters")
    now = now_ms()
    until = now + Duration.parse(expires) if expires else None
    own = setup.settings.instance.name
    async with setup.database() as db, db.transaction() as tx:
        await _check_published(tx, own, scope)
        text = await tokens.create(tx, label, scope, now, until)
        token = await tokens.find(tx, text, now)
        if token is not None:
            said = f"{label} for {', '.join(token.communities)}".strip()
            await decisions.log(tx, Decision(now, operator(), CREATE, token.id[:_SHOWN], said))
    say(text)


@command(app, "list", examples=["webring token list", "webring token list --json"])
async def list_(setup: DatabaseSetup, as_json: AsJson = False) -> None:
    """Show every token, and when it was used last."""
    async with setup.database() as db:
        kept = await tokens.all(db.reader)
    if as_json:
        print_json([_described(each) for each in kept])
        return
    now = now_ms()
    print_table(
        ["token", "label", "for", "made", "expires", "used"],
        [_row(each, now) for each in kept],
        empty="There is no token: webring token create --community SLUG",
    )


@command(app, "revoke", examples=["webring token revoke 3f9a0c4be1d2"])
async def revoke(
    setup: DatabaseSetup,
    token: Annotated[
        str, typer.Argument(help="The token's id, or the beginning of it.", metavar="ID")
    ],
) -> None:
    """Take a token back, at once."""
    async with setup.database() as db, db.transaction() as tx:
        found = await _one(tx, token)
        await tokens.revoke(tx, found.id)
        target = found.id[:_SHOWN]
        await decisions.log(tx, Decision(now_ms(), operator(), REVOKE, target, found.label))
    say(f"The token {target} ({found.label or 'no label'}) is revoked.")


def _scope(slugs: list[str], *, all_of_it: bool) -> list[str]:
    if all_of_it == bool(slugs):
        raise BadRequest("say whom it acts for: --community SLUG (several times), or --operator")
    return [EVERYTHING] if all_of_it else sorted({Slug.parse(slug) for slug in slugs})


async def _check_published(conn: Connection, own: ServerName, scope: list[str]) -> None:
    """Refuse a mistyped community: its token would be of no use, and nobody would know why."""
    for slug in scope:
        if slug == EVERYTHING:
            continue
        if await communities.get(conn, CommunityId(f"{slug}:{own}")) is None:
            raise NotFound(f"{own} publishes no community {slug}: webring manifest show")


async def _one(conn: Connection, beginning: str) -> Token:
    """The one token whose id begins so."""
    kept = await tokens.all(conn)
    fitting = [each for each in kept if beginning and each.id.startswith(beginning)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise NotFound(f"no token's id begins with {beginning[:16]!a}: webring token list")
    raise BadRequest(f"{len(fitting)} tokens begin so: say more of the id")


def _row(each: Token, now: int) -> tuple[object, ...]:
    ended = each.expires_at is not None and each.expires_at <= now
    expires = "expired" if ended else when(each.expires_at)
    scope = "the operator" if each.is_operator else ", ".join(each.communities)
    return each.id[:_SHOWN], each.label, scope, when(each.at), expires, when(each.used_at)


def _described(each: Token) -> dict[str, Any]:
    return {
        "id": each.id,
        "label": each.label,
        "communities": list(each.communities),
        "operator": each.is_operator,
        "at": each.at,
        "expires_at": each.expires_at,
        "used_at": each.used_at,
    }
