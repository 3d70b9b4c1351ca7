"""CCR 2.0.0 from npm, installed once into .bench/ccr. Its own log is off: that is its cheapest setting."""

import shutil
import subprocess
from pathlib import Path

import orjson

from bench.peers.base import WORKSPACE, Contestant, Launch, NotAvailableError, clean_environment, free_port
from bench.peers.ccrouter import config

PACKAGE = "@musistudio/claude-code-router"
VERSION = "2.0.0"
INSTALL_SECONDS = 120


def prepare(upstream_port: int, home: Path) -> Launch:
    """Install and configure it. Raises NotAvailableError where node or npm is missing or npm fails."""
    node = shutil.which("node")
    if node is None:
        raise NotAvailableError("not installed: no node")
    entry = _installed()
    port = free_port()
    path = home / ".claude-code-router" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(orjson.dumps({**config(upstream_port, port), "LOG": False}))
    # `start` of 2.0.0 runs in the foreground.
    return Launch((node, str(entry), "start"), clean_environment(home), home, port)


def _installed() -> Path:
    """The path of its dist/cli.js, after npm has put it there."""
    directory = WORKSPACE / "ccr"
    package = directory / "node_modules" / PACKAGE
    if _version(package) != VERSION:
        npm = shutil.which("npm")
        if npm is None:
            raise NotAvailableError("not installed: no npm")
        directory.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(directory), f"{PACKAGE}@{VERSION}"]
        try:
            done = subprocess.run(
                command, cwd=directory, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise NotAvailableError(f"not installed: npm took more than {INSTALL_SECONDS} s") from None
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            raise NotAvailableError(f"not installed: {lines[0] if lines else 'npm failed'}")
    return package / "dist" / "cli.js"


def _version(package: Path) -> str | None:
    try:
        return str(orjson.loads((package / "package.json").read_bytes())["version"])
    except (FileNotFoundError, KeyError, orjson.JSONDecodeError):
        return None


CCR = Contestant(f"CCR {VERSION}", "anthropic", prepare)
