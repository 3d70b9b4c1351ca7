"""fuergaosi233's claude-code-proxy. It is in no package registry (PyPI's package of that name is a fork of another),
so it runs only where its command is on the PATH."""

import shutil
from pathlib import Path

from bench.answers import MODEL
from bench.peers.base import Contestant, Launch, NotAvailableError, clean_environment, free_port

COMMAND = "claude-code-proxy"


def prepare(upstream_port: int, home: Path) -> Launch:
    """Configure it. Raises NotAvailableError where its command is not on the PATH."""
    command = shutil.which(COMMAND)
    if command is None:
        raise NotAvailableError(f"not installed: it is in no registry, and there is no {COMMAND} on the PATH")
    port = free_port()
    environment = {
        **clean_environment(home),
        "OPENAI_API_KEY": "sk-bench",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1",
        "BIG_MODEL": MODEL,
        "MIDDLE_MODEL": MODEL,
        "SMALL_MODEL": MODEL,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "ERROR",
    }
    return Launch((command,), environment, home, port)


LEFT_OUT = ("burst-3", "burst-5", "gemini-1000", "responses-1000")
"""It has neither transformers nor other dialects."""
CLAUDE_CODE_PROXY = Contestant("claude-code-proxy (fuergaosi233)", "anthropic", prepare, LEFT_OUT)
