"""`webring check`: whether the world can reach and verify this instance, and what to mend."""

from __future__ import annotations

import typer

from webring.check.everything import check as check_everything
from webring.check.findings import Finding, Level
from webring.cli.command import Setup, command, group
from webring.cli.failing import FAILED
from webring.cli.printing import AsJson, print_json, say
from webring.clock import now_ms
from webring.text import terminal

app = group("")


@command(app, "check", examples=["webring check", "webring check --json"])
async def check(setup: Setup, as_json: AsJson = False) -> None:
    """Check this instance, and say what to mend.

    From inside and, as a stranger would, from outside.
    Settings, keys, disk, database; DNS, certificates and proxy; whether the base URL and the name
    answer over TLS; whether the manifest verifies; the Matrix identity; where the homeserver is
    found, and whether its directory is open; the clock. Ends with 1 where something fails, so that
    a timer can run it.
    """
    findings: list[Finding] = []
    async for finding in check_everything(setup.path, setup.settings, now_ms):
        findings.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        print_json([described(finding) for finding in findings])
    else:
        counts = [f"{sum(f.level is level for f in findings)} {level}" for level in Level]
        say(", ".join(counts))
    end_with(findings)


def print_finding(finding: Finding) -> None:
    """One line for what was seen, and one for how to mend it."""
    print(f"{finding.level:<5} {finding.subject}: {terminal(finding.seen)}")
    if finding.mend:
        print(f"      -> {finding.mend}")


def described(finding: Finding) -> dict[str, str]:
    """A finding as JSON."""
    return {
        "subject": finding.subject,
        "level": finding.level,
        "seen": finding.seen,
        "mend": finding.mend,
    }


def end_with(findings: list[Finding]) -> None:
    """End the command with 1 where something failed."""
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(FAILED)
