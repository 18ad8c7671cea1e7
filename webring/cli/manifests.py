"""`webring manifest`: what this instance says about itself, and whether another's is right."""

from __future__ import annotations

from typing import Annotated

import typer

from webring.check import outside
from webring.check.findings import Finding
from webring.check.manifest import Place, verify
from webring.cli.checking import described, end_with, print_finding
from webring.cli.command import Setup, command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.clock import now_ms
from webring.documents.manifest import read_manifest
from webring.errors import NotFound
from webring.net.resolver import DnsResolver
from webring.settings import CommunitiesSettings
from webring.storage import communities, documents

app = group(
    "Signed manifests: your own, and other instances'.",
    example="webring manifest verify commune.example",
)

PlaceArgument = Annotated[
    str,
    typer.Argument(help="An instance's name, its base URL, or its manifest's URL.", metavar="URL"),
]
BytesOption = Annotated[
    bool, typer.Option("--raw", help="Print the signed bytes as they are served.")
]


@command(app, "show", examples=["webring manifest show", "webring manifest show --raw > m.json"])
async def show(setup: DatabaseSetup, raw: BytesOption = False) -> None:
    """Show the manifest that this instance serves."""
    settings = setup.settings
    async with setup.database() as db:
        row = await documents.latest(db.reader)
        claims = await communities.of_instance(db.reader, settings.instance.name)
    if row is None:
        raise NotFound("there is no manifest yet: webring serve issues one when it starts")
    if raw:
        print(row.body.decode())
        return
    manifest = read_manifest(row.body)
    say(f"{manifest.instance}, sequence {manifest.sequence}")
    say(f"issued {when(row.issued_at)}, holds until {when(row.expires_at)}")
    say(f"signed by {', '.join(sorted(manifest.keys))}; hash {manifest.sha256}")
    say(f"speaks for {', '.join(manifest.homeservers) or 'no homeserver'}")
    print_table(
        ["community", "alias", "standing", "members", "rooms"],
        [(c.id, c.alias or "", c.standing, c.members, len(c.rooms)) for c in claims],
        empty=_nothing(settings.communities),
    )


def _nothing(chosen: CommunitiesSettings) -> str:
    if chosen.aliases or chosen.community or chosen.directory != "none":
        return "It publishes none of the communities that you chose: webring check says why."
    return "It publishes no communities: choose some in [communities]."


@command(
    app,
    "verify",
    examples=[
        "webring manifest verify commune.example",
        "webring manifest verify https://ring.commune.example --json",
    ],
)
async def verify_(setup: Setup, place: PlaceArgument, as_json: AsJson = False) -> None:
    """Fetch an instance's manifest and verify it.

    Its signature, freshness and pages. Works without an instance of your own. Ends with 1 where
    something is wrong, and names it.
    """
    settings = setup.visitor
    http = settings.testing.http
    fetcher = outside.stranger(settings, DnsResolver(), now_ms)
    findings: list[Finding] = []
    wanted = Place.parse(place, allow_http=http)
    async for finding in verify(wanted, fetcher, now_ms(), allow_http=http):
        findings.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        print_json([described(finding) for finding in findings])
    end_with(findings)
