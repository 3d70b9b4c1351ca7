"""Outlines become requests, and every scenario has a sample that goes there."""

import pytest

from ccrouter.config.types import RequestOutline
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.router import Facts, KnownTargets, decide
from ccrouter.router.outline import SAMPLES, outline_body, sample
from ccrouter.tokens import TokenCounter
from tests.router.requests import CONFIG


@pytest.mark.parametrize("scenario", SAMPLES)
def test_a_sample_goes_where_its_name_says(scenario: str) -> None:
    outline = sample(scenario, CONFIG)
    assert outline is not None
    request = decode_request(outline_body(outline))
    facts = Facts({}, lambda: TokenCounter().count(request), len(outline.text) * 2)
    assert decide(request, facts, CONFIG, provider_facts=KnownTargets()).scenario == scenario


def test_an_unknown_scenario_has_none() -> None:
    assert sample("tink", CONFIG) is None


def test_an_outline_becomes_a_request() -> None:
    outline = RequestOutline(
        model="m", text="Hi", system="Be brief.", tools=("Read", "web_search_20250305"), image=True, plan=True,
        thinking="enabled", effort="high",
    )  # fmt: skip
    request = decode_request(outline_body(outline))
    assert (request.model, request.effort, request.streamed) == ("m", "high", True)
    assert request.thinking is not None
    assert request.thinking.type == "enabled"
    assert [(tool.name, tool.type) for tool in request.tools or ()] == [
        ("Read", None),
        ("web_search", "web_search_20250305"),
    ]
    assert [type(block).__name__ for block in request.messages[0].blocks] == ["Text", "Image", "Text"]
