"""Outlines of requests (the config's `tests`, `ccr explain --scenario`) as the requests Claude Code would send."""

from typing import Final

from ccrouter.config.types import SCENARIOS, Config, RequestOutline, Target
from ccrouter.model.json import Json, JsonObject
from ccrouter.router.classification import CLASSIFIER_STOPS, MONITOR_PROMPT, PLAN_ACTIVE, REMINDER

SERVER_TOOLS: Final = ("web_search_", "web_fetch_", "code_execution_", "text_editor_", "computer_", "bash_")
"""What the types of Anthropic's server tools begin with; a date follows."""

PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HAIKU: Final = "claude-haiku-4-5"
FILLER: Final = " word"
"""About one token."""


SAMPLES: Final = (*SCENARIOS, "explicit", "subagent", "classifier")
"""Scenarios that a request can be made for. What a custom router of the user's decides is nobody else's to say."""


def outline_body(outline: RequestOutline) -> JsonObject:
    """The Messages request that the outline stands for."""
    content: list[Json] = [{"type": "text", "text": outline.text}]
    if outline.image:
        source: JsonObject = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        content.append({"type": "image", "source": source})
    if outline.plan:
        content.append({"type": "text", "text": f"{REMINDER}\n{PLAN_ACTIVE[0]}.\n</system-reminder>"})
    body: JsonObject = {"model": outline.model, "max_tokens": 32_000, "stream": True}
    if outline.system is not None:
        body["system"] = [{"type": "text", "text": outline.system}]
    body["messages"] = [{"role": "user", "content": content}]
    if outline.tools:
        body["tools"] = [_tool(name) for name in outline.tools]
    if outline.thinking is not None:
        budget: JsonObject = {"budget_tokens": 10_000} if outline.thinking == "enabled" else {}
        body["thinking"] = {"type": outline.thinking, **budget}
    if outline.effort is not None:
        body["output_config"] = {"effort": outline.effort}
    if outline.system is not None and outline.system.startswith(MONITOR_PROMPT):
        body["stop_sequences"] = list[Json](sorted(CLASSIFIER_STOPS))
    return body


def _tool(name: str) -> JsonObject:
    if name.startswith(SERVER_TOOLS) and name[-8:].isdigit():
        return {"type": name, "name": name[:-9]}
    return {"name": name, "description": f"The tool {name}.", "input_schema": {"type": "object", "properties": {}}}


def sample(scenario: str, config: Config) -> RequestOutline | None:
    """A request that goes to the scenario where the configuration has a route for it; None for an unknown name."""
    first = config.router.default or next(
        (Target(provider.name, model) for provider in config.providers for model in provider.models), None
    )
    threshold = config.router.long_context_threshold
    match scenario:
        case "default":
            return RequestOutline(text="Write a test for the parser.", thinking="adaptive", tools=("Read", "Bash"))
        case "background":
            return RequestOutline(model=HAIKU, text="Write a title for this session.")
        case "think":
            return RequestOutline(text="Find the bug.", thinking="enabled", tools=("Read", "Bash"))
        case "longContext":
            return RequestOutline(text=FILLER * (threshold + threshold // 10), tools=("Read", "Bash"))
        case "webSearch":
            return RequestOutline(text="Perform a web search for the query: news", tools=("web_search_20250305",))
        case "image":
            return RequestOutline(text="What is in this picture?", image=True, tools=("Read", "Bash"))
        case "explicit":
            return RequestOutline(model=str(first), tools=("Read", "Bash"))
        case "subagent":
            return RequestOutline(
                text=f"<CCR-SUBAGENT-MODEL>{first}</CCR-SUBAGENT-MODEL> Look around.", tools=("Read",)
            )
        case "classifier":
            return RequestOutline(text="<transcript>Bash: ls</transcript>", system=f"{MONITOR_PROMPT} for agents.")
        case _:
            return None
