"""The reply side, where recordings do not reach."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.dialects.tool_names import wire_name
from ccrouter.model.envelope import unseal
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Finish,
    OpaqueBlock,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.sse import Frame
from tests.conformance.compare import outcome
from tests.dialects.openai_responses.replies import (
    CONTEXT,
    added,
    arguments,
    call,
    done,
    ended,
    event,
    stream,
    streamed,
    summary,
    text,
    whole,
)

CREATED = event("created", response={"id": "resp_1", "model": "m-1", "status": "in_progress"})
MESSAGE = added(0, "message", id="msg_0", role="assistant", content=[])


def test_events_of_a_plain_answer() -> None:
    got = stream(CREATED, MESSAGE, text(0, "Hel"), text(0, "lo"), done(0, "message", content=[]), ended())
    assert got == [
        Start("resp_1", "m-1"),
        BlockStart(0, TextBlock()),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        BlockStop(0),
        UsageUpdate(Usage(input=60, output=7, cache_read=40)),
        Finish("end_turn"),
    ]


def test_nothing_is_told_before_something_is_said() -> None:
    decoder = OPENAI_RESPONSES.decoder(CONTEXT)
    quiet = [CREATED, event("queued"), added(0, "reasoning", id="rs_0", summary=[]), MESSAGE, event("new.kind")]
    assert [decoder.frame(Frame(None, orjson.dumps(frame))) for frame in quiet] == [[]] * len(quiet)


def test_parts_of_a_summary_are_told_apart() -> None:
    parts = [summary(0, "One"), summary(0, "."), summary(0, "Two", part=1), summary(0, ".", part=1)]
    got = streamed(added(0, "reasoning", id="rs_0"), *parts, done(0, "reasoning", id="rs_0"), ended())
    assert got.reasoning == "One.\n\nTwo."
    told = [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]
    output = [{"type": "reasoning", "id": "rs_0", "summary": told}]
    assert whole({"status": "completed", "output": output}).reasoning == "One.\n\nTwo."


def test_several_reasoning_and_message_items_keep_their_order() -> None:
    got = stream(
        added(0, "reasoning", id="rs_0"),
        summary(0, "First."),
        done(0, "reasoning", id="rs_0"),
        added(1, "message", id="msg_1", phase="commentary"),
        text(1, "Wait."),
        done(1, "message", id="msg_1"),
        added(2, "reasoning", id="rs_2"),
        done(2, "reasoning", id="rs_2", encrypted_content="blob"),
        added(3, "message", id="msg_3"),
        text(3, "Done."),
        done(3, "message", id="msg_3"),
        ended(),
    )
    heads = [type(found.block) for found in got if isinstance(found, BlockStart)]
    assert heads == [ThinkingBlock, TextBlock, ThinkingBlock, TextBlock]
    sealed = [unseal(found.signature) for found in got if isinstance(found, Signature)]
    assert [envelope.data for envelope in sealed if envelope] == [
        None,  # neither encrypted nor readable: of no use to anyone
        {
            "item": {"type": "reasoning", "id": "rs_2", "encrypted_content": "blob", "summary": []},
            "following": {"type": "message", "id": "msg_3"},
        },
    ]


def test_reasoning_waits_for_what_follows_it_and_carries_its_phase() -> None:
    frames = [
        added(0, "reasoning", id="rs_0"),
        done(0, "reasoning", id="rs_0", summary=[], encrypted_content="blob"),
        added(1, "message", id="msg_1", phase="final_answer"),
        text(1, "Hi"),
        ended(),
    ]
    (envelope,) = [unseal(found.signature) for found in stream(*frames) if isinstance(found, Signature)]
    assert envelope is not None
    data: Any = envelope.data
    assert data["following"] == {"type": "message", "id": "msg_1", "phase": "final_answer"}


def test_reasoning_that_nothing_followed_is_shown_but_not_kept() -> None:
    """The token limit was reached while it was thinking: `rs_…` without its following item would be refused."""
    item = {"id": "rs_0", "summary": [{"type": "summary_text", "text": "Hm"}], "encrypted_content": "blob"}
    got = streamed(
        added(0, "reasoning", id="rs_0"),
        summary(0, "Hm"),
        done(0, "reasoning", **item),
        ended("incomplete", incomplete_details={"reason": "max_output_tokens"}),
    )
    assert (got.reasoning, got.stop_reason) == ("Hm", "max_tokens")
    assert "blob" not in got.sealed
    silent = streamed(done(0, "reasoning", id="rs_0", summary=[], encrypted_content="blob"), ended())
    assert silent.signatures == ()


def test_a_later_item_waits_for_encrypted_reasoning() -> None:
    """The seal comes with the reasoning item's end: what is said before that must come after it."""
    got = stream(
        added(0, "reasoning", id="rs_0"),
        summary(0, "Hm"),
        added(1, "message", id="msg_1"),
        text(1, "Hi"),
        done(0, "reasoning", id="rs_0", encrypted_content="blob"),
        text(1, " there"),
        ended(),
    )
    assert [type(found) for found in got][1:8] == [
        BlockStart,
        ThinkingDelta,
        Signature,
        BlockStop,
        BlockStart,
        TextDelta,
        TextDelta,
    ]
    assert outcome(got).text == "Hi there"


