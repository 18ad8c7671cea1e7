"""Our Matrix client, as it is in production but for the loopback that the lab stands on."""

from __future__ import annotations

from tests.acceptance.synapse.lab import Homeserver, Lab
from tests.fakes.identities import signing_as
from webring.clock import now_ms
from webring.matrix.client import MatrixClient
from webring.matrix.federation import MatrixIdentity
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.net.resolver import DnsResolver
from webring.settings import HomeserverSettings

LOOPBACK = AddressPolicy((Exemption("127.0.0.0/8", None),))


def client(
    lab: Lab,
    identity: MatrixIdentity | None,
    *,
    own: Homeserver | None = None,
    token: str = "",
    trusted: bool = True,
) -> MatrixClient:
    """A client; `own` is its homeserver, `token` that of an account there (its keeper's, unless
    told otherwise), and `trusted` whether it knows the lab's authority.
    """
    resolver = DnsResolver()
    fetcher = Fetcher(
        policy=LOOPBACK,
        resolver=resolver,
        agent="webring-tests",
        ca_file=str(lab.authority.ca_file) if trusted else "",
    )
    settings = HomeserverSettings()
    if own is not None:
        url = f"https://{own.synapse.address.federation_place}"
        settings = HomeserverSettings(own.name, url, token or own.synapse.token)
    return MatrixClient(fetcher, resolver, signing_as(identity), settings, now_ms)
