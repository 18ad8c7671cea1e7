"""The five floors: a module imports only from below, or beside without a circle."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

FLOORS: dict[str, int] = {
    "webring": 0,
    "webring.errors": 0,
    "webring.names": 0,
    "webring.clock": 0,
    "webring.guards": 0,
    "webring.settings": 0,
    "webring.config": 0,
    "webring.consistency": 0,
    "webring.durations": 0,
    "webring.example": 0,
    "webring.limiter": 0,
    "webring.metrics": 0,
    "webring.directory": 1,
    "webring.documents": 1,
    "webring.interests": 1,
    "webring.text": 1,
    "webring.matrix.xmatrix": 1,
    "webring.storage": 2,
    "webring.net": 2,
    "webring.matrix": 2,
    "webring.search.schema": 2,
    "webring.search.generations": 2,
    "webring.search.opened": 2,
    "webring.search.finding": 2,
    "webring.search.index": 2,
    "webring.search": 3,
    "webring.moderation": 3,
    "webring.crawler": 3,
    "webring.check": 3,
    "webring.rings": 3,
    "webring.rings.charset": 1,
    "webring.rings.circle": 1,
    "webring.rings.drafting": 1,
    "webring.rings.elements": 1,
    "webring.rings.exports": 1,
    "webring.rings.feeds": 1,
    "webring.rings.happenings": 1,
    "webring.rings.history": 1,
    "webring.rings.host_turns": 1,
    "webring.rings.importing": 1,
    "webring.rings.list_entries": 1,
    "webring.rings.markup": 1,
    "webring.rings.order": 1,
    "webring.rings.outlines": 1,
    "webring.rings.places": 1,
    "webring.rings.ring_place": 1,
    "webring.rings.site": 1,
    "webring.rings.site_urls": 1,
    "webring.rings.states": 1,
    "webring.rings.timetable": 1,
    "webring.rings.telling": 1,
    "webring.rings.topics": 1,
    "webring.ring_services": 4,
    "webring.services": 4,
    "webring.observing": 4,
    "webring.jobs": 5,
    "webring.demo": 5,
    "webring.web": 5,
    "webring.cli": 5,
    "webring.__main__": 5,
}
"""The longest matching name counts."""

PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "webring").rglob("*.py"))
}


@functools.cache
def tree(module: str) -> ast.Module:
    """The code of a module; read when a test wants it, for every process collects every test."""
    return ast.parse(PATHS[module].read_text())


def floor(module: str) -> int:
    parts = module.split(".")
    for length in range(len(parts), 1, -1):
        name = ".".join(parts[:length])
        if name in FLOORS:
            return FLOORS[name]
    if module == "webring":
        return 0
    raise AssertionError(f"{module} stands on no floor: add it to FLOORS")


def imports(module: str) -> set[str]:
    """The modules of ours that `module` imports."""
    names: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in names if name in PATHS and name not in {module, "webring"}}


@pytest.mark.parametrize("module", PATHS)
def test_nobody_imports_from_above(module: str) -> None:
    above = {name for name in imports(module) if floor(name) > floor(module)}
    # A package's name stands for its highest floor; what counts is the module inside it.
    above = {name for name in above if PATHS[name].name != "__init__.py"}
    assert not above, f"{module} (floor {floor(module)}) imports {sorted(above)}"


def test_there_is_no_circle() -> None:
    graph = {module: imports(module) for module in PATHS}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module not in done:
            for name in sorted(graph[module]):
                if not module.startswith(f"{name}."):
                    visit(name, (*trail, module))
            done.add(module)

    for module in PATHS:
        visit(module, ())


WRITTEN = [module for module in PATHS if ".migrations." not in module]
"""All but what the migration tool writes."""


@pytest.mark.parametrize("module", WRITTEN)
def test_files_and_functions_are_small_and_nothing_is_imported_late(module: str) -> None:
    lines = PATHS[module].read_text().count("\n")
    assert lines <= MAX_FILE_LINES, f"{module} has {lines} lines"
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= MAX_FUNCTION_LINES, f"{module}.{node.name} has {size} lines"
            late = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not late, f"{module}.{node.name} imports inside itself"


IMPURE = {
    "time",
    "socket",
    "sqlite3",
    "urllib.request",
    "httpx",
    "tortoise",
    "asyncio",
    "subprocess",
}


@pytest.mark.parametrize("module", [name for name in PATHS if floor(name) == 1])
def test_the_pure_floor_neither_tells_the_time_nor_touches_the_world(module: str) -> None:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & IMPURE, module
        if isinstance(node, ast.ImportFrom):
            assert node.module not in IMPURE, module
            assert "now_ms" not in {alias.name for alias in node.names}, module
