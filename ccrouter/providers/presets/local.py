"""Servers on the own machine: model runners, and routers that one runs oneself.

Ports that everybody uses (8000, 8080, 4000, 3000) recognise nobody: those are known by name only.
"""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.habits import LEAKS_OF_OPEN_MODELS
from ccrouter.providers.presets.labs import ANTHROPIC, GEMINI
from ccrouter.providers.presets.models import CACHE_CONTROL_MODELS
from ccrouter.providers.presets.row import Preset

RUNNER = Quirks(repair_arguments="schema", leaked_tool_calls=LEAKS_OF_OPEN_MODELS)
"""What runs on people's own machines is small, and its calls are broken more often."""

OLLAMA = Preset(
    name="ollama",
    free=True,
    hosts=("localhost:11434", "127.0.0.1:11434"),
    base_url="http://localhost:11434/v1",
    protocol="openai_chat",
    key_required=False,
    quirks=replace(RUNNER, tool_choice_required=False, parallel_tool_calls=False, stop_limit=None, json_schema=True),
)
OLLAMA_CLOUD = replace(
    OLLAMA,
    name="ollama-cloud",
    free=False,
    hosts=("ollama.com",),
    base_url="https://ollama.com/v1",
    key_variable="OLLAMA_API_KEY",
    key_required=True,
    key_hint="in the settings of your Ollama account",
)

LMSTUDIO = Preset(
    name="lmstudio",
    free=True,
    hosts=("localhost:1234", "127.0.0.1:1234"),
    base_url="http://localhost:1234/v1",
    protocol="openai_chat",
    key_required=False,
    quirks=replace(RUNNER, parallel_tool_calls=False, json_schema=True),
    names=("lm-studio",),
)

VLLM = Preset(
    name="vllm",
    free=True,
    base_url="http://localhost:8000/v1",
    protocol="openai_chat",
    key_variable="VLLM_API_KEY",  # the server's own variable for what it demands
    key_required=False,
    quirks=replace(RUNNER, stop_limit=None, json_schema=True),
)

LLAMA_CPP = Preset(
    name="llama.cpp",
    free=True,
    base_url="http://localhost:8080/v1",
    protocol="openai_chat",
    key_variable="LLAMA_API_KEY",  # the server's own variable for what it demands
    key_required=False,
    # A schema becomes a grammar, which fails on `pattern` and others: asked for in words instead.
    quirks=replace(RUNNER, stop_limit=None),
    names=("llamacpp", "llama-cpp", "llama-server"),
)

LITELLM = Preset(
    name="litellm",
    base_url="http://localhost:4000/v1",
    protocol="openai_chat",
    key_variable="LITELLM_API_KEY",
    key_required=False,
    model_quirks=((CACHE_CONTROL_MODELS, {"keep_cache_control": True}),),
    names=("litellm-proxy",),
)

# A proxy that signs in to Copilot, such as ericc-ch/copilot-api. Signing in there is not ours to do.
GITHUB_COPILOT = Preset(
    name="github-copilot-compatible",
    hosts=("localhost:4141", "127.0.0.1:4141"),
    base_url="http://localhost:4141/v1",
    protocol="openai_chat",
    key_required=False,
    names=("github-copilot", "copilot", "copilot-api"),
)

# snailyp/gemini-balance: a pool of Gemini keys; its own protocol keeps thought signatures, /v1 is OpenAI's.
GEMINI_BALANCE = replace(
    GEMINI,
    name="gemini-balance",
    hosts=(),
    base_url="http://localhost:8000/v1beta",
    # What /v1 takes goes to Google as it is, which refuses more (dialects/gemini/families.py, `output_limit`).
    model_quirks=((r"gemini-(2\.5|3)", {"max_tokens_cap": 65_536}),),
    key_variable="GEMINI_BALANCE_TOKEN",
    key_hint="from who runs it: one of its ALLOWED_TOKENS",
    models=("gemini-2.5-flash", "gemini-2.5-pro"),
    names=("geminibalance",),
)

# Wei-Shaw/claude-relay-service: Claude Code's own address is /api/, Gemini's is /gemini.
CLAUDE_RELAY_SERVICE = replace(
    ANTHROPIC,
    name="claude-relay-service",
    hosts=(),
    base_url="http://localhost:3000/api",
    key_variable="CRS_API_KEY",
    key_hint="from who runs it; it begins with cr_",
    names=("claude-relay", "crs"),
)
CLAUDE_RELAY_SERVICE_GEMINI = replace(
    GEMINI,
    name="claude-relay-service-gemini",
    hosts=(),
    base_url="http://localhost:3000/gemini/v1beta",
    key_variable="CRS_API_KEY",
    key_hint="from who runs it; it begins with cr_",
    models=("gemini-2.5-flash", "gemini-2.5-pro"),
    names=("crs-gemini",),
)
