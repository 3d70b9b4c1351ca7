"""This project's daemon, as users run it: `ccr start --foreground` with a config file and its log on."""

import sys
from pathlib import Path

import orjson

from bench.peers.base import Contestant, Launch, NotAvailableError, clean_environment, free_port
from bench.scenarios import MODEL


def config(upstream_port: int, port: int) -> dict[str, object]:
    """One OpenAI chat provider without transformers and the routes most users have; read by both routers."""
    route = f"bench,{MODEL}"
    return {
        "PORT": port,
        "HOST": "127.0.0.1",
        "Providers": [
            {
                "name": "bench",
                "api_base_url": f"http://127.0.0.1:{upstream_port}/v1/chat/completions",
                "api_key": "bench",
                "models": [MODEL],
            }
        ],
        "Router": {
            "default": route,
            "background": route,
            "think": route,
            "longContext": route,
            "longContextThreshold": 60_000,
            "webSearch": route,
        },
    }


def prepare(upstream_port: int, home: Path) -> Launch:
    """Write the config. Raises NotAvailableError where the `ccr` command is not installed beside this Python."""
    command = Path(sys.executable).parent / ("ccr.exe" if sys.platform == "win32" else "ccr")
    if not command.exists():
        raise NotAvailableError(f"no {command.name} beside {sys.executable}: run make bench")
    port = free_port()
    path = home / ".claude-code-router" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(orjson.dumps(config(upstream_port, port), option=orjson.OPT_INDENT_2))
    return Launch((str(command), "start", "--foreground", "--config", str(path)), clean_environment(home), home, port)


CCROUTER = Contestant("ccrouter", "anthropic", prepare)
