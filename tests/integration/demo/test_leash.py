"""What a demonstration starts ends with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 60.0

CHILD = "import os, time, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "webring.demo.leash", "child"], stdin=subprocess.PIPE)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_dead(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} was left behind"
        time.sleep(0.05)


def pid_in(folder: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        assert time.monotonic() < deadline, "the child did not start"
        time.sleep(0.05)
    return int((folder / "pid").read_text())


def test_a_child_ends_when_its_parent_is_killed_without_warning(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((root, str(tmp_path)))}
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=tmp_path, env=environment)
    child = pid_in(tmp_path)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(PATIENCE)
    wait_until_dead(child)


def test_a_child_that_ends_by_itself_hands_on_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text("import sys; sys.exit(int(sys.argv[1]))")
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((root, str(tmp_path)))}
    command = [sys.executable, "-m", "webring.demo.leash", "child", "7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=tmp_path, env=environment) as child:
        assert child.wait(PATIENCE) == 7
