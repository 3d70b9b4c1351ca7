"""The reply side: blocks and their order, calls, endings, sources, failures."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.gemini.tools import wire_name
from ccrouter.model.events import (
    BlockStart,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Start,
    TextBlock,
    ThinkingBlock,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
)
from ccrouter.model.notes import Notes
from ccrouter.sse import Frame
from tests.conformance.compare import outcome
from tests.dialects.gemini.replies import CONTEXT, call, chunk, stream, streamed, text, thought, whole

KINDS = {TextBlock: "text", ThinkingBlock: "thinking", ToolUseBlock: "tool_use", OpaqueBlock: "opaque"}
STOP = chunk(text(""), finish="STOP")
BASH = {"command": "ls"}


def kinds(events: list[Event]) -> list[str]:
    return [KINDS[type(event.block)] for event in events if isinstance(event, BlockStart)]


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed)
    return events[-1]


def test_thoughts_text_and_calls_become_blocks_in_order() -> None:
    events = stream(chunk(thought("Hm")), chunk(thought(", so")), chunk(text("Hel")), chunk(text("lo")), STOP)
    assert kinds(events) == ["thinking", "text"]
    got = streamed(chunk(thought("Hm")), chunk(text("Hel")), chunk(text("lo"), call("Bash", BASH)), STOP)
    assert (got.reasoning, got.text) == ("Hm", "Hello")
    assert [(name, args) for _, name, args in got.tool_calls] == [("Bash", BASH)]


def test_stop_after_calls_is_tool_use() -> None:
    """CCR says end_turn, and Claude Code does not run the tool (field-notes, pain 19)."""
    assert streamed(chunk(call("Bash")), STOP).stop_reason == "tool_use"
    assert streamed(chunk(text("x")), STOP).stop_reason == "end_turn"
    assert streamed(chunk(text("x")), chunk(finish="MAX_TOKENS")).stop_reason == "max_tokens"


def test_ids_are_the_models_own_else_made_and_always_the_same() -> None:
    got = streamed(chunk(call("Bash", BASH, "abc123"), call("Bash", BASH), call("Bash", BASH)), STOP)
    first, second, third = [id_ for id_, _, _ in got.tool_calls]
    assert first == "abc123"
    assert len({first, second, third}) == 3
    again = streamed(chunk(call("Bash", BASH, "abc123"), call("Bash", BASH), call("Bash", BASH)), STOP)
    assert again == got
    other = streamed({**chunk(call("Bash", BASH, "abc123"), call("Bash", BASH)), "responseId": "r-2"}, STOP)
    assert other.tool_calls[1][0] != second


def test_ids_differ_from_those_of_the_conversation() -> None:
    """The signature is bound to the id, so no filter behind the decoder may change it."""
    parts = chunk(call("Bash", BASH, "a", thoughtSignature="S"), call("Bash", BASH))
    _, made = [id_ for id_, _, _ in streamed(parts, STOP).tool_calls]
    got = streamed(parts, STOP, context=replace(CONTEXT, used_ids=frozenset({"a", made})))
    ids = [id_ for id_, _, _ in got.tool_calls]
    assert not {"a", made} & set(ids)
    assert ids[0] in got.sealed


def test_an_id_that_comes_twice_or_does_not_fit_is_replaced() -> None:
    got = streamed(chunk(call("Bash", BASH, "a"), call("Read", {}, "a"), call("Read", {}, "a b/c")), STOP)
    ids = [id_ for id_, _, _ in got.tool_calls]
    assert ids[0] == "a"
    assert len(set(ids)) == 3
    assert all(character.isalnum() or character in "_-" for id_ in ids for character in id_)


@pytest.mark.parametrize("told", ["default_api:Bash", "default_api.Bash", "Bash"])
def test_a_namespace_before_the_name_is_not_the_clients(told: str) -> None:
    assert [name for _, name, _ in streamed(chunk(call(told)), STOP).tool_calls] == ["Bash"]


def test_a_shortened_name_comes_back_as_the_clients() -> None:
    long = "mcp__plugin_playwright_playwright__browser_take_screenshot_of_the_whole_page"
    context = replace(CONTEXT, tool_names=frozenset({long}))
    got = streamed(chunk(call(wire_name(long))), STOP, context=context)
    assert [name for _, name, _ in got.tool_calls] == [long]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ('{"a":1}', {"a": 1}),
        ("x", {"input": "x"}),
    ],
)
def test_arguments_of_any_shape_become_an_object(args: Any, expected: Any) -> None:
    got = streamed(chunk({"functionCall": {"name": "Bash", "args": args}}), STOP)
    assert got.tool_calls[0][2] == expected


def piece(path: str, **value: Any) -> dict[str, Any]:
    more = value.pop("more", False)
    return {"jsonPath": path, **value, **({"willContinue": True} if more else {})}


def partial(*pieces: dict[str, Any], more: bool = True, name: str | None = None) -> dict[str, Any]:
    function: dict[str, Any] = {"partialArgs": list(pieces)} if pieces else {}
    if name is not None:
        function["name"] = name
    if more:
        function["willContinue"] = True
    return chunk({"functionCall": function})


def test_arguments_in_pieces() -> None:
    got = streamed(
        partial(name="Edit"),
        partial(piece("$.file", stringValue="/tmp", more=True)),
        partial(piece("$.file", stringValue="/a")),
        partial(piece("$.edits[0].old", stringValue="x"), piece("$.edits[0]['new text']", stringValue="y")),
        partial(
            piece("$.edits[1].all", boolValue=False), piece("$.n", numberValue=0), piece("$.nothing", nullValue=None)
        ),
        partial(more=False),
        chunk(call("Bash", BASH)),
        STOP,
    )
    assert [(name, args) for _, name, args in got.tool_calls] == [
        (
            "Edit",
            {
                "file": "/tmp/a",
                "edits": [{"old": "x", "new text": "y"}, {"all": False}],
                "n": 0,
                "nothing": None,
            },
        ),
        ("Bash", BASH),
    ]


def test_a_call_cut_in_its_arguments_is_never_run() -> None:
    begun = partial(piece("$.command", stringValue="rm -rf /tmp", more=True), name="Bash")
    assert streamed(begun, chunk(finish="MAX_TOKENS")).tool_calls == []
    cut = stream(begun)
    assert failure(cut).error.detail.status == 502
    assert not any(isinstance(event, ToolInputDelta) for event in cut)


@pytest.mark.parametrize("path", ["command", "$", "$.a[99999999]", "$..x", "$.a.b", "$[0]"])
def test_pieces_that_fit_nowhere_are_a_failure(path: str) -> None:
    events = stream(
        partial(piece("$.a", stringValue="x"), name="Bash"),
        partial(piece(path, stringValue="x"), more=False),
        STOP,
    )
    assert failure(events).error.detail.code == "malformed_function_call"


def test_a_signed_part_behind_the_last_call_travels_before_it() -> None:
    """Nothing may come behind a call but other calls: the signature rides in front of it."""
    events = stream(chunk(call("Bash", BASH, "a")), chunk(text("", thoughtSignature="S"), finish="STOP"))
    assert kinds(events) == ["thinking", "tool_use"]


def test_a_signature_on_text_under_way_that_ends_the_turn_is_noted() -> None:
    notes = Notes()
    context = replace(CONTEXT, notes=notes)
    events = stream(chunk(text("Hello")), chunk(text("", thoughtSignature="S"), finish="STOP"), context=context)
    assert kinds(events) == ["text"]  # an empty thinking block at the end would hide the text from Claude Code
    assert [note.what for note in notes.entries] == ["thoughtSignature"]


def test_a_signature_on_text_before_a_call_is_kept() -> None:
    events = stream(
        chunk(text("Hello")), chunk(text(" you", thoughtSignature="S")), chunk(call("Bash", BASH, "a")), STOP
    )
    assert kinds(events) == ["text", "thinking", "tool_use"]


REFUSALS = ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE"]


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_blocked_answer_is_a_refusal_with_its_reason(reason: str) -> None:
    events = stream({"candidates": [{"finishReason": reason, "finishMessage": "It was bad."}]})
    assert isinstance(events[-1], Finish)
    assert events[-1].stop_reason == "refusal"
    assert events[-1].extras["stop_details"] == {
        "type": "refusal",
        "category": None,
        "explanation": f"{reason}: It was bad.",
    }
    said = streamed({"candidates": [{"finishReason": reason, "finishMessage": "It was bad."}]}).text
    assert reason in said
    assert "It was bad." in said
    partly = streamed(chunk(text("Some")), chunk(finish=reason))
    assert (partly.text, partly.stop_reason) == ("Some", "refusal")


def test_a_blocked_prompt_is_a_refusal_with_its_reason() -> None:
    got = streamed({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "No."}})
    assert got.stop_reason == "refusal"
    assert "PROHIBITED_CONTENT" in got.text
    fine = streamed({**chunk(text("x"), finish="STOP"), "promptFeedback": {"safetyRatings": []}})
    assert fine.stop_reason == "end_turn"


MALFORMED = ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"]


@pytest.mark.parametrize("reason", MALFORMED)
def test_an_unreadable_call_before_any_answer_is_a_failure_to_try_again(reason: str) -> None:
    for before in ([], [chunk(thought("Hm"))]):
        error = failure(stream(*before, chunk(finish=reason, finishMessage="print(default_api.x("))).error
        assert error.retryable
        assert error.detail.code == "malformed_function_call"
        assert reason in error.detail.message


@pytest.mark.parametrize("reason", MALFORMED)
def test_an_unreadable_call_after_text_or_on_the_second_try_is_told(reason: str) -> None:
    got = streamed(chunk(text("Let me see.")), chunk(finish=reason))
    assert got.stop_reason == "end_turn"
    assert got.text.startswith("Let me see.\n\n[")
    assert reason in got.text
    second = streamed(chunk(finish=reason), context=replace(CONTEXT, tell_malformed=True))
    assert second.stop_reason == "end_turn"
    assert reason in second.text


def test_an_unreadable_call_behind_good_ones_does_not_stop_those() -> None:
    got = streamed(chunk(call("Bash", BASH)), chunk(finish="MALFORMED_FUNCTION_CALL"))
    assert got.stop_reason == "tool_use"
    assert len(got.tool_calls) == 1


def test_unknown_endings_are_noted_and_broken_ones_fail() -> None:
    notes = Notes()
    got = streamed(chunk(text("x"), finish="SOMETHING_NEW"), context=replace(CONTEXT, notes=notes))
    assert got.stop_reason == "end_turn"
    assert [note.what for note in notes.entries] == ["finishReason"]
    assert failure(stream(chunk(text("x"), finish="MALFORMED_RESPONSE"))).error.retryable


def test_a_stream_without_an_ending_is_a_failure() -> None:
    for chunks in ([], [chunk(text("Hel"))], [chunk(call("Bash"))], [chunk(thought("Hm"))], [{"usageMetadata": {}}]):
        events = stream(*chunks)
        assert failure(events).error.detail.status == 502
        assert not any(isinstance(event, ToolUseBlock) for event in events)


def test_an_older_host_says_stop_with_every_chunk() -> None:
    got = streamed(chunk(text("a"), finish="STOP"), chunk(text("b"), finish="STOP"))
    assert (got.text, got.stop_reason) == ("ab", "end_turn")
    strong = streamed(chunk(text("a"), finish="MAX_TOKENS"), chunk(finish="STOP"))
    assert strong.stop_reason == "max_tokens"


def test_finishing_is_told_so_that_the_wait_can_be_bounded() -> None:
    decoder = GEMINI.decoder(CONTEXT)
    decoder.frame(Frame(None, orjson.dumps(chunk(text("x")))))
    assert not decoder.finishing
    decoder.frame(Frame(None, orjson.dumps(STOP)))
    assert decoder.finishing
    decoder.end()
    assert not decoder.finishing
    assert decoder.frame(Frame(None, b"{")) == []
    assert decoder.end() == []


@pytest.mark.parametrize(
    ("frame", "status", "kind"),
    [
        (b'{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}', 503, "overloaded_error"),
        (b'[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]', 429, "rate_limit_error"),
        (b'{"error":{"code":499,"message":"cancelled","status":"CANCELLED"}}', 499, "invalid_request_error"),
        (b"<html><title>Bad</title></html>", 502, "api_error"),
        (b'"text"', 502, "api_error"),
    ],
)
def test_an_error_in_the_stream_ends_it(frame: bytes, status: int, kind: str) -> None:
    error = failure(stream(chunk(text("Hel")), frame)).error
    assert (error.detail.status, error.detail.type) == (status, kind)
    assert error.retryable


def test_frames_that_say_nothing_are_passed_over() -> None:
    got = streamed({"candidates": []}, b"", b" ", chunk(text("x")), b"[DONE]", {"usageMetadata": {}}, STOP)
    assert (got.text, got.stop_reason) == ("x", "end_turn")


def test_a_code_assist_host_wraps_the_answer() -> None:
    got = streamed({"response": chunk(text("x"), finish="STOP")})
    assert (got.text, got.stop_reason) == ("x", "end_turn")


def test_usage_is_cumulative_and_told_before_the_end() -> None:
    counted = {"promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 7}
    events = stream(
        {**chunk(text("a")), "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 40}},
        {**chunk(text("b")), "usageMetadata": {**counted, "candidatesTokenCount": 3}},
        {**STOP, "usageMetadata": {**counted, "thoughtsTokenCount": 5}},
    )
    assert isinstance(events[0], Start)
    assert events[0].usage == Usage(input=60, cache_read=40)
    assert streamed({**STOP, "usageMetadata": {**counted, "thoughtsTokenCount": 5}}).usage == Usage(60, 12, 40)


SEARCH: Any = {
    "webSearchQueries": ["weather", "wind"],
    "groundingChunks": [
        {"web": {"uri": "https://a.example", "title": "A"}},
        {"web": {"uri": "https://b.example", "title": "B"}},
        {"retrievedContext": {"text": "x"}},
    ],
    "groundingSupports": [{"segment": {"endIndex": 5, "text": "Sunny"}, "groundingChunkIndices": [1, 2, 9]}],
}
SEARCHING = replace(CONTEXT, tool_names=frozenset({"web_search"}), search_query="weather")


def test_a_search_comes_back_as_server_tool_blocks_with_citations() -> None:
    """What Claude Code's WebSearch reads its links from (field-notes 6)."""
    events = stream(chunk(text("Sunny.")), chunk(text(""), finish="STOP", groundingMetadata=SEARCH), context=SEARCHING)
    assert kinds(events) == ["text", "opaque", "opaque"]
    use, result = [event.block for event in events if isinstance(event, BlockStart)][1:]
    assert isinstance(use, OpaqueBlock)
    assert isinstance(result, OpaqueBlock)
    assert (use.raw["type"], use.raw["name"], use.raw["input"]) == ("server_tool_use", "web_search", {})
    assert [event.json for event in events if isinstance(event, ToolInputDelta)] == ['{"query":"weather; wind"}']
    assert result.raw["type"] == "web_search_tool_result"
    assert result.raw["tool_use_id"] == use.raw["id"]
    found: Any = result.raw["content"]
    assert [(entry["url"], entry["title"]) for entry in found] == [
        ("https://a.example", "A"),
        ("https://b.example", "B"),
    ]
    citations: list[Any] = [event.raw["citation"] for event in events if isinstance(event, OpaqueDelta)]
    assert [(cited["url"], cited["cited_text"]) for cited in citations] == [("https://b.example", "Sunny")]
    assert events[-1] == Finish("end_turn")


