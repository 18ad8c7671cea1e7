"""All checks, in the order in which an operator mends things."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from webring.check import local, manifest, matrix, outside, proxy, publishing
from webring.check.findings import Finding
from webring.check.manifest import Place
from webring.clock import Clock
from webring.errors import ConfigError
from webring.net.resolver import DnsResolver, Resolver
from webring.settings import Settings
from webring.storage import identity
from webring.storage.identity import Identity


async def check(
    path: Path, settings: Settings, clock: Clock, resolver: Resolver | None = None
) -> AsyncIterator[Finding]:
    """Check the instance that `settings`, read from `path`, describe; findings as they come.

    Asks the network as a stranger, and ourselves. Raises nothing that is ours.
    """
    names = resolver or DnsResolver()
    for finding in (
        *local.settings_file(path, settings),
        *local.names(settings),
        *local.keys(settings),
        *local.disk(settings),
    ):
        yield finding
    async for finding in local.database(settings, clock()):
        yield finding
    async for finding in publishing.chosen(settings):
        yield finding
    fetcher = outside.stranger(settings, names, clock)
    async for finding in outside.clock(settings, fetcher, clock):
        yield finding
    async for finding in outside.dns(settings, names):
        yield finding
    async for finding in outside.base_url(settings, fetcher, clock()):
        yield finding
    async for finding in outside.well_known(settings, fetcher, clock()):
        yield finding
    place = Place(settings.instance.name, None)
    http = settings.testing.http
    async for finding in manifest.verify(place, fetcher, clock(), allow_http=http):
        yield finding
    if loaded := _identity(settings):
        async for finding in proxy.headers(settings, loaded.instance_keys, fetcher, clock):
            yield finding
        keys = loaded.matrix_keys
        known = await matrix.make_sure(settings, keys, names, clock)
        yield matrix.identity(known)
        async for finding in matrix.homeserver(settings, keys, known, fetcher, names, clock):
            yield finding


def _identity(settings: Settings) -> Identity | None:
    """Our keys; None where `local.keys` says what is wrong with them."""
    try:
        return identity.load(settings.instance.data_dir)
    except ConfigError:
        return None
