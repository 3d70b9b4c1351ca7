"""Which requests get hints."""

from collections.abc import Mapping

import pytest

from ccrouter.config.types import Config, Hints, RouterConfig, Target
from ccrouter.gateway.guidance import guide_for, wants_guidance
from ccrouter.model.request import Message, Request, Tool
from ccrouter.runtime import assemble
from tests.pipeline.guided import CLAUDE_CODE, PROVIDERS

ON, OFF = Hints(True), Hints()


def request(*tools: Tool, **more: object) -> Request:
    return Request("claude-sonnet-5", (Message("user", "Hi"),), tools=tools, **more)  # pyright: ignore[reportArgumentType]


AGENT = request(*CLAUDE_CODE)


@pytest.mark.parametrize(
    ("hints", "headers", "wanted"),
    [
        (OFF, {}, False),
        (ON, {}, True),
        (OFF, {"x-ccr-hints": "on"}, True),
        (OFF, {"x-ccr-hints": " True "}, True),
        (ON, {"x-ccr-hints": "off"}, False),
        (ON, {"x-ccr-hints": "perhaps"}, True),
        (OFF, {"x-ccr-hints": "perhaps"}, False),
        (OFF, {"x-ccr-hints": ""}, False),
    ],
)
def test_the_session_says_and_else_the_config(hints: Hints, headers: Mapping[str, str], wanted: bool) -> None:
    assert wants_guidance(AGENT, headers, Config((), RouterConfig(), hints=hints)) is wanted


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (request(), False),  # a title, a probe, the safety classifier
        (Request("m", (Message("user", "Hi"),)), False),
        (request(Tool("web_search", type="web_search_20250305")), False),  # the WebSearch helper
        (request(Tool("get_weather", input_schema={})), False),  # another client
        (request(Tool("Read", input_schema={}), Tool("Grep", input_schema={})), True),  # a subagent that only reads
    ],
)
def test_only_agents_with_claude_codes_tools(asked: Request, wanted: bool) -> None:
    config = Config((), RouterConfig(), hints=ON)
    for kind in ("main", "subagent", "compaction", "auxiliary"):
        assert wants_guidance(asked, {"x-claude-code-request-class": kind}, config) is wanted


def test_the_guide_tells_them_by_target() -> None:
    service, problems = assemble(Config(PROVIDERS, RouterConfig(), hints=ON), {}, {})
    assert problems == []
    guide = guide_for(AGENT, {}, service)
    assert guide is not None
    assert str(guide(Target("google", "gemini-2.5-pro"))) == "gemini (built in)"
    assert guide(Target("anthropic", "claude-opus-4-8")) is None
    assert guide(Target("somewhere", "my-model")) is None
    assert guide(Target("nobody", "gemini-2.5-pro")) is None
    assert guide_for(request(), {}, service) is None
