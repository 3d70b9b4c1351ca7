"""The strict upstream refuses each thing it is there to refuse, and nothing that the official API takes."""

from copy import deepcopy
from typing import Any

import pytest

from ccrouter.model.json import Json, JsonObject
from tests.upstreams.openai_responses_rules import Strictness, refusal, seal

PNG = "data:image/png;base64,iVBORw0KGgo="
SEALED = seal("rs_1", "function_call:Bash")
RIGHT: JsonObject = {
    "model": "gpt-5.2",
    "instructions": "Be brief.",
    "input": [
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": PNG}],
        },
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SEALED},
        {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "Bash", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "Bash", "arguments": '{"x":1}'},
        {"type": "function_call_output", "call_id": "b", "output": "done"},
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_image", "image_url": PNG}]},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]},
    ],
    "tools": [
        {
            "type": "function",
            "name": "Bash",
            "description": "Runs a command.",
            "parameters": {"type": "object", "properties": {"cache_control": {"type": "string"}}},
            "strict": False,
        },
        {"type": "web_search"},
    ],
    "tool_choice": {"type": "function", "name": "Bash"},
    "max_output_tokens": 16,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}},
    "stream": True,
    "store": False,
    "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
    "prompt_cache_key": "k",
}


def changed(path: str, value: Json) -> JsonObject:
    """RIGHT with the value at `path` set, inserted into a list, or taken away where it is `(removed)`."""
    body: Any = deepcopy(RIGHT)
    *way, last = path.split("/")
    place: Any = body
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value == "(removed)":
        del place[int(last) if isinstance(place, list) else last]
    elif isinstance(place, list):
        place.insert(int(last), value)
    else:
        place[last] = value
    return body


def test_takes_what_the_api_takes() -> None:
    assert refusal(RIGHT) is None


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("messages", [], "Unknown parameter: 'messages'"),
        ("max_tokens", 10, "Unknown parameter"),
        ("stop", ["x"], "Unknown parameter"),
        ("reasoning_effort", "low", "Unknown parameter"),
        ("store", "(removed)", "store"),
        ("max_output_tokens", 1, ">= 16"),
        ("max_output_tokens", 10**6, "too large"),
        ("temperature", 1, "not supported with this model"),
        ("reasoning/effort", "max", "Unsupported value"),
        ("reasoning/effort", "minimal", "web_search"),
        ("reasoning/enabled", True, "reasoning"),
        ("text/format/json_schema", {}, "unknown key"),
        ("text/format/name", "(removed)", "text.format.name"),
        ("prompt_cache_key", "x" * 65, "prompt_cache_key"),
        ("include/0", "everything", "Invalid value"),
        ("tools/0/function", {}, "Unknown parameter: 'tools[0].function'"),
        ("tools/0/cache_control", {}, "Unknown parameter: 'tools[0].cache_control'"),
        ("tools/0/strict", "(removed)", "strict"),
        ("tools/0/strict", True, "additionalProperties"),
        ("tools/0/name", "x" * 65, "string too long"),
        ("tools/0/parameters", {}, "Invalid schema"),
        ("tools/0", {"type": "web_search_20250305", "name": "web_search"}, "invalid tool type"),
        ("tools", [], "too short"),
        ("tool_choice", {"type": "function", "function": {"name": "Bash"}}, "tool_choice"),
        ("tool_choice/name", "web_search", "not found in 'tools'"),
        ("input", [], "Missing required parameter: 'input'"),
        ("input/0", {"type": "item_reference", "id": "rs_1"}, "Invalid value"),
        ("input/0/cache_control", {}, "Unknown parameter"),
        ("input/0/role", "tool", "Invalid value"),
        ("input/0/content", [], "content must be"),
        ("input/0/content/0", {"type": "text", "text": "x"}, "Invalid value: 'text'"),
        ("input/0/content/0", {"type": "input_text", "text": ""}, "non-empty"),
        ("input/0/content/1/image_url", "data:image/png;base64,%%", "base64"),
        ("input/7/content/0/type", "input_text", "Supported values are: output_text"),
        ("input/1/id", "rs_2", "did not match"),
        ("input/1/id", "x_1", "begins with 'rs'"),
        ("input/1/encrypted_content", "(removed)", "not found"),
        ("input/1/encrypted_content", "Zm9yZWlnbg==", "could not be verified"),
        ("input/1/status", "completed", "Unknown parameter: 'input[1].status'"),
        ("input/1/summary", "(removed)", "summary"),
        ("input/2/name", "Read", "required following item"),
        ("input/2/id", "call_1", "begins with 'fc'"),
        ("input/2/arguments", "[]", "JSON object"),
        ("input/2", {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}, "following"),
        ("input/4", "(removed)", "No tool output found for function call b"),
        ("input/4/call_id", "z", "No tool call found"),
        ("input/4/output", "", "content must be"),
        ("input/3/call_id", "a", "Duplicate"),
        ("instructions", "x-anthropic-billing-header: a", "x-anthropic-billing-header"),
    ],
)
def test_refuses(path: str, value: Json, words: str) -> None:
    refused = refusal(changed(path, value))
    assert refused is not None
    assert words in refused.message


def test_models_that_do_not_reason_take_temperature_and_no_reasoning() -> None:
    plain = Strictness(efforts=frozenset())
    body: Any = {**deepcopy(RIGHT), "temperature": 0.2}
    del body["input"][1]
    for name in ("reasoning", "include"):
        refused = refusal(body, plain)
        assert refused is not None
        del body[name]
    assert refusal(body, plain) is None


def test_deepseek_takes_a_message_between_calls_for_the_end_of_the_turn() -> None:
    between: JsonObject = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x"}]}
    body = changed("input/3", between)
    assert refusal(body) is None
    refused = refusal(body, Strictness(outputs_adjacent=True))
    assert refused is not None
    assert refused.message == "No tool output found for tool call a."
