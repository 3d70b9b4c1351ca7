"""LiteLLM's proxy from PyPI, installed once into a virtual environment of its own, .bench/litellm. Its log is at errors
only, its telemetry off."""

import subprocess
import sys
from pathlib import Path

import orjson

from bench.answers import MODEL
from bench.peers.base import WORKSPACE, Contestant, Launch, NotAvailableError, clean_environment, free_port
from bench.requests import CLAUDE

VERSION = "1.106.2"
INSTALL_SECONDS = 600


def prepare(upstream_port: int, home: Path) -> Launch:
    """Install and configure it. Raises NotAvailableError where pip fails."""
    command = _installed()
    port = free_port()
    upstream = f"http://127.0.0.1:{upstream_port}/v1"
    names = (CLAUDE, *[f"{provider},{MODEL}" for provider in ("bench-3", "bench-5")])
    models = [
        {
            "model_name": name,
            "litellm_params": {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "bench"},
        }
        for name in names
    ]
    settings = {"drop_params": True, "telemetry": False}
    path = home / "litellm.yaml"
    path.write_bytes(orjson.dumps({"model_list": models, "litellm_settings": settings}))  # JSON is YAML
    environment = {**clean_environment(home), "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    arguments = ("--config", str(path), "--host", "127.0.0.1", "--port", str(port))
    return Launch((str(command), *arguments), environment, home, port)


def _installed() -> Path:
    """The path of its command, after pip has put it there."""
    folder = WORKSPACE / "litellm"
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    done = folder / f"installed-{VERSION}"
    if not done.exists():
        try:
            for command in (
                (sys.executable, "-m", "venv", str(folder)),
                (str(binaries / "python"), "-m", "pip", "install", "--quiet", f"litellm[proxy]=={VERSION}"),
            ):
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotAvailableError(f"not installed: pip took more than {INSTALL_SECONDS} s") from None
        except subprocess.CalledProcessError as error:
            lines = [line for line in str(error.stderr).splitlines() if line.strip()]
            raise NotAvailableError(f"not installed: {lines[-1] if lines else 'pip failed'}") from None
        done.touch()
    return binaries / "litellm"


LITELLM = Contestant(f"LiteLLM {VERSION}", "anthropic", prepare)