def test_readable_reasoning_gives_way() -> None:
    """OpenRouter ends a reasoning item only after the message: the text must not wait for that."""
    decoder = OPENAI_RESPONSES.decoder(CONTEXT)
    raw = event("reasoning_text.delta", 0, content_index=0, delta="Hm")
    for frame in (added(0, "reasoning", id="rs_0"), raw, added(1, "message", id="msg_1")):
        decoder.frame(Frame(None, orjson.dumps(frame)))
    assert any(isinstance(found, TextDelta) for found in decoder.frame(Frame(None, orjson.dumps(text(1, "4")))))


def test_the_same_reasoning_in_two_forms_is_shown_once() -> None:
    item = {
        "summary": [{"type": "summary_text", "text": "Short."}],
        "content": [{"type": "reasoning_text", "text": "Long."}],
    }
    assert whole({"output": [{"type": "reasoning", "id": "rs_0", **item}]}).reasoning == "Short."
    raw = event("reasoning_text.delta", 0, content_index=0, delta="Long.")
    assert streamed(added(0, "reasoning"), raw, done(0, "reasoning", **item), ended()).reasoning == "Long."


def test_interleaved_calls_are_told_one_after_the_other() -> None:
    got = streamed(
        call(0),
        call(1, "Read"),
        arguments(0, '{"a'),
        arguments(1, '{"b"'),
        arguments(0, '":1}'),
        arguments(1, ":2}"),
        done(1, "function_call", id="fc_1", call_id="call_1", name="Read", arguments='{"b":2}'),
        done(0, "function_call", id="fc_0", call_id="call_0", name="Bash", arguments='{"a":1}'),
        ended(),
    )
    assert got.tool_calls == [("call_0", "Bash", {"a": 1}), ("call_1", "Read", {"b": 2})]
    assert got.stop_reason == "tool_use"


WHOLE = '{"x": 1}'
PART_DONE = event("function_call_arguments.done", 0, arguments=WHOLE)
ITEM: dict[str, Any] = {"id": "fc_0", "call_id": "call_0", "name": "Bash"}


@pytest.mark.parametrize(
    "frames",
    [
        [call(0), arguments(0, WHOLE)],
        [call(0), PART_DONE],
        [call(0), done(0, "function_call", **ITEM, arguments=WHOLE)],
        [done(0, "function_call", **ITEM, arguments=WHOLE)],
        [done(0, "function_call", **ITEM, arguments={"x": 1})],
        [call(0, arguments=WHOLE)],
        [call(0), arguments(0, '{"x"'), PART_DONE],
        [call(0), arguments(0, WHOLE), PART_DONE, done(0, "function_call", **ITEM, arguments=WHOLE)],
        [call(0), PART_DONE, PART_DONE, call(0), done(0, "function_call", **ITEM, arguments=WHOLE)],
        [call(0, name=""), arguments(0, WHOLE), done(0, "function_call", **ITEM, arguments=WHOLE)],
        [arguments(0, WHOLE), done(0, "function_call", **ITEM, arguments=WHOLE)],
    ],
)
def test_arguments_wherever_they_come(frames: list[Any]) -> None:
    ids = [(name, given) for _, name, given in streamed(*frames, ended()).tool_calls]
    assert ids == [("Bash", {"x": 1})]


