"""Servers on the own machine."""

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.models import R1
from ccrouter.providers.presets.row import Preset

OLLAMA = Preset(
    name="ollama",
    hosts=("localhost:11434", "127.0.0.1:11434", "ollama.com"),
    base_url="http://localhost:11434/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(tool_choice_required=False, parallel_tool_calls=False, stop_limit=None, json_schema=True),
)

LMSTUDIO = Preset(
    name="lmstudio",
    hosts=("localhost:1234", "127.0.0.1:1234"),
    base_url="http://localhost:1234/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(parallel_tool_calls=False, json_schema=True),
    names=("lm-studio", "lm_studio"),
)

VLLM = Preset(
    name="vllm",
    hosts=(),  # its port, 8000, is everybody's
    base_url="http://localhost:8000/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(stop_limit=None, json_schema=True),
    model_quirks=(R1,),
)
