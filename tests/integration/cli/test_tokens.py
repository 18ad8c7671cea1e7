"""`webring token`: made once, seen without its text, and taken back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.fakes.rooms import claim
from tests.integration.cli.test_refusals import NAME, Operator
from webring import config
from webring.clock import DAY, Millis, now_ms
from webring.directory.listing import Claim, Standing
from webring.names import RoomId, ServerName, Slug
from webring.storage import communities, decisions, tokens
from webring.storage.database import Database
from webring.storage.tokens import PREFIX


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    made = Operator(tmp_path)
    asyncio.run(_publish(made))
    return made


async def _publish(of: Operator) -> None:
    """Two communities, as a first run of `serve` would have found them."""
    claims: list[tuple[Claim, dict[str, object], Millis]] = [
        (claim(f"{slug}:{NAME}", RoomId(f"!{slug}:hs.{NAME}"), Standing.SPOKEN_FOR), {}, 1)
        for slug in ("hay", "bees")
    ]
    db = await _database(of)
    async with db.transaction() as tx:
        await communities.apply(tx, ServerName(NAME), claims, 0)
    await db.close()


async def _database(of: Operator) -> Database:
    instance = config.load(of.config, {}).instance
    return await Database.open(instance.database, instance.data_dir)


async def _found(of: Operator, text: str) -> tokens.Token | None:
    db = await _database(of)
    try:
        return await tokens.find(db.reader, text, now_ms())
    finally:
        await db.close()


def test_a_token_is_printed_alone_and_once(operator: Operator) -> None:
    made = operator.run("token", "create", "--community", "hay", "--label", "client")
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    assert text.startswith(PREFIX)
    found = asyncio.run(_found(operator, text))
    assert found is not None
    assert found.acts_for(Slug("hay"))
    assert not found.acts_for(Slug("bees"))
    listed = operator.run("token", "list", "--json")
    (row,) = json.loads(listed.stdout)
    assert (row["label"], row["communities"], row["operator"]) == ("client", ["hay"], False)
    assert text not in listed.stdout + operator.run("token", "list").stdout


def test_a_token_may_end_by_itself_and_be_the_operator_s(operator: Operator) -> None:
    made = operator.run("token", "create", "--operator", "--expires", "90d")
    found = asyncio.run(_found(operator, made.stdout.strip()))
    assert found is not None
    assert found.is_operator
    assert found.expires_at is not None
    assert found.expires_at - found.at == 90 * DAY


def test_a_revoked_token_is_good_for_nothing(operator: Operator) -> None:
    text = operator.run("token", "create", "--community", "bees").stdout.strip()
    (row,) = json.loads(operator.run("token", "list", "--json").stdout)
    assert operator.run("token", "revoke", row["id"][:12]).exit_code == 0
    assert asyncio.run(_found(operator, text)) is None
    assert "There is no token" in operator.run("token", "list").stdout
    logged = asyncio.run(_logged(operator))
    assert [each[0] for each in logged] == ["revoke_token", "create_token"]
    assert text not in str(logged)


async def _logged(of: Operator) -> list[tuple[str, str, str]]:
    db = await _database(of)
    try:
        found = await decisions.recent(db.reader, 10)
        return [(each.action, each.target, each.reason) for each in found]
    finally:
        await db.close()


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "nobody": (["create"], 1, "--community SLUG"),
    "somebody and everybody": (["create", "--operator", "--community", "hay"], 1, "--operator"),
    "a community that is none": (["create", "--community", "nope"], 1, "no community nope"),
    "what is no slug": (["create", "--community", "Hay!"], 2, "a slug is 1 to 64"),
    "everybody by the back door": (["create", "--community", "*"], 2, "a slug is 1 to 64"),
    "a length that is none": (["create", "--operator", "--expires", "soon"], 2, "90s"),
    "a long label": (["create", "--operator", "--label", "x" * 101], 1, "at most 100"),
    "a label of two lines": (["create", "--operator", "--label", "a\nb"], 1, "printable"),
    "revoking what is not there": (["revoke", "abc"], 1, "webring token list"),
    "revoking all": (["revoke", ""], 1, "webring token list"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_said(operator: Operator, case: str) -> None:
    words, code, said = REFUSED[case]
    result = operator.run("token", *words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert json.loads(operator.run("token", "list", "--json").stdout) == []