def test_searches_are_counted() -> None:
    body = {**chunk(text("x"), finish="STOP", groundingMetadata=SEARCH), "usageMetadata": {"promptTokenCount": 1}}
    usage = streamed(body, context=SEARCHING).usage
    assert usage.extras == {"server_tool_use": {"web_search_requests": 2}}


def test_pages_that_were_read_come_back_too() -> None:
    pages = [
        {"retrievedUrl": "https://a.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl": "https://b.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"},
    ]
    context = replace(CONTEXT, tool_names=frozenset({"web_fetch"}))
    events = stream(chunk(text("x"), urlContextMetadata={"urlMetadata": pages}), chunk(finish="STOP"), context=context)
    blocks = [
        event.block.raw for event in events if isinstance(event, BlockStart) and isinstance(event.block, OpaqueBlock)
    ]
    assert [block["type"] for block in blocks] == ["server_tool_use", "web_fetch_tool_result"] * 2
    told: list[Any] = [block["content"] for block in blocks if "content" in block]
    assert [content["type"] for content in told] == ["web_fetch_result", "web_fetch_tool_result_error"]


def test_sources_nobody_asked_for_are_noted_not_shown() -> None:
    """Blocks behind the text would hide it from `claude -p`."""
    notes = Notes()
    events = stream(chunk(text("x"), finish="STOP", groundingMetadata=SEARCH), context=replace(CONTEXT, notes=notes))
    assert kinds(events) == ["text"]
    assert [note.what for note in notes.entries] == ["groundingMetadata"]


