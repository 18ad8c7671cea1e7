"""deploy/webring.service: that it fits the program, and what systemd (where it is) says of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.unit.cli.commands import COMMANDS
from webring.cli.failing import exit_code
from webring.cli.workers import PATIENCE
from webring.errors import ConfigError

UNIT = Path(__file__).parents[2] / "deploy" / "webring.service"
TEXT = UNIT.read_text(encoding="utf-8")


def values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)


def test_it_fits_the_program() -> None:
    (command,) = values("ExecStart")
    program, subcommand, option, _ = command.split()
    assert Path(program).name == "webring"
    assert (subcommand in COMMANDS, option) == (True, "-c")
    assert values("RestartPreventExitStatus") == [str(exit_code(ConfigError()))]
    assert int(values("TimeoutStopSec")[0]) > PATIENCE
    assert values("KillMode") == ["mixed"]


def test_it_may_do_little() -> None:
    assert values("User") == ["webring"]
    assert values("CapabilityBoundingSet") == [""]
    assert values("ProtectSystem") == ["strict"]
    assert values("ReadWritePaths") == []
    assert values("StateDirectory") == ["webring"]


def test_systemd_understands_it(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:  # nothing to ask: the lines above hold all the same
        return
    # Neither the program nor its user is on every machine that runs this.
    text = TEXT.replace("/usr/local/bin/webring", "/bin/true")
    copy = tmp_path / "webring.service"
    copy.write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    said = subprocess.run([tool, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
