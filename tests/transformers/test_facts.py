"""The transformers that mostly change what is known about an upstream: what their golden files don't show."""

from dataclasses import replace

import pytest

from ccrouter.api import Quirks, context_for, run_request, run_wire
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Message, Request, ThinkingConfig
from ccrouter.transformers.cerebras import Cerebras
from ccrouter.transformers.cleancache import CleanCache
from ccrouter.transformers.customparams import CustomParams
from ccrouter.transformers.deepseek import DeepSeek
from ccrouter.transformers.groq import Groq
from ccrouter.transformers.maxtoken import MaxToken
from ccrouter.transformers.openrouter import OpenRouter
from ccrouter.transformers.reasoning import Reasoning
from ccrouter.transformers.sampling import Sampling

REQUEST = Request("model", (Message("user", "Hi"),), max_tokens=32000, thinking=ThinkingConfig("adaptive"))


def test_deepseek_believes_what_is_known_about_the_model() -> None:
    known = Quirks(reasoning_out=None, max_tokens_cap=65_536)
    assert DeepSeek().quirks(known) == known


@pytest.mark.parametrize(("given", "cap"), [(100, 100), ("100", 100), ("x", None), (True, None), (None, None)])
def test_maxtoken_reads_numbers_and_digits(given: int | str | None, cap: int | None) -> None:
    assert MaxToken({"max_tokens": given}).quirks(Quirks()).max_tokens_cap == cap


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("anthropic/claude-sonnet-4", True),
        ("Claude-x", True),
        ("google/gemini-2.5-pro", True),
        ("qwen/qwen3-coder", True),
        ("deepseek/deepseek-chat", False),
    ],
)
def test_openrouter_keeps_marks_for_those_who_read_them(model: str, kept: bool) -> None:
    part: JsonObject = {"type": "text", "text": "Hi"}
    marked: JsonObject = {**part, "cache_control": {"type": "ephemeral"}}
    body = run_wire(
        OpenRouter(), {"messages": [{"role": "user", "content": [marked]}]}, context_for(REQUEST, model=model)
    )
    assert body == {"messages": [{"role": "user", "content": [marked if kept else part]}]}


def test_groq_and_cleancache_leave_shared_objects_alone() -> None:
    mark: JsonObject = {"type": "ephemeral"}
    part: JsonObject = {"type": "search_result", "cache_control": mark}
    schema: JsonObject = {"$schema": "x", "type": "object"}
    body: JsonObject = {
        "messages": [{"role": "user", "content": [part]}],
        "tools": [{"type": "function", "function": {"name": "A", "parameters": schema}}],
    }
    run_wire(CleanCache(), body, context_for(REQUEST))
    run_wire(Groq(), body, context_for(REQUEST))
    assert part == {"type": "search_result", "cache_control": mark}
    assert schema == {"$schema": "x", "type": "object"}


@pytest.mark.parametrize("body", [{}, {"messages": "odd", "tools": 3}, {"messages": [1], "tools": [None, {}]}])
def test_odd_bodies_pass(body: JsonObject) -> None:
    for transformer in (CleanCache(), Groq(), Cerebras(), OpenRouter()):
        assert run_wire(transformer, body, context_for(REQUEST)) == body


def test_customparams_never_shares_its_options_with_a_body() -> None:
    options: JsonObject = {"a": {"b": [1]}}
    body = run_wire(CustomParams(options), {}, context_for(REQUEST))
    assert body == options
    assert body["a"] is not options["a"]


def test_sampling_changes_only_what_it_was_told() -> None:
    request = replace(REQUEST, temperature=1.0, top_k=5)
    options: JsonObject = {"temperature": 0, "top_k": "7"}
    assert run_request(Sampling(options), request) == replace(request, temperature=0)
    anthropic = context_for(REQUEST, dialect="anthropic")
    assert run_request(Sampling(options), request, anthropic) == replace(request, temperature=0, top_k=7)
    assert run_wire(Sampling({"repetition_penalty": 1.1}), {}, anthropic) == {}


class TestReasoning:
    def test_disabled_by_the_client_is_told(self) -> None:
        context = context_for(replace(REQUEST, thinking=ThinkingConfig("disabled")))
        assert run_wire(Reasoning(), {"stream": True}, context) == {
            "stream": True,
            "thinking": {"type": "disabled"},
            "enable_thinking": False,
        }

    def test_a_client_that_says_nothing_gets_nothing(self) -> None:
        assert run_wire(Reasoning(), {}, context_for(replace(REQUEST, thinking=None))) == {}

    @pytest.mark.parametrize("style", ["thinking", "enable_thinking", "reasoning_effort", "openrouter"])
    def test_a_known_spelling_is_left_to_the_dialect(self, style: str) -> None:
        context = context_for(REQUEST, quirks=Quirks(effort_style=style))  # pyright: ignore[reportArgumentType]
        assert run_wire(Reasoning(), {}, context) == {}

    def test_enable_thinking_is_for_streams_only(self) -> None:
        # "parameter.enable_thinking must be set to false for non-streaming calls" (DashScope).
        assert run_wire(Reasoning(), {}, context_for(REQUEST))["enable_thinking"] is False

    def test_off_for_every_request(self) -> None:
        request = replace(REQUEST, extras={"output_config": {"effort": "high"}, "metadata": {}})
        off = Reasoning({"enable": False})
        out = run_request(off, request)
        assert out == replace(request, thinking=ThinkingConfig("disabled"), extras={"metadata": {}})
        assert run_wire(off, {"stream": True}, context_for(out))["thinking"] == {"type": "disabled"}

    def test_off_keeps_the_rest_of_output_config(self) -> None:
        request = replace(REQUEST, extras={"output_config": {"effort": "high", "format": {}}})
        assert run_request(Reasoning({"enable": False}), request).extras == {"output_config": {"format": {}}}