@pytest.mark.parametrize("name", ["inlineData", "executableCode", "codeExecutionResult", "somethingNew"])
def test_parts_without_a_form_are_noted(name: str) -> None:
    notes = Notes()
    got = streamed(chunk({name: {"x": 1}}, text("y"), finish="STOP"), context=replace(CONTEXT, notes=notes))
    assert got.text == "y"
    assert [note.what for note in notes.entries] == [name]


TURNS = {
    "text": [chunk(thought("a")), chunk(text("b")), chunk(text("c"), finish="STOP")],
    "calls": [
        chunk(thought("a", thoughtSignature="S0")),
        chunk(text("b"), call("Bash", BASH, "x", thoughtSignature="S1")),
        chunk(call("Read", {}, "y")),
        chunk(text("", thoughtSignature="S2"), finish="STOP"),
    ],
    "search": [chunk(text("b")), chunk(text("c"), finish="STOP", groundingMetadata=SEARCH)],
    "refusal": [chunk(text("b")), chunk(finish="SAFETY")],
    "malformed": [chunk(finish="MALFORMED_FUNCTION_CALL")],
    "pieces": [partial(piece("$.a", stringValue="x"), name="Bash"), partial(more=False), STOP],
}


@pytest.mark.parametrize("chunks", TURNS.values(), ids=TURNS)
def test_streamed_and_whole_reply_mean_the_same(chunks: list[dict[str, Any]]) -> None:
    """Rule 2. The whole body has all parts in one candidate, as `generateContent` answers."""
    parts = [part for each in chunks for part in each["candidates"][0]["content"]["parts"]]
    last = chunks[-1]["candidates"][0]
    merged = {**chunks[-1], "candidates": [{**last, "content": {"role": "model", "parts": parts}}]}
    context = ReplyContext("acme", "gemini-3-pro-preview", frozenset({"Bash", "Read"}), search_query="")
    expected = outcome(stream(*chunks, context=context))
    assert outcome(whole(merged, context)) == expected
    assert outcome(whole(chunks, context)) == expected


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"3", b'"x"', b"[]", b"{}", b"[null]", b'{"candidates":[{}]}'])
def test_a_whole_body_that_is_no_answer_is_a_failure(body: bytes) -> None:
    assert failure(whole(body)).error.detail.status == 502
