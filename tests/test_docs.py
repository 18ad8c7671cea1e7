"""The documents say what is so: links resolve, commands and settings exist, nothing is left out."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from tests.unit.cli.commands import COMMANDS, help_of
from webring.cli.failing import EXIT_CODES, INTERRUPTED
from webring.cli.serving import Role
from webring.settings import Settings, SpelledCommunity

ROOT = Path(__file__).parent.parent
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests/vectors/README.md"]
)
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCS]
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|^    .*?$|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|`|\s{4})(?:sudo -u webring )?(webring [a-z][^`\n]*)", re.MULTILINE)
SETTING = re.compile(r"`\[([a-z]+)\] ([a-z_]+)[^`]*`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings]
    made = {heading.replace(" ", "-") for heading in plain}
    return made | set(re.findall(r'<a (?:id|name)="([^"]+)"', path.read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_every_link_resolves(name: str) -> None:
    path = ROOT / name
    for found in LINK.finditer(text_of(name)):
        target = found[1] or found[2]
        if target.startswith(("https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in anchors(aim), f"{name} links to {target}"


def commands_in(text: str) -> list[str]:
    """Command lines of webring that a document shows, in code."""
    joined = text.replace("\\\n", " ")
    shown = [found[0].strip("`") for found in CODE.finditer(joined)]
    return [each for block in shown for each in COMMAND.findall(f"\n{block}")]


@pytest.mark.parametrize("name", [*NAMES, "Makefile"])
def test_the_commands_it_names_exist(name: str) -> None:
    for line in commands_in(text_of(name)):
        words = shlex.split(line, comments=True)[1:]
        path = [word for word in words if re.fullmatch(r"[a-z]+", word)][:2]
        known = next((p for p in (path, path[:1]) if " ".join(p) in COMMANDS), None)
        group = any(command.split()[0] == path[0] for command in COMMANDS)
        assert known or (len(path) == 1 and group), f"{name}: {line}"
        options = help_of(*known) if known else ""
        for word in words:
            if re.fullmatch(r"--?[a-z-]+", word):
                assert re.search(rf"(?<![\w-]){word}(?![\w-])", options), f"{name}: {line}"


BLOCK = re.compile(r"(?:^    .*\n(?:\n(?=    ))*)+", re.MULTILINE)
ENDLESS = re.compile(r"^    webring (?:serve|demo)\b", re.MULTILINE)
TABLE = re.compile(r"^    \[[a-z.\[]+\]+$", re.MULTILINE)
"""The head of a table in TOML."""


@pytest.mark.parametrize("name", NAMES)
def test_a_block_can_be_pasted_as_it_stands(name: str) -> None:
    """No settings among commands, and nothing below a command that does not return."""
    for found in BLOCK.finditer(text_of(name)):
        block = found[0].rstrip("\n")
        commands = [
            line for line in block.splitlines() if line.startswith(("    webring ", "    sudo "))
        ]
        assert not (commands and TABLE.search(block)), f"{name}: settings in {block}"
        for endless in ENDLESS.finditer(block):
            assert "\n" not in block[endless.start() :], f"{name}: does not return in {block}"


SECTIONS: dict[str, type[Any]] = get_type_hints(Settings)


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_it_names_exist(name: str) -> None:
    for section, key in SETTING.findall(text_of(name)):
        assert key in get_type_hints(SECTIONS[section]), f"{name}: [{section}] {key}"


def test_every_setting_is_in_the_example() -> None:
    example = text_of("webring.toml.example")
    for section, kind in SECTIONS.items():
        part = example.partition(f"\n[{section}]\n")[2].partition("\n[")[0]
        for key in get_type_hints(kind):
            if key != "community":
                assert re.search(rf"^(# )?{key} = ", part, re.MULTILINE), f"[{section}] {key}"
    for key in get_type_hints(SpelledCommunity):
        assert re.search(
            rf"^# {key} = ", example.partition("[[communities.community]]")[2], re.MULTILINE
        )


def test_every_group_of_commands_is_in_the_operating_guide() -> None:
    guide = text_of("docs/operating.md")
    for command in COMMANDS:
        assert f"webring {command.split()[0]}" in guide, command


def test_every_exit_code_is_in_the_operating_guide() -> None:
    rows = re.findall(r"^\| (\d+) \|", text_of("docs/operating.md"), re.MULTILINE)
    assert {int(row) for row in rows} == {0, INTERRUPTED, *(code for _, code in EXIT_CODES)}


def test_every_role_is_in_the_operating_guide() -> None:
    guide = text_of("docs/operating.md")
    assert all(f"--role {role}" in guide for role in Role if role is not Role.BOTH)


def test_every_dependency_earns_its_place() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    rows = re.findall(
        r"^\| ([a-z0-9-]+) \| (?!---)", text_of("docs/adr/0001-dependencies.md"), re.MULTILINE
    )
    wanted = {re.match(r"[a-z0-9-]+", each)[0] for each in project["dependencies"]}  # type: ignore[index]
    assert set(rows) - {"package"} == wanted


def test_every_record_is_listed() -> None:
    records = {path.name for path in (ROOT / "docs/adr").glob("0*.md")}
    assert set(re.findall(r"\((0[^)]+\.md)\)", text_of("docs/adr/README.md"))) == records
