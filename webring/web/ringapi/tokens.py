"""Who asks: the token that a request carries, and for whom it acts.

A token is looked up by its hash, and stands in no log and in no error.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from webring.errors import Forbidden, MissingToken, UnknownToken
from webring.names import Slug
from webring.storage import tokens
from webring.storage.tokens import NOTED, Token
from webring.web.serving import services

MAX_TOKEN: Final = 256
"""Characters of a token that are looked at."""
_SCHEME: Final = "bearer"
_UNNAMED: Final = 12
"""Characters of its id by which a token without a label is called."""


async def token_of(request: Request) -> Token:
    """The token of a request; `MissingToken` without one, `UnknownToken` for one of no use."""
    text = _text(request)
    here = services(request)
    now = here.clock()
    token = await tokens.find(here.db.reader, text, now)
    if token is None:
        raise UnknownToken("this token is unknown, revoked or expired")
    if token.used_at is None or now - token.used_at >= NOTED:
        async with here.db.transaction() as tx:
            await tokens.used(tx, token, now)
    return token


async def operator_of(request: Request) -> Token:
    """The operator's token; `Forbidden` for a community's."""
    token = await token_of(request)
    if not token.is_operator:
        raise Forbidden("this wants the operator's token, and this one is of communities")
    return token


async def community_of(request: Request) -> tuple[Token, Slug]:
    """The token of a request and the community that its path names, for which it acts."""
    token = await token_of(request)
    slug = Slug.parse(request.path_params["community"])
    check_scope(token, slug)
    return token, slug


def check_scope(token: Token, community: Slug) -> None:
    """Raise `Forbidden` unless the token acts for a community."""
    if not token.acts_for(community):
        raise Forbidden(f"this token does not act for {community}")


def actor(token: Token) -> str:
    """Who stands in the log of decisions for what is done with a token."""
    return f"token {token.label or token.id[:_UNNAMED]}"


def _text(request: Request) -> str:
    given = request.headers.getlist("authorization")
    if not given:
        raise MissingToken("this wants a token: Authorization: Bearer ...")
    scheme, _, text = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != _SCHEME or not text.strip():
        raise MissingToken("a token is sent once, as Authorization: Bearer ...")
    text = text.strip()
    if len(text) > MAX_TOKEN or not text.isascii():
        raise UnknownToken("this token is unknown, revoked or expired")
    return text
