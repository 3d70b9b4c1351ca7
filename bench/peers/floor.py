"""Starting the pass-through."""

import sys
from pathlib import Path

from bench.peers.base import ROOT, Contestant, Launch, clean_environment, free_port


def prepare(upstream_port: int, home: Path) -> Launch:
    """It needs nothing but this virtual environment."""
    port = free_port()
    script = ROOT / "bench" / "peers" / "pass_through.py"
    return Launch((sys.executable, str(script), str(port), str(upstream_port)), clean_environment(home), home, port)


FLOOR = Contestant("pass-through", "upstream", prepare)
