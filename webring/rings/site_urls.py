"""Addresses of sites as people write them, read as a ring document has them. Pure."""

from __future__ import annotations

from typing import Final

from webring.documents.fields import is_web_url
from webring.errors import InvalidName
from webring.names import ServerName
from webring.rings.places import Address, read_address

HTTPS: Final = "https://"
_PRIVATE: Final = frozenset(
    {
        *("corp", "home", "home.arpa", "internal", "intranet", "invalid", "lan", "local"),
        *("localdomain", "localhost", "onion", "private"),
    }
)
"""Names that no public resolver answers: their sites are within reach of their owners alone."""


def read_site_url(text: str, *, lenient: bool = False) -> str:
    """The address of a public site; `InvalidName` for what is none, as it is written.

    `site.example` is read as `https://site.example/`; an international host becomes ASCII, a
    fragment is left out. With `lenient`, for tests alone, whatever a document may carry is one.
    """
    written = text.strip()
    if lenient and is_web_url(written):
        return written
    scheme, mark, _ = written.partition("://")
    if not mark:
        written = HTTPS + written
    elif scheme.lower() != "https":
        raise InvalidName(f"only https is visited, not {scheme[:20]!a}")
    address = read_address(written)
    url = _url(address) if address else ""
    if address is None or not is_web_url(url):
        raise InvalidName("it is no web address")
    _check_host(ServerName.parse(address.host))
    return url


def _url(address: Address) -> str:
    port = "" if address.port is None else f":{address.port}"
    query = f"?{address.query}" if address.query else ""
    return f"{HTTPS}{address.host}{port}{address.path}{query}"


def _check_host(host: ServerName) -> None:
    """Refuse what names no site that everybody can visit."""
    if host.is_ip:
        raise InvalidName("a site has a name, not a bare IP address")
    labels = host.split(".")
    if len(labels) == 1 or labels[-1] in _PRIVATE or ".".join(labels[-2:]) in _PRIVATE:
        raise InvalidName(f"{host} is a name for a private network")
