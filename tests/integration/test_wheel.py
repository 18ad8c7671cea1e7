"""A wheel built from this tree holds all that the program reads beside its code."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IGNORED = {"__pycache__"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("webring-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_in_it(names: set[str]) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "webring").rglob("*")
        if path.is_file() and not IGNORED & set(path.parts)
    }
    assert files <= names, sorted(files - names)


@pytest.mark.parametrize(
    "name",
    [
        "webring/py.typed",
        "webring/interests/vocabulary.json",
        "webring/demo/sample.json",
        "webring/storage/migrations/0001_initial.py",
        "webring/static/style.css",
        "webring/static/embed/web-ring-1.js",
        "webring/web/embed/fonts/DejaVuSansCondensed-Bold.ttf",
        "webring/web/templates/home.html",
    ],
)
def test_what_is_not_code_is_in_it(names: set[str], name: str) -> None:
    assert name in names


def test_nothing_else_is_in_it(names: set[str]) -> None:
    tops = {name.split("/")[0].split("-")[0] for name in names}
    assert tops == {"webring"}, tops