def test_items_only_at_the_end() -> None:
    output = [
        {"type": "message", "id": "msg_0", "content": [{"type": "output_text", "text": "Hi"}]},
        {"type": "function_call", **ITEM, "arguments": WHOLE},
    ]
    got = streamed(CREATED, ended(output=output))
    assert (got.text, got.tool_calls) == ("Hi", [("call_0", "Bash", {"x": 1})])
    late = streamed(call(0), ended(output=[{"type": "function_call", **ITEM, "arguments": WHOLE}]))
    assert late.tool_calls == [("call_0", "Bash", {"x": 1})]


def test_ids_are_made_where_they_are_missing_or_used() -> None:
    item = {"type": "function_call", "name": "Bash", "arguments": "{}"}
    body = {"id": "resp_1", "output": [item, {**item, "call_id": "c"}, {**item, "call_id": "c"}]}
    ids = [id_ for id_, _, _ in whole(body).tool_calls]
    assert len(set(ids)) == 3
    assert ids[1] == "c"
    assert ids == [id_ for id_, _, _ in whole(body).tool_calls]
    used = ReplyContext(origin="acme", model="m", used_ids=frozenset({"c"}))
    assert "c" not in [id_ for id_, _, _ in whole(body, used).tool_calls]


def test_shortened_names_come_back() -> None:
    name = "mcp__" + "x" * 70
    context = ReplyContext(origin="acme", model="m", tool_names=frozenset({name}))
    assert streamed(call(0, wire_name(name)), ended(), context=context).tool_calls == [("call_0", name, {})]


def test_a_call_without_a_name_is_a_failure_unless_it_was_cut() -> None:
    assert "without a name" in (streamed(call(0, name=""), ended()).error_message or "")
    cut = streamed(
        MESSAGE, text(0, "x"), call(1, name=""), ended("incomplete", incomplete_details={"reason": "length"})
    )
    assert (cut.stop_reason, cut.tool_calls) == ("max_tokens", [])


def test_custom_calls_are_calls_with_one_text() -> None:
    deltas = [event("custom_tool_call_input.delta", 0, delta=piece) for piece in ('say "', "hi", '"\n')]
    head = {"id": "ctc_0", "call_id": "call_0", "name": "Say"}
    got = streamed(added(0, "custom_tool_call", **head), *deltas, ended())
    assert got.tool_calls == [("call_0", "Say", {"input": 'say "hi"\n'})]


def test_refusals_are_text_and_end_as_one() -> None:
    delta = event("refusal.delta", 0, content_index=0, delta="I can't")
    part = {"type": "refusal", "refusal": "I can't help."}
    got = streamed(MESSAGE, delta, done(0, "message", content=[part]), ended())
    assert (got.text, got.stop_reason) == ("I can't help.", "refusal")
    assert whole({"output": [{"type": "message", "content": [part]}]}).stop_reason == "refusal"


@pytest.mark.parametrize(
    ("reason", "ending"),
    [("max_output_tokens", "max_tokens"), ("content_filter", "refusal"), ("something_new", "max_tokens")],
)
def test_incomplete(reason: str, ending: str) -> None:
    notes = Notes()
    context = replace(CONTEXT, notes=notes)
    details = {"reason": reason}
    got = streamed(MESSAGE, text(0, "Half"), ended("incomplete", incomplete_details=details), context=context)
    assert (got.text, got.stop_reason, got.usage.output) == ("Half", ending, 7)
    assert bool(notes.entries) == (reason == "something_new")
    output = [{"type": "message", "content": [{"type": "output_text", "text": "Half"}]}]
    body = {"status": "incomplete", "incomplete_details": details, "output": output}
    assert whole(body).stop_reason == ending


@pytest.mark.parametrize(
    ("code", "status", "type_"),
    [
        ("server_is_overloaded", 503, "overloaded_error"),
        ("rate_limit_exceeded", 429, "rate_limit_error"),
        ("context_length_exceeded", 400, "invalid_request_error"),
        ("insufficient_quota", 429, "rate_limit_error"),
        ("server_error", 500, "api_error"),
        ("invalid_prompt", 400, "invalid_request_error"),
        ("something_new", 502, "api_error"),
    ],
)
def test_failures_have_the_status_they_are_like(code: str, status: int, type_: str) -> None:
    error = {"code": code, "message": "Sorry."}
    failed: list[Any] = [
        stream(ended("failed", error=error))[-1],
        stream({"type": "error", "sequence_number": 2, "error": error})[-1],
        stream({"type": "error", "sequence_number": 2, **error, "param": None})[-1],
        OPENAI_RESPONSES.decoder(CONTEXT).whole(orjson.dumps({"status": "failed", "error": error, "output": []}))[-1],
    ]
    for event_ in failed:
        detail = event_.error.detail
        assert (detail.status, detail.type, detail.message, detail.code) == (status, type_, "Sorry.", code)


