"""One request and its answer, over a connection of the visit, counted byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import httpcore
import httpx

from webring.errors import BudgetExceeded, ConnectFailed, TypeRefused
from webring.net.answer import Answer
from webring.net.budget import METER, Budget, Meter
from webring.net.decoding import BoundedBody
from webring.net.place import Dial
from webring.net.transport import CERTIFICATE, GuardedTransport
from webring.net.urls import Target

REPEATABLE: Final = frozenset({"GET", "HEAD"})
"""Methods that may be sent twice."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked, wherever redirects lead. `redirects` is how many are left."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    budget: Budget
    redirects: int
    robots: bool


async def exchange(
    transport: GuardedTransport, agent: str, target: Target, errand: Errand, dial: Dial
) -> Answer:
    """Ask and answer; once more where a connection that was kept open had gone stale."""
    meter = Meter(target.host, errand.budget, dial)
    try:
        return await _metered(transport, agent, target, errand, meter)
    except ConnectFailed:
        if meter.dialled or meter.taken or errand.method not in REPEATABLE:
            raise
    return await _metered(transport, agent, target, errand, Meter(target.host, errand.budget, dial))


async def _metered(
    transport: GuardedTransport, agent: str, target: Target, errand: Errand, meter: Meter
) -> Answer:
    token = METER.set(meter)
    try:
        return await _send(transport, agent, target, errand, meter)
    except (httpcore.TimeoutException, httpcore.NetworkError) as error:
        raise ConnectFailed(f"{target.host} broke off: {error!r}", host=target.host) from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        if meter.hung_up:
            raise ConnectFailed(f"{target.host} hung up: {error}", host=target.host) from error
        raise TypeRefused(f"{target.host} speaks no HTTP: {error}", host=target.host) from error
    finally:
        METER.reset(token)


async def _send(
    transport: GuardedTransport, agent: str, target: Target, errand: Errand, meter: Meter
) -> Answer:
    request = httpx.Request(
        errand.method,
        target.origin,
        headers={
            "Host": target.authority,
            "User-Agent": agent,
            "Accept-Encoding": "gzip, deflate",
            **errand.headers,
        },
        content=errand.content or None,
        extensions={"target": target.target.encode()},
    )
    response = await transport.handle_async_request(request)
    try:
        meter.headers_read()
        return await _read(response, target, errand.budget)
    finally:
        await response.aclose()


async def _read(response: httpx.Response, target: Target, budget: Budget) -> Answer:
    encoding = response.headers.get("content-encoding", "")
    body = BoundedBody(target.host, encoding, wire=budget.wire, decoded=budget.decoded)
    whole = True
    try:
        async for chunk in response.stream:  # type: ignore[union-attr]
            body.feed(chunk)
    except BudgetExceeded:
        if not budget.cut:
            raise
        whole = False
    headers = {name.lower(): value for name, value in response.headers.items()}
    kept = body.finish() if whole else body.so_far()
    certificate = response.extensions.get(CERTIFICATE, b"")
    return Answer(
        response.status_code, MappingProxyType(headers), kept, target.url, certificate=certificate
    )
