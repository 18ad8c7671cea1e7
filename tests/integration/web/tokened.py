"""A program with tokens, and an instance that it may ask for things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.integration.web.described import check, operation
from tests.integration.web.garden import NAME, NOW
from webring.names import RingId
from webring.services import Services
from webring.storage import tokens
from webring.storage.tokens import EVERYTHING

RINGS = "/api/v1/rings"
OURS = RingId(f"moss:{NAME}")
"""A ring that the instance founds and stewards alone."""


@dataclass
class Program:
    """Asks with a token, and holds each answer against the API's own description."""

    client: httpx.AsyncClient
    services: Services
    bees: str
    """The token of the community bees."""
    operator: str

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        status: int | None = None,
        of: str = "",
    ) -> Any:
        """The answer's content; `of` is the described path, "" where it is the same."""
        headers = {"Authorization": f"Bearer {token or self.bees}"}
        sent = {"json": body} if body is not None else {}
        answer = await self.client.request(method, path, headers=headers, **sent)  # type: ignore[arg-type]
        expected = status or operation(method, of or path).status
        assert answer.status_code == expected, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (token or self.bees) not in answer.text
        check(answer, operation(method, of or path))
        return answer.json()

    async def found(self, **terms: Any) -> Any:
        """Found `OURS`; anybody may join unless `terms` say otherwise."""
        body = {"slug": "moss", "name": "Moss", "policy": "open", **terms}
        return await self.ask("POST", RINGS, body, token=self.operator)

    async def act(self, method: str, path: str, body: object = None, **given: Any) -> Any:
        """Do something about the membership of bees in `OURS`."""
        place = f"/memberships/{{community}}{path}"
        here = place.replace("{community}", "bees")
        of = f"{RINGS}/{{ring}}{place}"
        return await self.ask(method, f"{RINGS}/{OURS}{here}", body, of=of, **given)

    async def join(self, **given: Any) -> Any:
        """Let bees ask for a place in `OURS`."""
        of, body = f"{RINGS}/{{ring}}/memberships", {"community": "bees", "note": "Buzz."}
        return await self.ask("POST", f"{RINGS}/{OURS}/memberships", body, of=of, **given)

    async def decide(self, method: str, path: str, body: object = None, **given: Any) -> Any:
        """Do something about `OURS` as the operator; `path` is below the ring's."""
        asked = {"token": self.operator, **given}
        return await self.ask(method, f"{RINGS}/{OURS}{path}", body, **asked)

    async def publish(self) -> None:
        """What the jobs of an instance do: the next version, with all that is wanted."""
        await self.services.rings.proposing.propose_due()
        await self.services.publisher.reissue()
        await self.services.circles.refresh()


async def program(client: httpx.AsyncClient, services: Services) -> Program:
    """A program with a token of bees, and one of the operator's."""
    async with services.db.transaction() as tx:
        bees = await tokens.create(tx, "Commune", ["bees"], NOW)
        operator = await tokens.create(tx, "me", [EVERYTHING], NOW)
    return Program(client, services, bees, operator)
