"""`webring ring show`: what an operator sees of a ring that was forked."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.cli.test_refusals import Operator
from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, after, first, unlike
from tests.unit.rings.stored import stored_version
from webring import config
from webring.storage import ring_versions
from webring.storage.database import Database

NOW = 1_790_000_000_000
V1 = first()
V2, LOST = after(V1), unlike(V1)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    made = Operator(tmp_path)
    asyncio.run(_hold(made))
    return made


async def _hold(of: Operator) -> None:
    instance = config.load(of.config, {}).instance
    db = await Database.open(instance.database, instance.data_dir)
    for version in (V1, V2):
        await keep(db, version)
    kept = replace(stored_version(LOST, NOW), on_branch=False, code="sibling_lost")
    async with db.transaction() as tx:
        await ring_versions.keep_evidence(tx, kept)
    await db.close()


def test_evidence_against_stewards_is_shown(operator: Operator) -> None:
    shown = operator.run("ring", "show", ID)
    assert shown.exit_code == 0, shown.output
    line = next(each for each in shown.stdout.splitlines() if LOST.sha256 in each)
    assert line.split() == [LOST.sha256, "2", "sibling_lost", "2026-09-21", "14:13", "UTC"]
    seen = json.loads(operator.run("ring", "show", ID, "--json").stdout)
    (kept,) = seen["evidence"]
    assert kept == {"sequence": 2, "sha256": LOST.sha256, "code": "sibling_lost", "at": NOW}
    assert seen["sha256"] == V2.sha256
