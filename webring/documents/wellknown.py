"""`/.well-known/federated-webring`: where the instance of a name is served, and which one it is.

A server that is no instance may serve the document of the instance that speaks for it: that is one
of the ways to authority (`webring.documents.authority`). Only a 404 means that there is none, and
then the base URL is the name itself; a timeout or a malformed document is a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.documents import canonical
from webring.documents.fields import Reader
from webring.errors import InvalidName, TrustError
from webring.names import PeerUrl, ServerName

PATH: Final = "/.well-known/federated-webring"
MAX_BYTES: Final = 50 * 1024


@dataclass(frozen=True, slots=True)
class WellKnown:
    """The instance that a name leads to, and where that instance serves."""

    instance: ServerName
    base_url: PeerUrl

    def to_json(self) -> dict[str, object]:
        """The document as it is served."""
        return {"instance": self.instance, "base_url": self.base_url}


def read_well_known(data: bytes, *, allow_http: bool = False) -> WellKnown:
    """Read the document; `MalformedDocument` unless both fields are there and right."""
    reader = Reader(canonical.decode(data, limit=MAX_BYTES))
    return WellKnown(
        instance=reader.name("instance", ServerName.parse),
        base_url=reader.name("base_url", lambda url: PeerUrl.parse(url, allow_http=allow_http)),
    )


def find_instance(name: ServerName, data: bytes, *, allow_http: bool = False) -> WellKnown:
    """The document that `name` answered when it was asked as an instance.

    Raises `TrustError` wrong_instance where it names another: then `name` is no instance.
    """
    found = read_well_known(data, allow_http=allow_http)
    if found.instance != name:
        raise TrustError(f"{name} is served by the instance {found.instance}", "wrong_instance")
    return found


def without_document(name: ServerName, *, scheme: str = "https") -> WellKnown:
    """What holds for an instance `name` that answered 404: it serves at its own name."""
    if scheme not in {"https", "http"}:
        raise InvalidName(f"an instance serves over https or http, not {scheme[:20]!a}")
    url = PeerUrl.parse(f"{scheme}://{name}", allow_http=scheme == "http")
    return WellKnown(name, url)
