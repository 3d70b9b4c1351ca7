"""One request of each scenario, of the shape that Claude Code sends (field-notes 6 and 7), and where it should go."""

import base64
from collections.abc import Mapping

from ccrouter.demo.config import EXPLICIT, ROUTES
from ccrouter.demo.pictures import gradient
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject

MODEL = "claude-sonnet-4-5"
SMALL_MODEL = "claude-haiku-4-5"
SESSION = "00000000-0000-4000-8000-000000000001"
LOG_LINES = 2600

IDENTITY = "You are Claude Code, Anthropic's official CLI for Claude."
PROMPT = """You are an interactive agent that helps users with software engineering tasks.

# Doing tasks
- Read before you change, and prefer small steps.
- Run the tests before you say that something works.
"""
PLAN_MODE = "<system-reminder>\nPlan mode is active. Do not change anything yet; make a plan first.\n</system-reminder>"
AGENTS = "Available agent types for the Agent tool:\n- Explore: searches the code base\n- Plan: designs a change"


@frozen
class DemoRequest:
    """One row of the demo. `body` goes to POST /v1/messages; `target` is the `provider,model` it should reach."""

    name: str
    body: JsonObject
    headers: Mapping[str, str]
    target: str


def demo_requests() -> tuple[DemoRequest, ...]:
    """All of them, in the order of the table."""
    ask = "Which module took longest to compile?"
    return (
        _request("default", _turn("What does a router for Claude Code do?"), ROUTES["default"]),
        _request("tool call", _turn("Run `echo hello from ccrouter`"), ROUTES["default"]),
        _request("background", _title("Mend the flaky login test"), ROUTES["background"], "auxiliary"),
        _request("think", _turn("How would you split this module in two?", PLAN_MODE), ROUTES["think"]),
        _request("longContext", _turn(f"{_build_log()}\n{ask}"), ROUTES["longContext"]),
        _request("webSearch", _search("what is new in Python 3.14"), ROUTES["webSearch"], "auxiliary"),
        _request("image", _turn("What is in this picture?", _image()), ROUTES["image"]),
        _request("explicit", _turn("Say hello.", model=EXPLICIT), EXPLICIT),
    )


def _request(name: str, body: JsonObject, target: str, request_class: str = "main") -> DemoRequest:
    headers = {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
        "user-agent": "claude-cli/2.1.328 (external, cli)",
        "x-app": "cli",
        "x-claude-code-session-id": SESSION,
        "x-claude-code-request-class": request_class,
    }
    return DemoRequest(name, body, headers, target)


def _turn(prompt: str, before: str | JsonObject | None = None, *, model: str = MODEL) -> JsonObject:
    """A turn of the main conversation. `before` is a reminder or an image that comes before the prompt."""
    content: list[Json] = [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}]
    if before is not None:
        content.insert(0, {"type": "text", "text": before} if isinstance(before, str) else before)
    return {
        "model": model,
        "messages": [{"role": "user", "content": content}, {"role": "system", "content": AGENTS}],
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.328.demo; cc_entrypoint=cli;"},
            {"type": "text", "text": IDENTITY},
            {"type": "text", "text": PROMPT, "cache_control": {"type": "ephemeral"}},
        ],
        "tools": _tools(),
        "metadata": _metadata(),
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "stream": True,
    }


def _title(prompt: str) -> JsonObject:
    """The request for the session's title."""
    schema: JsonObject = {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    }
    return {
        "model": SMALL_MODEL,
        "messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}],
        "system": [{"type": "text", "text": "Generate a concise title (3 to 7 words) for this coding session."}],
        "tools": [],
        "metadata": _metadata(),
        "max_tokens": 32_000,
        "thinking": {"type": "disabled"},
        "temperature": 1,
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "stream": True,
    }


def _search(query: str) -> JsonObject:
    """The helper request behind Claude Code's WebSearch tool."""
    text = f"Perform a web search for the query: {query}"
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
        "system": [{"type": "text", "text": "You are an assistant for performing a web search tool use"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "tool_choice": {"type": "auto"},
        "metadata": _metadata(),
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive"},
        "stream": True,
    }


def _image() -> JsonObject:
    data = base64.b64encode(gradient(96, 64)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def _build_log() -> str:
    """A long build log, as people paste them: more tokens than any sensible longContextThreshold."""
    return "\n".join(
        f"2026-11-20T09:{number // 60 % 60:02}:{number % 60:02}Z build[{number % 8}] compiled "
        f"shop/orders/module_{number:04}.py in {(number * 7919) % 977} ms"
        for number in range(LOG_LINES)
    )


def _metadata() -> JsonObject:
    return {"user_id": f'{{"device_id":"demo","account_uuid":"","session_id":"{SESSION}"}}'}


def _tools() -> list[Json]:
    return [
        _tool("Bash", "Executes a shell command and returns its output.", "command", "description"),
        _tool("Edit", "Replaces text in a file.", "file_path", "old_string", "new_string"),
        _tool("Grep", "Searches file contents with a regular expression.", "pattern", "path"),
        _tool("Read", "Reads a file from the local filesystem.", "file_path"),
    ]


def _tool(name: str, description: str, *arguments: str) -> JsonObject:
    properties: JsonObject = {argument: {"type": "string"} for argument in arguments}
    return {
        "name": name,
        "description": description,
        "input_schema": {
            "type": "object",
            "properties": properties,
            "required": [arguments[0]],
            "additionalProperties": False,
        },
    }
