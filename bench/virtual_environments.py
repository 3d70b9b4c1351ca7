"""Virtual environments below .bench, each made once: what a peer or a drawing needs stays out of the project's own."""

import subprocess
import sys
from pathlib import Path

from bench.peers.base import WORKSPACE, NotAvailableError

INSTALL_SECONDS = 1200
TOOLS = ("matplotlib==3.11.2", "py-spy==0.4.3")
"""What draws the pictures and takes the profiles (docs/decisions says why not in the project's own environment)."""


def installed(name: str, *requirements: str) -> Path:
    """The folder of its commands, after pip has put `requirements` there. Raises NotAvailableError where pip fails."""
    folder = WORKSPACE / name
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    done = folder / "installed.txt"
    wanted = "\n".join(requirements)
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return binaries
    pip = (str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    try:
        for command in ((sys.executable, "-m", "venv", str(folder)), (*pip, *requirements)):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotAvailableError(f"not installed: pip took more than {INSTALL_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in str(error.stderr).splitlines() if line.strip()]
        raise NotAvailableError(f"not installed: {lines[-1] if lines else 'pip failed'}") from None
    done.write_text(wanted, encoding="utf-8")
    return binaries


def tools() -> Path:
    """The folder with the commands of TOOLS and their Python. Raises NotAvailableError."""
    return installed("tools", *TOOLS)
