"""Whether Matrix takes us for the server that we sign as, and what our homeserver answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from secrets import SystemRandom
from typing import Final

from webring.check.findings import Finding, fail, ok, warn
from webring.clock import Clock, Millis
from webring.documents import envelope
from webring.documents.keys import KeySet
from webring.errors import DocumentError, FetchError, StatusRefused
from webring.matrix.client import CLIENT, FEDERATION, PROXY, MatrixClient
from webring.matrix.discovery import Discovery
from webring.matrix.federation import Federation, MatrixIdentity, ask_well_known
from webring.names import ServerName
from webring.net.fetch import Fetcher
from webring.net.resolver import Resolver
from webring.settings import Settings

ROOMS_ASKED: Final = 100
"""One page of a directory is enough to know that it is open."""
_OFF: Final = (
    "signed requests are off: homeservers are asked openly, and many answer only signed ones"
)
_FEDERATION_OPTION: Final = "allow_public_rooms_over_federation: true"
_CLIENT_OPTION: Final = "allow_public_rooms_without_auth: true"
_OPTIONS: Final = {FEDERATION: _FEDERATION_OPTION, CLIENT: _CLIENT_OPTION}


async def identity(
    settings: Settings, keys: KeySet, fetcher: Fetcher, resolver: Resolver, clock: Clock
) -> AsyncIterator[Finding]:
    """The Matrix server name that we sign as leads to us, and to our keys."""
    name = settings.instance.base_url.server_name
    mend = (
        f"let {name} serve /.well-known/matrix/server and /_matrix/key/v2/server from webring: "
        f"webring init --snippets prints how ({_OFF})"
    )
    problem = await why_not_ours(name, keys, fetcher, resolver, clock)
    if problem:
        yield warn("Matrix identity", problem, mend)
    else:
        yield ok("Matrix identity", f"{name} leads to us and shows {keys.current.id}")


async def why_not_ours(
    name: ServerName, keys: KeySet, fetcher: Fetcher, resolver: Resolver, clock: Clock
) -> str:
    """Why we may not sign as `name`: its discovery or its key server is not us. Empty: we may.

    `fetcher` must be one that asks ourselves too.
    """
    discovery = Discovery(
        ask_well_known(fetcher),
        resolver,
        SystemRandom().random,
        lambda host, port: fetcher.scheme_for(host, port) == "http",
    )
    try:
        document = await Federation(fetcher, discovery, None, clock).keys(name)
    except FetchError as error:
        return f"the key server of {name} cannot be asked: {error.sentence}"
    return why_not(name, keys, document, clock())


def why_not(name: ServerName, keys: KeySet, document: object, now: Millis) -> str:
    """Why this key document does not let us sign as `name`. Empty: it does."""
    if not isinstance(document, dict) or document.get("server_name") != name:
        return f"the key server of {name} answers for another server"
    shown = document.get("verify_keys")
    if not isinstance(shown, dict) or keys.current.id not in shown:
        return f"the key server of {name} does not show our key {keys.current.id}"
    try:
        signed = envelope.valid_signatures(document, name, keys.verify_keys)
    except DocumentError as error:
        return f"the key document of {name}: {error.sentence}"
    if not signed:
        return f"the key document of {name} is not signed by our key {keys.current.id}"
    valid_until = document.get("valid_until_ts")
    if not isinstance(valid_until, int) or valid_until <= now:
        return f"the key document of {name} is out of date"
    return ""


async def homeserver(
    settings: Settings, keys: KeySet, fetcher: Fetcher, resolver: Resolver, clock: Clock
) -> AsyncIterator[Finding]:
    """Our own homeserver answers, and its directory is open to others."""
    if not settings.homeserver.name:
        yield warn(
            "homeserver",
            "none is configured: this instance publishes no communities of its own",
            "set [homeserver] name, and choose communities in [communities]",
        )
        return
    name = ServerName(settings.homeserver.name)
    signing = MatrixIdentity(settings.instance.base_url.server_name, keys.current)
    matrix = MatrixClient(fetcher, resolver, signing, settings.homeserver, clock)
    for way in (FEDERATION, CLIENT):
        yield await _directory(matrix, name, way)
    if matrix.own.has_token:
        yield await _token(matrix, name)


async def _directory(matrix: MatrixClient, name: ServerName, way: str) -> Finding:
    subject = f"directory ({way})"
    try:
        listing = await matrix.directory(way, name, room_cap=ROOMS_ASKED)
    except StatusRefused as error:
        option = _OPTIONS[way]
        mend = f"in Synapse's homeserver.yaml set {option}, if its rooms should be found"
        return warn(subject, f"closed: {error.sentence}", mend)
    except FetchError as error:
        return fail(subject, error.sentence, "see that the homeserver runs and can be reached")
    more = " or more" if len(listing.rooms) >= ROOMS_ASKED else ""
    return ok(subject, f"{name} lists {len(listing.rooms)}{more} rooms")


async def _token(matrix: MatrixClient, name: ServerName) -> Finding:
    try:
        await matrix.directory(PROXY, name, room_cap=1)
    except FetchError as error:
        return fail(
            "access token", error.sentence, "set [homeserver] access_token to one that is valid"
        )
    return ok("access token", f"{name} takes it")
