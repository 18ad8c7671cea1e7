"""`webring ring verify`: whether what is served of a ring is right."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from webring.check import outside
from webring.check.ring import findings
from webring.cli.checking import described, end_with, print_finding
from webring.cli.command import Setup, command, group
from webring.cli.printing import AsJson, print_json
from webring.clock import Millis, now_ms
from webring.net.resolver import DnsResolver
from webring.rings.ring_place import RingPlace
from webring.rings.verifying import Report, verify

app = group("")

PlaceArgument = Annotated[
    str,
    typer.Argument(
        help="A ring's id, or the address of its page or document on any instance.", metavar="RING"
    ),
]


@command(
    app,
    "verify",
    examples=[
        "webring ring verify soil:commune.example",
        "webring ring verify https://mirror.example/rings/soil:commune.example --json",
    ],
)
async def verify_(setup: Setup, ring: PlaceArgument, as_json: AsJson = False) -> None:
    """Walk a ring's whole chain of versions and verify it.

    From the founding instance, or from whichever the address names. Every link is checked by its
    stewards' signatures, and the broken one is named. Works without an instance of your own. Ends
    with 1 where a link is broken.
    """
    settings = setup.visitor
    http = settings.testing.http
    place = RingPlace.parse(ring, allow_http=http)
    fetcher = outside.stranger(settings, DnsResolver(), now_ms)
    report = await verify(fetcher, place, now_ms, allow_http=http, progress=_progress)
    now = now_ms()
    found = list(findings(report, now))
    if as_json:
        print_json(_report(report, now))
    else:
        for finding in found:
            print_finding(finding)
    end_with(found)


def _progress(sequence: int, of: int) -> None:
    """A line that is written over and over, for whoever sits before a terminal."""
    if sys.stderr.isatty():
        end = "\n" if sequence == of else ""
        print(f"\rversion {sequence} of {of}", end=end, file=sys.stderr, flush=True)


def _report(report: Report, now: Millis) -> dict[str, Any]:
    head = report.head
    return {
        "ring": head.id,
        "root": head.root,
        "name": head.terms.name,
        "asked": report.base,
        "holds": report.holds,
        "sequence": head.sequence,
        "sha256": head.sha256,
        "issued_at": head.validity.issued_at,
        "expires_at": head.expires_at,
        "freshness": report.freshness,
        "erased": report.erased,
        "unfounded": report.unfounded,
        "cut": report.cut,
        "links": [
            {
                "sequence": link.sequence,
                "sha256": link.sha256,
                "outcome": link.outcome,
                "why": link.why,
                "erased": link.erased,
            }
            for link in report.links
        ],
        "findings": [described(finding) for finding in findings(report, now)],
    }
