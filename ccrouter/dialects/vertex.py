"""Vertex AI's variants of the anthropic and gemini dialects: another URL, Google's sign-in, and small differences.

Base URLs are those of `providers.vertex.base_url`: they end with the location.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import orjson

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.wording import reminder
from ccrouter.errors import UpstreamError
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

ANTHROPIC_VERSION: Final = "vertex-2023-10-16"

BETAS: Final[Mapping[str, str]] = {
    "advanced-tool-use-2025-11-20": "tool-search-tool-2025-10-19",
    "tool-search-tool-2025-10-19": "tool-search-tool-2025-10-19",
    "compact-2026-01-12": "compact-2026-01-12",
    "compact-2026-09-04": "compact-2026-09-04",
    "computer-use-2025-01-24": "computer-use-2025-01-24",
    "computer-use-2025-11-24": "computer-use-2025-11-24",
    "context-management-2025-06-27": "context-management-2025-06-27",
    "dangerous-tool-use-2026-09-03": "dangerous-tool-use-2026-09-03",
    "interleaved-thinking-2025-05-14": "interleaved-thinking-2025-05-14",
    "per-turn-control-2026-07-01": "per-turn-control-2026-07-01",
    "thinking-binding-controls-2026-08-01": "thinking-binding-controls-2026-08-01",
    "thinking-display-updates-2026-08-18": "thinking-display-updates-2026-08-18",
    "web-search-2025-03-05": "web-search-2025-03-05",
}
"""What Vertex takes of `anthropic-beta`, and under which name. Anything else is a 400: "Unexpected value(s) … for the
`anthropic-beta` header" (anthropics/claude-code#34802, #12429). As LiteLLM keeps the list (its
anthropic_beta_headers_config.json, autumn 2026), but for context-1m, which is refused too (BerriAI/litellm#31607)."""

REFUSED_FIELDS: Final = frozenset({"speed", "container", "mcp_servers"})
"""Body fields of betas that Vertex does not have: "Extra inputs are not permitted"."""
REFUSED_TOOLS: Final = ("advisor_", "code_execution_", "web_fetch_")
"""Beginnings of the types of server tools that it does not run."""

MODEL_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
MID_SYSTEM_SINCE: Final = (4, 8)
""""role 'system' is not supported on this model" before it (BerriAI/litellm#33807, juspay/neurolink#1772)."""
EFFORT_SINCE: Final = (4, 6)
"""`output_config.effort` needs no beta since (LiteLLM, output_params_utils); the beta itself Vertex does not take."""


class _VertexClaude:
    """Anthropic's bodies without `model`, with `anthropic_version`; its answers are Anthropic's own, signatures too."""

    name = "vertex_claude"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        body = ANTHROPIC.encode(request, model=model, origin=origin, quirks=quirks, notes=notes)
        body.pop("model", None)
        for name in REFUSED_FIELDS & body.keys():
            del body[name]
            notes.add(name, f"/{name}", "Vertex does not take it")
        if version_of(model) < EFFORT_SINCE:
            _without_effort(body, notes)
        body["messages"] = [
            _message(message, position, model, notes)
            for position, message in enumerate(as_list(body.get("messages")) or ())
        ]
        body["messages"] = [_unscoped(message) for message in body["messages"]]
        if "system" in body:
            body["system"] = _unscoped_parts(body["system"])
        if "tools" in body:
            body["tools"] = _tools(body["tools"], notes)
        body.pop("anthropic_version", None)
        return {"anthropic_version": ANTHROPIC_VERSION, **body}

    def decoder(self, context: ReplyContext) -> Decoder:
        return ANTHROPIC.decoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        # Claude's errors are Anthropic's; those of the platform before it (sign-in, quota, no such model) are Google's.
        return (ANTHROPIC if is_anthropic_error(body) else GEMINI).error(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        method = "streamRawPredict" if stream else "rawPredict"
        return f"{base_url}/publishers/anthropic/models/{quote(model, safe='@')}:{method}"

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        return bearer(api_key)


class _VertexGemini:
    """Gemini's bodies without the fields that only the Gemini API has; `gemini` for whoever asks for the dialect."""

    name = "gemini"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        # "Unknown name "id" at 'contents[1].parts[0].function_call'" (vercel/ai#15664, googleapis' own SDK refuses it)
        quirks = replace(quirks, call_ids=False)
        body = GEMINI.encode(request, model=model, origin=origin, quirks=quirks, notes=notes)
        # "Unknown name "includeServerSideToolInvocations" at 'tool_config'" (vercel/ai#14655)
        config = as_object(body.get("toolConfig")) or {}
        config.pop("includeServerSideToolInvocations", None)
        if not config:
            body.pop("toolConfig", None)
        return body

    def decoder(self, context: ReplyContext) -> Decoder:
        return GEMINI.decoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        return GEMINI.error(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        return GEMINI.url(f"{base_url}/publishers/google", model=model, stream=stream)

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        return bearer(api_key)


VERTEX_CLAUDE: Final[Dialect] = _VertexClaude()
VERTEX_GEMINI: Final[Dialect] = _VertexGemini()


def version_of(model: str) -> tuple[int, int]:
    """The version in a Claude model's name: `claude-opus-4-8@default` is (4, 8). Names without one count as newest."""
    found = MODEL_VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found is not None else (99, 0)


def accepted_betas(header: str, notes: Notes) -> str:
    """An `anthropic-beta` header with what Vertex takes of it, under its names; may be empty."""
    asked = [beta.strip() for beta in header.split(",") if beta.strip()]
    unknown = [beta for beta in asked if beta not in BETAS]
    if unknown:
        notes.add("anthropic-beta", "headers", f"Vertex does not take {', '.join(unknown)}")
    return ",".join(dict.fromkeys(BETAS[beta] for beta in asked if beta in BETAS))


def bearer(token: str | None) -> dict[str, str]:
    """Google's way to sign in."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return headers


def is_anthropic_error(body: bytes) -> bool:
    """Whether an error's body has Anthropic's shape."""
    try:
        found = as_object(orjson.loads(body))
    except orjson.JSONDecodeError:
        return False
    return found is not None and found.get("type") == "error"


def _without_effort(body: JsonObject, notes: Notes) -> None:
    config = as_object(body.get("output_config"))
    if config is None or "effort" not in config:
        return
    notes.add("effort", "/output_config/effort", "this model does not take it on Vertex")
    rest = {name: value for name, value in config.items() if name != "effort"}
    if rest:
        body["output_config"] = rest
    else:
        del body["output_config"]


def _message(raw: Json, position: int, model: str, notes: Notes) -> Json:
    """A system message amid the others as a user's reminder, where the model takes none; the first may never be one."""
    message = as_object(raw)
    if message is None or message.get("role") != "system" or (position and version_of(model) >= MID_SYSTEM_SINCE):
        return raw
    notes.add("system message", f"/messages/{position}", "told as a reminder of the user: the model takes none here")
    return {**message, "role": "user", "content": _as_reminder(message.get("content"))}


def _as_reminder(content: Json) -> Json:
    if isinstance(content, str):
        return reminder(content)
    parts: list[Json] = []
    for part in as_list(content) or ():
        block = as_object(part) or {}
        text = as_str(block.get("text"))
        parts.append(part if text is None else {**block, "text": reminder(text)})
    return parts


def _tools(raw: Json, notes: Notes) -> Json:
    kept: list[Json] = []
    for tool in as_list(raw) or ():
        kind = as_str((as_object(tool) or {}).get("type")) or ""
        if kind.startswith(REFUSED_TOOLS):
            notes.add("tool", f"/tools/{kind}", "Vertex does not run it")
        else:
            kept.append(_unscoped(tool))
    return kept


def _unscoped_parts(content: Json) -> Json:
    return [_unscoped(part) for part in content] if isinstance(content, list) else content


def _unscoped(raw: Json) -> Json:
    """A message, block or tool whose cache marks have no `scope` (beta prompt-caching-scope): Vertex refuses it.

    Goes by position: what a tool is called with may have any fields. Nothing is changed in place.
    """
    entry = as_object(raw)
    if entry is None:
        return raw
    changes: JsonObject = {}
    mark = as_object(entry.get("cache_control"))
    if mark is not None and "scope" in mark:
        changes["cache_control"] = {name: value for name, value in mark.items() if name != "scope"}
    if isinstance(entry.get("content"), list):
        changes["content"] = _unscoped_parts(entry["content"])
    return {**entry, **changes} if changes else raw
