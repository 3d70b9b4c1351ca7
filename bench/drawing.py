"""Having a picture drawn by the tools' Python."""

import subprocess
from pathlib import Path
from typing import Literal

from bench.peers.base import ROOT, NotAvailableError
from bench.virtual_environments import tools


def draw(kind: Literal["comparison", "lines"], figures: Path, picture: Path) -> None:
    """Draw the JSON file `figures`. Raises NotAvailableError where the tools cannot be installed or fail."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    command = (str(tools() / "python"), str(ROOT / "bench" / "plots.py"), kind, str(figures), str(picture))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotAvailableError(f"no picture: {(done.stderr.strip().splitlines() or ['python failed'])[-1]}")
