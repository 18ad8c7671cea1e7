"""Looking at sample processes from outside, through their own doors."""

from __future__ import annotations

from typing import Final

from webring.errors import FetchError
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import Fetcher
from webring.net.resolver import DnsResolver

LOOPBACK_ONLY: Final = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
_OK: Final = 200


class Watcher:
    """Asks instances whether they are ready, how much they list, and how rings stand there."""

    def __init__(self, agent: str) -> None:
        self._fetcher = Fetcher(policy=LOOPBACK_ONLY, resolver=DnsResolver(), agent=agent)

    async def is_ready(self, base_url: str) -> bool:
        """Whether an instance says that it can answer."""
        return await self._json(f"{base_url}/readyz") is not None

    async def communities(self, base_url: str) -> int:
        """How many communities an instance lists, its own among them."""
        content = await self._json(f"{base_url}/api/v1/communities?limit=1")
        total = content.get("total") if isinstance(content, dict) else None
        return total if isinstance(total, int) else 0

    async def members(self, base_url: str, ring: str) -> int | None:
        """To how many members of a ring an instance sends people; None where it has none."""
        content = await self._json(f"{base_url}/rings/{ring}/export.json")
        listed = content.get("members") if isinstance(content, dict) else None
        if not isinstance(listed, list):
            return None
        active = [m for m in listed if isinstance(m, dict) and m.get("state") == "active"]
        return len(active)

    async def _json(self, url: str) -> object:
        """What is answered there with 200, or None."""
        try:
            async with self._fetcher.visit() as visit:
                answer = await visit.request("GET", url, budget=WELL_KNOWN, statuses=None)
                return answer.json() if answer.status == _OK else None
        except FetchError:
            return None
