"""What differs between Vertex and the dialects it speaks; the strict upstream of tests/server has the rest."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.vertex import VERTEX_CLAUDE, VERTEX_GEMINI, accepted_betas, version_of
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

BASE = "https://aiplatform.googleapis.com/v1/projects/p/locations/global"


def encoded(body: JsonObject, model: str = "claude-opus-5") -> tuple[JsonObject, list[str]]:
    notes = Notes()
    made = VERTEX_CLAUDE.encode(decode_request(body), model=model, origin="v", quirks=Quirks(), notes=notes)
    return made, [f"{note.what} {note.where}" for note in notes.entries]


def body(**changes: Any) -> JsonObject:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9, **changes}


def test_the_body_is_anthropics_but_for_model_and_version() -> None:
    sent = body(
        system=[{"type": "text", "text": "S", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        tools=[{"name": "T", "input_schema": {"type": "object", "properties": {"cache_control": {"scope": 1}}}}],
        tool_choice={"type": "auto"},
        thinking={"type": "adaptive", "display": "omitted"},
        metadata={"user_id": "u"},
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": {}}},
        context_management={"edits": []},
        unknown_field=[1],
        stream=True,
    )
    made, notes = encoded(sent)
    assert made == {
        **{key: value for key, value in sent.items() if key != "model"},
        "anthropic_version": "vertex-2023-10-16",
    }
    assert notes == []
    assert encoded({**sent, "anthropic_version": "of-the-client"})[0]["anthropic_version"] == "vertex-2023-10-16"


def test_the_scope_of_cache_marks_goes_and_what_only_looks_like_one_stays() -> None:
    mark = {"type": "ephemeral", "scope": "global", "ttl": "1h"}
    call = {"type": "tool_use", "id": "t", "name": "T", "input": {"cache_control": {"scope": "mine"}}}
    result = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": [{"type": "text", "text": "r", "cache_control": mark}],
    }
    sent = body(
        system=[{"type": "text", "text": "S", "cache_control": mark}],
        tools=[{"name": "T", "input_schema": {}, "cache_control": mark}],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": mark}]},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    )
    before = orjson.dumps(sent)
    made = orjson.dumps(encoded(sent)[0])
    assert made.count(b'"scope":"global"') == 0
    assert made.count(b'"cache_control":{"type":"ephemeral","ttl":"1h"}') == 4
    assert b'{"cache_control":{"scope":"mine"}}' in made
    assert orjson.dumps(sent) == before


@pytest.mark.parametrize(
    ("model", "role"),
    [
        ("claude-opus-4-8", "system"),
        ("claude-opus-4-8@default", "system"),
        ("claude-sonnet-5", "system"),
        ("claude-of-the-future", "system"),
        ("claude-opus-4-7", "user"),
        ("claude-haiku-4-5@20251001", "user"),
        ("claude-3-7-sonnet@20250219", "user"),
        ("claude-sonnet-4@20250514", "user"),
    ],
)
def test_system_messages_amid_the_conversation(model: str, role: str) -> None:
    messages: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": "Skills: none"},
        {"role": "assistant", "content": "Hello"},
    ]
    made, notes = encoded(body(messages=messages), model)
    said = "Skills: none" if role == "system" else "<system-reminder>\nSkills: none\n</system-reminder>"
    assert made["messages"] == [messages[0], {"role": role, "content": said}, messages[2]]
    assert notes == ([] if role == "system" else ["system message /messages/1"])


def test_the_first_message_is_never_a_system_message() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    made, _ = encoded(body(messages=[{"role": "system", "content": [{"type": "text", "text": "A", **mark}]}]))
    text = "<system-reminder>\nA\n</system-reminder>"
    assert made["messages"] == [{"role": "user", "content": [{"type": "text", "text": text, **mark}]}]


@pytest.mark.parametrize(
    ("model", "config", "expected"),
    [
        ("claude-sonnet-4-6", {"effort": "low"}, {"effort": "low"}),
        ("claude-haiku-4-5@20251001", {"effort": "low"}, None),
        ("claude-haiku-4-5@20251001", {"effort": "low", "format": {"type": "x"}}, {"format": {"type": "x"}}),
    ],
)
def test_effort(model: str, config: JsonObject, expected: JsonObject | None) -> None:
    made, notes = encoded(body(output_config=config), model)
    assert made.get("output_config") == expected
    assert notes == ([] if expected == config else ["effort /output_config/effort"])


def test_what_vertex_does_not_have_is_left_out_and_said() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    advisor = {"type": "advisor_20260301", "name": "advisor"}
    made, notes = encoded(body(speed="fast", mcp_servers=[], tools=[search, advisor]))
    assert made["tools"] == [search]
    assert {"speed", "mcp_servers"}.isdisjoint(made)
    assert sorted(notes) == ["mcp_servers /mcp_servers", "speed /speed", "tool /tools/advisor_20260301"]


def test_thinking_goes_back_untouched_and_that_of_others_stays_here() -> None:
    own = {"type": "thinking", "thinking": "t", "signature": "RXJz"}
    foreign = {"type": "thinking", "thinking": "f", "signature": seal(Envelope("gemini", "thought_signature", {}))}
    call = {"type": "tool_use", "id": "t", "name": "T", "input": {}}
    turns = [{"role": "assistant", "content": [own, foreign, call]}]
    made, notes = encoded(body(messages=[{"role": "user", "content": "x"}, *turns]))
    assert made["messages"] == [{"role": "user", "content": "x"}, {"role": "assistant", "content": [own, call]}]
    assert notes == ["thinking /messages/1"]


def test_one_more_turn_is_a_prefix_extension() -> None:
    messages: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": "S"},
        {"role": "assistant", "content": "A"},
        {"role": "user", "content": "B"},
    ]
    for model in ("claude-opus-5", "claude-haiku-4-5"):
        longer, _ = encoded(body(messages=messages), model)
        shorter, _ = encoded(body(messages=messages[:2]), model)
        assert isinstance(longer["messages"], list)
        assert longer["messages"][:2] == shorter["messages"]


def test_betas() -> None:
    notes = Notes()
    header = (
        "claude-code-20250219, interleaved-thinking-2025-05-14,advanced-tool-use-2025-11-20,tool-search-tool-2025-10-19"
    )
    assert accepted_betas(header, notes) == "interleaved-thinking-2025-05-14,tool-search-tool-2025-10-19"
    assert [note.why for note in notes.entries] == ["Vertex does not take claude-code-20250219"]
    assert accepted_betas("", Notes()) == ""
    assert accepted_betas("context-1m-2025-08-07", Notes()) == ""


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-opus-4-8@default", (4, 8)),
        ("claude-opus-4@20250514", (4, 0)),
        ("claude-opus-4-20250514", (4, 0)),
        ("claude-3-5-sonnet-v2@20241022", (3, 5)),
        ("claude-sonnet-5", (5, 0)),
        ("claude-opus-4-10", (4, 10)),
        ("claude-next", (99, 0)),
    ],
)
def test_versions(model: str, version: tuple[int, int]) -> None:
    assert version_of(model) == version


def test_urls() -> None:
    place = f"{BASE}/publishers"
    url = VERTEX_CLAUDE.url(BASE, model="claude-haiku-4-5@20251001", stream=True)
    assert url == f"{place}/anthropic/models/claude-haiku-4-5@20251001:streamRawPredict"
    assert VERTEX_CLAUDE.url(BASE, model="a/b?c", stream=False) == f"{place}/anthropic/models/a%2Fb%3Fc:rawPredict"
    assert (
        VERTEX_GEMINI.url(BASE, model="gemini-x", stream=True)
        == f"{place}/google/models/gemini-x:streamGenerateContent?alt=sse"
    )
    assert VERTEX_GEMINI.url(BASE, model="gemini-x", stream=False) == f"{place}/google/models/gemini-x:generateContent"


@pytest.mark.parametrize("dialect", [VERTEX_CLAUDE, VERTEX_GEMINI])
def test_a_token_is_a_bearer_token(dialect: Any) -> None:
    assert dialect.headers("t", url=BASE) == {"content-type": "application/json", "authorization": "Bearer t"}
    assert dialect.headers(None, url=BASE) == {"content-type": "application/json"}


def test_errors_of_claude_and_of_the_platform() -> None:
    claude = orjson.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}})
    error = VERTEX_CLAUDE.error(400, {}, claude)
    assert error.detail == ANTHROPIC.error(400, {}, claude).detail
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"}
    quota = orjson.dumps(
        [{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [retry]}}]
    )
    error = VERTEX_CLAUDE.error(429, {}, quota)
    assert (error.detail.type, error.detail.message, error.detail.retry_after) == ("rate_limit_error", "Quota", 38.0)
    assert "HTML" in VERTEX_CLAUDE.error(502, {}, b"<html>").detail.message


def test_gemini_without_the_fields_that_only_the_gemini_api_has() -> None:
    tools: list[Any] = [
        {"type": "web_search_20250305", "name": "web_search"},
        {"name": "T", "input_schema": {"type": "object", "properties": {}}},
    ]
    request = decode_request(body(tools=tools))
    arguments: dict[str, Any] = {"model": "gemini-3.1-pro-preview", "origin": "v", "quirks": Quirks()}
    plain = GEMINI.encode(request, notes=Notes(), **arguments)
    made = VERTEX_GEMINI.encode(request, notes=Notes(), **arguments)
    assert plain["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert made == {key: value for key, value in plain.items() if key != "toolConfig"}