def test_a_failure_without_words_and_a_cancelled_answer() -> None:
    assert "failed" in (streamed(ended("failed")).error_message or "")
    assert "cancelled" in (streamed(MESSAGE, text(0, "x"), ended("cancelled")).error_message or "")


@pytest.mark.parametrize("frames", [[CREATED], [MESSAGE, text(0, "Half")], [call(0), arguments(0, "{}"), b"[DONE]"]])
def test_a_stream_without_its_end_is_a_failure(frames: list[Any]) -> None:
    got = streamed(*frames)
    assert got.stop_reason is None
    assert got.error_type == "api_error"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway"),
        (b'{"error": {"message": "No."}}', "No."),
        (b'{"object": "response", "status": "completed"}', "no output"),
        (b'{"choices": []}', "no output"),
        (b"[]", "no output"),
    ],
)
def test_whole_bodies_that_are_no_reply(body: bytes, words: str) -> None:
    got = whole(body)
    assert got.error_message is not None
    assert words in got.error_message


def test_citations_stand_on_the_text_and_twice_told_once() -> None:
    cited = {"type": "url_citation", "url": "https://a.example/?utm_source=openai", "title": "A"}
    part = {"type": "output_text", "text": "Hi", "annotations": [cited, {"type": "file_citation"}]}
    action = {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a.example/"}]}
    notes = Notes()
    got = stream(
        done(0, "web_search_call", id="ws_0", action=action),
        done(1, "web_search_call", id="ws_1", action={"type": "open_page", "url": "https://a.example/"}),
        added(2, "message", id="msg_2"),
        text(2, "Hi"),
        event("output_text.annotation.added", 2, content_index=0, annotation_index=0, annotation=cited),
        done(2, "message", id="msg_2", content=[part]),
        ended(),
        context=replace(CONTEXT, notes=notes),
    )
    raws: list[JsonObject] = [
        found.block.raw for found in got if isinstance(found, BlockStart) and isinstance(found.block, OpaqueBlock)
    ]
    assert [raw["type"] for raw in raws] == ["server_tool_use", "web_search_tool_result"]
    links: Any = raws[1]["content"]
    assert [(link["url"], link["title"]) for link in links] == [("https://a.example/", "A")]
    assert sum("citation" in repr(found) for found in got) == 1
    assert {note.what for note in notes.entries} == {"web_search_call", "annotation file_citation"}
    update: Any = got[-2]
    assert update.usage.extras == {"server_tool_use": {"web_search_requests": 1}}


def test_reasoning_before_a_search_is_not_given_back() -> None:
    """Its following item, the provider's search, has no place in Claude Code's history."""
    got = stream(
        added(0, "reasoning", id="rs_0"),
        done(0, "reasoning", id="rs_0", encrypted_content="blob"),
        done(1, "web_search_call", id="ws_1", action={"type": "search", "query": "q"}),
        added(2, "message", id="msg_2"),
        text(2, "Hi"),
        ended(),
    )
    (envelope,) = [unseal(found.signature) for found in got if isinstance(found, Signature)]
    data: Any = envelope.data if envelope else None
    assert data["following"]["type"] == "web_search_call"


def test_wire_filters_see_every_event() -> None:
    seen: list[str] = []

    def drop_second(chunk: JsonObject) -> JsonObject | None:
        seen.append(str(chunk["type"]))
        return None if chunk.get("delta") == "b" else chunk

    context = replace(CONTEXT, wire_filters=(drop_second,))
    got = streamed(MESSAGE, text(0, "a"), text(0, "b"), text(0, "c"), ended(), context=context)
    assert got.text == "ac"
    assert len(seen) == 5


def test_two_calls_open_with_their_blocks() -> None:
    heads = [found.block for found in stream(call(0), call(1, "Read"), ended()) if isinstance(found, BlockStart)]
    assert heads == [ToolUseBlock("call_0", "Bash"), ToolUseBlock("call_1", "Read")]
