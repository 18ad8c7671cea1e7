"""What the proxy tells us of visitors: asked of the running instance, by a request of our own.

The request pretends to come from somebody else, as any visitor may. Only the operator is told what
arrived (`documents.passes`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from webring.check.findings import Finding, ok, warn
from webring.clock import Clock
from webring.documents import passes
from webring.documents.keys import KeySet
from webring.errors import FetchError
from webring.net.budget import SMALL
from webring.net.fetch import Fetcher
from webring.settings import Settings

PATH: Final = "/healthz/seen"
HEADER: Final = "X-Webring-Pass"
PRETENDED: Final = "192.0.2.1"
"""An address that nobody has (RFC 5737)."""
SUBJECT: Final = "proxy"
_SET: Final = (
    "let the proxy set X-Forwarded-For to the address that it sees (webring init --snippets)"
)


class Seen(msgspec.Struct, frozen=True):
    """A request as it arrived: who connected (trusted or not), and X-Forwarded-For, in order."""

    peer: str
    trusted: bool
    forwarded: list[str]


async def headers(
    settings: Settings, keys: KeySet, fetcher: Fetcher, clock: Clock
) -> AsyncIterator[Finding]:
    """The proxy tells us who asks, and believes no visitor about that."""
    url = settings.instance.base_url
    if url.startswith("http:"):
        return  # a trial on this machine, without a proxy
    sent = {HEADER: passes.issue(keys.current, clock()), "X-Forwarded-For": PRETENDED}
    try:
        async with fetcher.visit() as visit:
            answer = await visit.request("GET", f"{url}{PATH}", budget=SMALL, headers=sent)
        seen = msgspec.json.decode(answer.body, type=Seen)
    except (FetchError, msgspec.DecodeError) as error:
        why = error.sentence if isinstance(error, FetchError) else "its answer is none of ours"
        yield warn(
            SUBJECT,
            f"what it passes on could not be asked: {why}",
            "see that this webring runs, with these keys, and that the proxy passes everything",
        )
    else:
        yield judged(seen)


def judged(seen: Seen) -> Finding:
    """What a request that pretended to come from `PRETENDED` tells of the proxy."""
    if not seen.trusted:
        return warn(
            SUBJECT,
            f"requests come from {seen.peer}, which is no trusted proxy: all visitors share one "
            "rate limit",
            f'add "{seen.peer}" to [web] trusted_proxies, if that is your proxy',
        )
    if not seen.forwarded:
        return warn(SUBJECT, "it does not say who asks: all visitors share one rate limit", _SET)
    if seen.forwarded[-1] == PRETENDED:
        return warn(SUBJECT, "it believes whatever visitors say of their address", _SET)
    return ok(SUBJECT, f"it tells visitors apart: you come from {seen.forwarded[-1]}")
