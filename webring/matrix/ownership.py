"""Whether a Matrix server name is ours: its discovery leads to us, and its keys are ours.

Source: Matrix specification, server-server API, "Resolving server names" and "Retrieving server
keys". What others would find is asked as they would ask it.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final

from webring.clock import Clock, Millis
from webring.documents import envelope
from webring.documents.keys import KeySet
from webring.errors import DocumentError, FetchError, StatusRefused, TypeRefused
from webring.matrix.discovery import Discovery
from webring.matrix.federation import Federation, ask_well_known, nobody
from webring.names import ServerName
from webring.net.fetch import Fetcher
from webring.net.resolver import Resolver

_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the key server of a name showed. `why` we may not sign as that name; empty: we may.

    `answered` says whether there was an answer at all. Where there was none, nothing is known.
    """

    why: str
    answered: bool = True


async def ask(
    name: ServerName, keys: KeySet, fetcher: Fetcher, resolver: Resolver, clock: Clock
) -> Ownership:
    """Ask the key server that `name` leads to. `fetcher` must be one that asks ourselves too."""
    discovery = Discovery(
        ask_well_known(fetcher),
        resolver,
        SystemRandom().random,
        lambda host, port: fetcher.scheme_for(host, port) == "http",
    )
    try:
        document = await Federation(fetcher, discovery, nobody, clock).keys(name)
    except FetchError as error:
        why = f"the key server of {name} cannot be asked: {error.sentence}"
        return Ownership(why, answered=_is_answer(error))
    return Ownership(why_not(name, keys, document, clock()))


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


def _is_answer(error: FetchError) -> bool:
    """Whether somebody else answers there; a proxy whose webring is restarting is no answer."""
    if isinstance(error, StatusRefused):
        return error.status < _SERVER_ERROR and error.status != _TOO_MANY
    return isinstance(error, TypeRefused) or not error.temporary
