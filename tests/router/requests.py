"""Requests in the shapes that Claude Code sends (field-notes 4.3, 6, 7), for the router's tests."""

from ccrouter.config.types import Config, ProviderConfig, RouterConfig, Target
from ccrouter.model.blocks import Block, Image, Text, ToolResult, ToolUse
from ccrouter.model.json import Json
from ccrouter.model.request import Message, Request, ThinkingConfig, Tool, ToolChoice
from ccrouter.router import Facts

DEFAULT = Target("deepseek", "deepseek-chat")
BACKGROUND = Target("ollama", "qwen2.5-coder:latest")
THINK = Target("deepseek", "deepseek-reasoner")
LONG = Target("gemini", "gemini-2.5-pro")
SEARCH = Target("gemini", "gemini-2.5-flash")
IMAGE = Target("openrouter", "z-ai/glm-4.5v")
CLASSIFIER = Target("openrouter", "openai/gpt-5-mini")

PROVIDERS = (
    ProviderConfig("deepseek", "http://127.0.0.1:1", models=("deepseek-chat", "deepseek-reasoner")),
    ProviderConfig("ollama", "http://127.0.0.1:2", models=("qwen2.5-coder:latest",)),
    ProviderConfig("gemini", "http://127.0.0.1:3", models=("gemini-2.5-flash", "gemini-2.5-pro")),
    ProviderConfig(
        "openrouter", "http://127.0.0.1:4", models=("anthropic/claude-sonnet-4", "z-ai/glm-4.5v", "openai/gpt-5-mini")
    ),
)
ALL_ROUTES = RouterConfig(DEFAULT, BACKGROUND, THINK, LONG, SEARCH, IMAGE, CLASSIFIER)
ONLY_DEFAULT = RouterConfig(DEFAULT)
CONFIG = Config(PROVIDERS, ALL_ROUTES)

MAIN_MODEL = "claude-sonnet-5"
HAIKU = "claude-haiku-4-5-20251001"
SYSTEM = (
    Text("x-anthropic-billing-header: cc_version=2.1.328.abc; cc_entrypoint=cli; cch=0f0f0;"),
    Text("You are Claude Code, Anthropic's official CLI for Claude."),
    Text("You are an interactive agent that helps users with software engineering tasks."),
)
TOOLS = (Tool("Bash", "Runs a command", {"type": "object"}), Tool("Read", "Reads a file", {"type": "object"}))
ENVIRONMENT = Message("system", (Text("# Environment\nWorking directory: /work"),))
PICTURE = Image({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="})
FULL_PLAN = "<system-reminder>\nPlan mode is active. The user indicated that they do not want you to execute yet"
SHORT_PLAN = "<system-reminder>\nPlan mode still active (see full instructions earlier in conversation)."
PLAN_EXIT = "<system-reminder>\n## Exited Plan Mode\n\nYou have exited plan mode. You can now make edits."


def facts(
    tokens: int = 1_000,
    *,
    headers: dict[str, str] | None = None,
    last: int | None = None,
    body_bytes: int | None = None,
) -> Facts:
    """Facts of a request with `tokens` tokens in four bytes each."""
    return Facts(headers or {}, lambda: tokens, tokens * 4 if body_bytes is None else body_bytes, last)


def never_counted() -> int:
    """For facts of requests that must not be counted."""
    raise AssertionError("the tokens were counted")


def classed(name: str) -> dict[str, str]:
    return {"x-claude-code-request-class": name}


def user(*blocks: Block | str) -> Message:
    return Message("user", tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def assistant(*blocks: Block | str) -> Message:
    return Message("assistant", tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def call(identity: str = "toolu_1") -> Message:
    return assistant("Let me look.", ToolUse(identity, "Read", {"file_path": "/a"}))


def result(*content: Block | str, identity: str = "toolu_1") -> ToolResult:
    return ToolResult(identity, tuple(Text(part) if isinstance(part, str) else part for part in content))


def main(*messages: Message, model: str = MAIN_MODEL, effort: str = "high", thinking: str = "adaptive") -> Request:
    """A turn of the main loop: adaptive thinking and an effort come with every one."""
    extras: dict[str, Json] = {"output_config": {"effort": effort}}
    return Request(
        model=model,
        messages=messages or (user("Write a test."), ENVIRONMENT),
        system=SYSTEM,
        tools=TOOLS,
        max_tokens=128_000,
        stream=True,
        thinking=ThinkingConfig(thinking, 10_000 if thinking == "enabled" else None),
        extras=extras,
    )


TITLE_SCHEMA: Json = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


def title() -> Request:
    """The session title: haiku, a JSON schema, no tools."""
    return Request(
        model=HAIKU,
        messages=(user("Write a test."),),
        system=(SYSTEM[0], Text("Generate a concise title.")),
        tools=(),
        max_tokens=32_000,
        stream=True,
        temperature=1.0,
        thinking=ThinkingConfig("disabled"),
        extras={"output_config": {"format": {"type": "json_schema", "schema": TITLE_SCHEMA}}},
    )


def probe(model: str) -> Request:
    """The `/model` probe: no system, no stream, one token."""
    return Request(model=model, messages=(Message("user", "Hi"),), max_tokens=1)


def search_helper(model: str = MAIN_MODEL) -> Request:
    """What the WebSearch tool sends."""
    return Request(
        model=model,
        messages=(user("Perform a web search for the query: rust 2027"),),
        system=SYSTEM,
        tools=(Tool("web_search", type="web_search_20250305", extras={"max_uses": 8}),),
        tool_choice=ToolChoice("auto"),
        max_tokens=32_000,
        stream=True,
        thinking=ThinkingConfig("disabled"),
    )


def safety_check(model: str = MAIN_MODEL, *, stops: tuple[str, ...] | None = ("</severity>",)) -> Request:
    """Auto mode's classifier."""
    return Request(
        model=model,
        messages=(user("<transcript>Bash: ls</transcript>"),),
        system=(SYSTEM[0], Text("You are a security monitor for autonomous AI coding agents.\n\n…")),
        max_tokens=64,
        stop_sequences=stops,
        thinking=ThinkingConfig("disabled"),
    )
