"""What the picker is shown on: a config with comments, and the providers it names, on loopback."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

KEY = "sk-good-0123456789abcdef"
CONFIG = """\
// My models. Ask before you change the default.
{
  PORT: 9,
  Providers: [
    // cheap, and good at code
    {
      name: "deepseek",
      api_base_url: "URL/v1",
      api_key: "$DEEPSEEK_API_KEY",
      models: [
        "deepseek-chat", // every day
        "deepseek-reasoner",
      ],
    },
    {
      name: "workshop", // the machine under the desk
      api_base_url: "URL/v1",
      models: ["qwen3-coder:30b"],
    },
  ],
  Router: {
    default: "deepseek,deepseek-chat",
    background: "workshop,qwen3-coder:30b", // costs nothing
  },
  groups: {
    any: ["deepseek,deepseek-chat", "workshop,qwen3-coder:30b"],
  },
}
"""
HAS = (
    "deepseek-chat",
    "deepseek-reasoner",
    "deepseek-coder-v3",
    "deepseek-r2-preview",
    "deepseek-vl3",
    "deepseek-math",
)


async def upstream(request: web.Request) -> web.Response:
    """An OpenAI-compatible server; what has a key must have the good one."""
    given = request.headers.get("authorization")
    if given not in (None, f"Bearer {KEY}"):
        return web.json_response({"error": {"message": "Authentication Fails: your api key is invalid"}}, status=401)
    if request.method == "GET":
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in HAS]})
    body: Any = await request.json()
    await asyncio.sleep(0.2)
    return web.json_response(
        {
            "id": "1",
            "model": body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 1},
        }
    )


def write_config(folder: Path, url: str) -> Path:
    """The config in `folder`, its providers at `url`."""
    path = folder / "config.json"
    path.write_text(CONFIG.replace("URL", url))
    return path
