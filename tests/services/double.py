"""The doubles of `systemctl`, `loginctl` and `launchctl` on a PATH of the test's."""

import os
import runpy
import stat
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class ServiceManagers:
    """`folder` is where the doubles keep what they keep; `path` has them before everything else."""

    folder: Path
    path: str

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to find them."""
        return {"PATH": self.path, "FAKE_SYSTEMD": str(self.folder), "FAKE_LAUNCHD": str(self.folder)}

    def calls(self) -> list[str]:
        """Since the last time this was asked."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def put(self, name: str, text: str) -> None:
        """One of the files by which the doubles are told how to be."""
        (self.folder / name).write_text(text)


def install_doubles(folder: Path, path: str = os.defpath) -> ServiceManagers:
    """Make them, in `folder`."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name, source in (("systemctl", "systemctl.py"), ("loginctl", "systemctl.py"), ("launchctl", "launchctl.py")):
        program = programs / name
        program.write_text(f"#!{sys.executable} -I\n{(HERE / source).read_text('utf-8')}", "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return ServiceManagers(folder, f"{programs}{os.pathsep}{path}")


def systemctl_module() -> Any:
    """The double of systemctl as a module, for its reader of units."""
    return types.SimpleNamespace(**runpy.run_path(str(HERE / "systemctl.py")))
