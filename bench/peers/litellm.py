"""LiteLLM's proxy from PyPI, installed once into a virtual environment of its own, .bench/litellm. Its log is at errors
only, its telemetry off."""

from pathlib import Path

import orjson

from bench.answers import MODEL
from bench.peers.base import Contestant, Launch, clean_environment, free_port
from bench.requests import CLAUDE
from bench.virtual_environments import installed

VERSION = "1.106.2"


def prepare(upstream_port: int, home: Path) -> Launch:
    """Install and configure it. Raises NotAvailableError where pip fails."""
    command = installed("litellm", f"litellm[proxy]=={VERSION}") / "litellm"
    port = free_port()
    upstream = f"http://127.0.0.1:{upstream_port}/v1"
    reached = {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "bench"}
    models = [{"model_name": CLAUDE, "litellm_params": reached}]
    # Else it asks `openai/` models for Anthropic requests by the Responses API, and everybody else here by chat.
    settings = {"drop_params": True, "telemetry": False, "use_chat_completions_url_for_anthropic_messages": True}
    path = home / "litellm.yaml"
    path.write_bytes(orjson.dumps({"model_list": models, "litellm_settings": settings}))  # JSON is YAML
    environment = {
        **clean_environment(home),
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # It does not start without a master key otherwise; with one it would have more to do for each request.
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    arguments = ("--config", str(path), "--host", "127.0.0.1", "--port", str(port))
    return Launch((str(command), *arguments), environment, home, port)


# It has no transformers, and is not set up here for the other dialects.
LEFT_OUT = ("burst-3", "burst-5", "gemini-1000", "responses-1000")
LITELLM = Contestant(f"LiteLLM {VERSION}", "anthropic", prepare, LEFT_OUT)
