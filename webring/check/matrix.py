"""Whether Matrix takes us for the server that we sign as, and what our homeserver answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from webring.check import outside
from webring.check.findings import Finding, fail, ok, warn
from webring.clock import Clock
from webring.crawler.signing import Certainty, Signing, judge
from webring.documents.keys import KeySet
from webring.errors import ConfigError, FetchError, StatusRefused, StorageError
from webring.matrix import ownership
from webring.matrix.client import CLIENT, FEDERATION, MatrixClient
from webring.matrix.federation import MatrixIdentity, nobody
from webring.matrix.ownership import Ownership
from webring.names import ServerName
from webring.net.fetch import Fetcher
from webring.net.resolver import Resolver
from webring.settings import Settings
from webring.storage.database import Database

ROOMS_ASKED: Final = 100
"""One page of a directory is enough to know that it is open."""
_OFF: Final = (
    "signed requests are off: homeservers are asked openly, and many answer only signed ones"
)
_FEDERATION_OPTION: Final = "allow_public_rooms_over_federation: true"
_CLIENT_OPTION: Final = "allow_public_rooms_without_auth: true"
_OPTIONS: Final = {FEDERATION: _FEDERATION_OPTION, CLIENT: _CLIENT_OPTION}


def open_signing(
    settings: Settings, keys: KeySet, db: Database, resolver: Resolver, clock: Clock
) -> Signing:
    """What makes sure that we may sign, by asking as a stranger would."""
    ask = partial(_ask, settings, keys, resolver, clock)
    return Signing(db, _identity(settings, keys), ask, clock)


async def make_sure(
    settings: Settings, keys: KeySet, resolver: Resolver, clock: Clock
) -> Certainty:
    """Whether we may sign. A running instance goes by what is found here, as it does by its own."""
    known = None
    try:
        db = await Database.open(settings.instance.database, settings.instance.data_dir)
        try:
            signing = open_signing(settings, keys, db, resolver, clock)
            await signing.make_sure()
            known = await signing.certainty()
        finally:
            await db.close()
    except (StorageError, ConfigError):
        pass  # `check.local` says so
    if known is not None:
        return known
    owned = await _ask(settings, keys, resolver, clock)
    return judge(None, owned, _identity(settings, keys), clock())


def identity(known: Certainty) -> Finding:
    """The Matrix server name that we sign as leads to us, and to our keys."""
    if not known.why:
        return ok("Matrix identity", f"{known.name} leads to us and shows {known.key}")
    mend = (
        f"let {known.name} serve /.well-known/matrix/server and /_matrix/key/v2/server from "
        f"webring: webring init --snippets prints how ({_OFF})"
    )
    return warn("Matrix identity", known.why, mend)


async def homeserver(
    settings: Settings,
    keys: KeySet,
    known: Certainty,
    fetcher: Fetcher,
    resolver: Resolver,
    clock: Clock,
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
    is_sure = known.is_sure(clock())
    identify = partial(_signed, settings, keys) if is_sure else nobody
    matrix = MatrixClient(fetcher, resolver, identify, settings.homeserver, clock)
    yield await _delegation(matrix, name)
    for way in (FEDERATION, CLIENT) if is_sure else (CLIENT,):
        yield await _directory(matrix, name, way)
    if matrix.own.has_token:
        yield await _token(matrix, name)


async def _delegation(matrix: MatrixClient, name: ServerName) -> Finding:
    """Where other homeservers find it, and whether it answers there."""
    where = await matrix.federation.where(name)
    seen = f"{name} leads to {where.base} ({where.how})"
    try:
        await matrix.federation.version(name)
    except FetchError as error:
        mend = (
            f"serve /.well-known/matrix/server at {name} with the host and port that its "
            "federation API answers at, or open port 8448"
        )
        return fail("homeserver", f"{seen}, and no homeserver answers: {error.sentence}", mend)
    return ok("homeserver", seen)


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
        await matrix.own.proxied_directory(name, room_cap=1)
    except FetchError as error:
        return fail(
            "access token", error.sentence, "set [homeserver] access_token to one that is valid"
        )
    return ok("access token", f"{name} takes it")


def _identity(settings: Settings, keys: KeySet) -> MatrixIdentity:
    return MatrixIdentity(settings.instance.base_url.server_name, keys.current)


async def _signed(settings: Settings, keys: KeySet) -> MatrixIdentity:
    return _identity(settings, keys)


async def _ask(settings: Settings, keys: KeySet, resolver: Resolver, clock: Clock) -> Ownership:
    """Through a door that remembers nothing: what failed a moment ago may be up by now."""
    door = outside.stranger(settings, resolver, clock)
    return await ownership.ask(settings.instance.base_url.server_name, keys, door, resolver, clock)
