"""This project's daemon, as users run it: `ccr start --foreground` with a config file and its log on."""

import compileall
import sys
from pathlib import Path

import orjson

from bench.answers import MODEL
from bench.peers.base import ROOT, Contestant, Launch, NotAvailableError, clean_environment, free_port
from bench.scenarios import CHAINS


def config(upstream_port: int, port: int) -> dict[str, object]:
    """The upstream as an OpenAI chat provider without transformers, with chains of them, and in the other dialects; the
    routes most users have. Read by both routers.
    """
    route = f"bench,{MODEL}"
    upstream = f"http://127.0.0.1:{upstream_port}"
    chat = f"{upstream}/v1/chat/completions"
    return {
        "PORT": port,
        "HOST": "127.0.0.1",
        "Providers": [
            provider("bench", chat),
            *[provider(name, chat, *chain) for name, chain in CHAINS.items()],
            provider("bench-gemini", f"{upstream}/v1beta/models/", "gemini"),
            provider("bench-responses", f"{upstream}/v1/responses", "openai-responses"),
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


def provider(name: str, url: str, *transformers: str) -> dict[str, object]:
    """One provider of the config."""
    chain = {"transformer": {"use": list(transformers)}} if transformers else {}
    return {"name": name, "api_base_url": url, "api_key": "bench", "models": [MODEL], **chain}


def prepare(upstream_port: int, home: Path) -> Launch:
    """Write the config; compile the package, as pip does for whoever installs it. Raises NotAvailableError where the
    `ccr` command is not installed beside this Python.
    """
    command = Path(sys.executable).parent / ("ccr.exe" if sys.platform == "win32" else "ccr")
    if not command.exists():
        raise NotAvailableError(f"no {command.name} beside {sys.executable}: run make bench")
    compileall.compile_dir(ROOT / "ccrouter", quiet=1)
    port = free_port()
    path = home / ".claude-code-router" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(orjson.dumps(config(upstream_port, port), option=orjson.OPT_INDENT_2))
    return Launch((str(command), "start", "--foreground", "--config", str(path)), clean_environment(home), home, port)


CCROUTER = Contestant("ccrouter", "anthropic", prepare)
