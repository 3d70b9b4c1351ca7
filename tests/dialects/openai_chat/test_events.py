"""The ways in which upstreams bend the stream (field-notes 1, A to C), one test each."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.tool_names import wire_name
from ccrouter.model.envelope import Envelope, unseal
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
)
from ccrouter.model.json import Json
from ccrouter.sse import Frame
from tests.dialects.openai_chat.replies import CONTEXT, answer, call, calls, chunk, stream, streamed, whole

USAGE = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}


def kinds(events: list[Event]) -> list[type]:
    return [type(event.block) for event in events if isinstance(event, BlockStart)]


def test_plain_text_event_by_event() -> None:
    events = stream(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}, "stop"),
    )
    assert events == [
        Start("chatcmpl-1", "m-1"),
        BlockStart(0, TextBlock()),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        BlockStop(0),
        Finish("end_turn"),
    ]


def test_block_follows_the_kind_of_the_delta() -> None:
    """Pain 1 and 2: nothing is opened before its first delta; each change of kind is a new block with a new key."""
    events = stream(
        chunk({"content": "---\n"}),
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "a"}),
        chunk({"reasoning_content": "oh"}),
        calls(call(0, "c1", "Bash", "{}")),
        chunk({}, "tool_calls"),
    )
    assert kinds(events) == [TextBlock, ThinkingBlock, TextBlock, ThinkingBlock, ToolUseBlock]
    assert [event.key for event in events if isinstance(event, BlockStart)] == [0, 1, 2, 3, 4]


def test_text_and_reasoning_in_one_chunk() -> None:
    got = streamed(chunk({"content": "answer", "reasoning": "why"}), chunk({}, "stop"))
    assert (got.text, got.reasoning) == ("answer", "why")


def test_empty_choices_never_end_the_reply() -> None:
    """Pain 4: Azure's first chunk, and usage previews."""
    azure = {"id": "", "model": "", "choices": [], "prompt_filter_results": [{}]}
    got = streamed(
        azure,
        chunk({"content": "hi"}),
        {"id": "x", "choices": [], "usage": USAGE},
        chunk({"content": "!"}),
        chunk({}, "stop"),
    )
    assert got.text == "hi!"
    assert (got.id, got.model) == ("chatcmpl-1", "m-1")


def test_usage_after_finish_is_told_before_the_finish_event() -> None:
    """Pain 5."""
    events = stream(chunk({"content": "hi"}), chunk({}, "stop"), {"choices": [], "usage": USAGE})
    assert isinstance(events[-1], Finish)
    assert streamed(chunk({"content": "hi"}), chunk({}, "stop"), {"choices": [], "usage": USAGE}).usage == Usage(10, 3)


def test_usage_of_the_first_chunk_is_in_the_start_event() -> None:
    events = stream(chunk({"content": "hi"}, usage=USAGE), chunk({}, "stop"))
    assert events[0] == Start("chatcmpl-1", "m-1", Usage(10, 3))


def test_zero_usage_tells_nothing() -> None:
    zero = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    got = streamed(chunk({"content": "hi"}, usage=zero), chunk({}, "stop", usage=USAGE))
    assert got.usage == Usage(10, 3)


def test_finishing_tells_that_only_the_end_is_awaited() -> None:
    """Pain 6: the gateway bounds this wait."""
    decoder = OPENAI_CHAT.decoder(CONTEXT)
    assert not decoder.finishing
    stream_of(decoder, chunk({"content": "hi"}))
    assert not decoder.finishing
    stream_of(decoder, chunk({}, "stop"))
    assert decoder.finishing
    assert isinstance(decoder.end()[-1], Finish)
    assert not decoder.finishing


def stream_of(decoder: Any, item: Any) -> list[Event]:
    return decoder.frame(Frame(None, orjson.dumps(item)))


def test_after_done_everything_is_ignored() -> None:
    events = stream(chunk({"content": "hi"}), chunk({}, "stop"), b"[DONE]", chunk({"content": "more"}), b"garbage")
    assert events[-1] == Finish("end_turn")
    assert events == stream(chunk({"content": "hi"}), chunk({}, "stop"))


def test_end_of_stream_without_finish_is_a_failure() -> None:
    """Pain 7, Rule 4: half an answer stays half, its block open."""
    events = stream(chunk({"content": "Half an ans"}), done=False)
    assert not any(isinstance(event, BlockStop | Finish) for event in events)
    assert isinstance(events[-1], Failed)
    assert events[-1].error.detail.status == 502
    assert events[-1].error.retryable


def test_cut_tool_call_is_never_closed() -> None:
    events = stream(calls(call(0, "c1", "Bash", '{"command": "rm -rf /tmp/a')), done=False)
    assert not any(isinstance(event, BlockStop) for event in events)
    assert isinstance(events[-1], Failed)


def test_done_without_finish_but_with_content() -> None:
    assert streamed(chunk({"content": "hi"})).stop_reason == "end_turn"
    assert streamed(calls(call(0, "c1", "Bash", '{"a": 1}'))).stop_reason == "tool_use"
    assert streamed(calls(call(0, "c1", "Bash", '{"a": '))).error_type == "api_error"


@pytest.mark.parametrize("done", [True, False])
def test_empty_stream_is_a_failure(done: bool) -> None:
    assert streamed(done=done).error_type == "api_error"
    assert streamed(chunk({"role": "assistant", "content": ""}), done=done).error_type == "api_error"


def test_finish_without_content_is_an_empty_answer() -> None:
    events = stream(chunk({}, "length", usage=USAGE))
    assert events == [Start("chatcmpl-1", "m-1", Usage(10, 3)), Finish("max_tokens")]


@pytest.mark.parametrize(
    ("item", "status", "message"),
    [
        (
            chunk({"content": ""}, "error", error={"code": 502, "message": "Provider disconnected"}),
            502,
            "Provider disconnected",
        ),
        ({"choices": [], "error": {"code": 503, "message": "at capacity"}}, 503, "at capacity"),
        ({"error": {"message": "slow down", "type": "tokens", "code": "rate_limit_exceeded"}}, 429, "slow down"),
        ({"object": "error", "message": "boom", "code": 500}, 500, "boom"),
        ({"error": "just words"}, 502, "just words"),
        (chunk({}, "error"), 502, "broke off the answer (error)"),
        (chunk({}, "insufficient_system_resource"), 503, "insufficient_system_resource"),
        (chunk({}, error={"code": "500", "message": "x"}), 500, "x"),
    ],
)
@pytest.mark.parametrize("before", [[], [chunk({"content": "some"})]])
def test_error_frames_are_failures(item: Any, status: int, message: str, before: list[Any]) -> None:
    """Pain 8, before and after content."""
    events = stream(*before, item)
    assert isinstance(events[-1], Failed)
    assert events[-1].error.detail.status == status
    assert message in events[-1].error.detail.message
    assert any(isinstance(event, TextDelta) for event in events) == bool(before)


def test_error_event_of_lm_studio() -> None:
    decoder = OPENAI_CHAT.decoder(CONTEXT)
    (failed,) = decoder.frame(Frame("error", b'{"message": "model unloaded"}'))
    assert isinstance(failed, Failed)
    assert failed.error.detail.message == "model unloaded"


def test_garbled_frame_is_named_with_a_short_excerpt() -> None:
    got = streamed(chunk({"content": "a"}), b'{"choices": [{"del' + b"x" * 5000)
    assert got.error_message is not None
    assert "garbled" in got.error_message
    assert '{"choices": [{"del' in got.error_message
    assert len(got.error_message) < 250


def test_lone_surrogates_and_nan_do_not_end_a_stream() -> None:
    """JavaScript servers cut text between the halves of an emoji; Python ones write NaN."""
    raw = b'{"id":"a","created":NaN,"choices":[{"index":0,"delta":{"content":"x\\ud83d"},"finish_reason":null}]}'
    assert streamed(raw, chunk({}, "stop")).text == "x�"


@pytest.mark.parametrize(
    "raw", [b"5", b'"words"', b"null", b"[1]", b"1" + b"0" * 400, b'{"choices": 7}', b'{"choices": [[]]}']
)
def test_frames_that_are_no_chunks(raw: bytes) -> None:
    assert streamed(raw).error_type == "api_error"


def test_numbers_of_any_size_in_state_that_is_given_back() -> None:
    raw = b'{"choices":[{"delta":{"reasoning_details":[{"type":"x","n":1' + b"0" * 30 + b',"t":"\\ud83d"}]}}]}'
    assert streamed(raw, chunk({"content": "x"}, "stop")).text == "x"


def test_interleaved_fragments_of_parallel_calls() -> None:
    """Index 0, 1, 0, 1 (CCR 2.0.0 and LiteLLM 1.106 lose arguments): the first streams, the second waits its turn."""
    events = stream(
        calls(call(0, "a", "Bash", ""), call(1, "b", "Read", "")),
        calls(call(0, arguments='{"command":')),
        calls(call(1, arguments='{"file":')),
        calls(call(0, arguments=' "ls"}')),
        calls(call(1, arguments=' "x"}')),
        chunk({}, "tool_calls"),
    )
    assert events[1:] == [
        BlockStart(0, ToolUseBlock("a", "Bash")),
        ToolInputDelta(0, '{"command":'),
        ToolInputDelta(0, ' "ls"}'),
        BlockStop(0),
        BlockStart(1, ToolUseBlock("b", "Read")),
        ToolInputDelta(1, '{"file": "x"}'),
        BlockStop(1),
        Finish("tool_use"),
    ]


def test_text_after_a_tool_call_waits_behind_it() -> None:
    events = stream(
        calls(call(0, "a", "Bash", "{}")), chunk({"content": "then "}), chunk({"content": "text"}), chunk({}, "stop")
    )
    assert kinds(events) == [ToolUseBlock, TextBlock]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["then text"]


NEW_CALL_ON_THE_SAME_INDEX = {
    "Ollama: index always 0": [call(0, "a", "Bash", '{"n":1}'), call(0, "b", "Bash", '{"n":2}')],
    "no ids at all": [call(0, None, "Bash", '{"n":1}'), call(0, None, "Bash", '{"n":2}')],
    "other name, no ids": [call(0, None, "Bash", '{"n":1}'), call(0, None, "Read", '{"n":2}')],
    "no index": [call(None, "a", "Bash", '{"n":1}'), call(None, "b", "Bash", '{"n":2}')],
    "no index, no ids": [call(None, None, "Bash", '{"n":1}'), call(None, None, "Bash", '{"n":2}')],
    "index and id reused": [call(0, "call_0", "Bash", '{"n":1}'), call(0, "call_0", "Bash", '{"n":2}')],
    "arguments as objects": [call(0, "a", "Bash", {"n": 1}), call(1, "b", "Bash", {"n": 2})],
    "index not from zero": [call(3, "a", "Bash", '{"n":1}'), call(7, "b", "Bash", '{"n":2}')],
}


@pytest.mark.parametrize("entries", NEW_CALL_ON_THE_SAME_INDEX.values(), ids=NEW_CALL_ON_THE_SAME_INDEX)
@pytest.mark.parametrize("together", [True, False])
def test_two_calls_stay_two(entries: list[Any], together: bool) -> None:
    """Pains 15 and 18, in one chunk and in two."""
    chunks = [calls(*entries)] if together else [calls(entry) for entry in entries]
    got = streamed(*chunks, chunk({}, "stop"))
    assert [arguments for _, _, arguments in got.tool_calls] == [{"n": 1}, {"n": 2}]
    assert len({id_ for id_, _, _ in got.tool_calls}) == 2
    assert all(id_ for id_, _, _ in got.tool_calls)
    assert got.stop_reason == "tool_use"


ONE_CALL_IN_FRAGMENTS = {
    "as documented": [call(0, "a", "Bash", ""), call(0, arguments='{"n"'), call(0, arguments=":1}")],
    "id in every fragment": [call(0, "a", "Bash", ""), call(0, "a", None, '{"n"'), call(0, "a", None, ":1}")],
    "id and name in every fragment": [
        call(0, "a", "Bash", ""),
        call(0, "a", "Bash", '{"n"'),
        call(0, "a", "Bash", ":1}"),
    ],
    "name in every fragment": [call(0, "a", "Bash", ""), call(0, None, "Bash", '{"n"'), call(0, None, "Bash", ":1}")],
    "a fresh id in every fragment": [call(0, "a", "Bash", ""), call(0, "b", None, '{"n"'), call(0, "c", None, ":1}")],
    "empty id and name later": [call(0, "a", "Bash", ""), call(0, "", "", '{"n"'), call(0, "", "", ":1}")],
    "no index": [call(None, "a", "Bash", ""), call(None, None, None, '{"n"'), call(None, None, None, ":1}")],
    "id first, name later": [call(0, "a"), call(0, None, "Bash", '{"n"'), call(0, arguments=":1}")],
    "arguments before the name": [call(0, "a", None, '{"n"'), call(0, None, "Bash", ":1}")],
    "sent twice (OpenRouter)": [call(0, "a", "Bash", '{"n":1}'), call(0, "a", "Bash", '{"n":1}')],
    "whitespace after the object": [call(0, "a", "Bash", '{"n":1}'), call(0, "a", "Bash", "\n")],
}


@pytest.mark.parametrize("entries", ONE_CALL_IN_FRAGMENTS.values(), ids=ONE_CALL_IN_FRAGMENTS)
def test_one_call_stays_one(entries: list[Any]) -> None:
    """Pain 16."""
    got = streamed(*[calls(entry) for entry in entries], chunk({}, "tool_calls"))
    assert got.tool_calls == [("a", "Bash", {"n": 1})]


def test_nulls_in_continuations() -> None:
    null = {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": None}}
    got = streamed(
        calls(call(0, "a", "Bash", '{"n":1}')), calls(null), chunk({"tool_calls": None, "content": None}, "stop")
    )
    assert got.tool_calls == [("a", "Bash", {"n": 1})]


def test_no_arguments_mean_no_delta() -> None:
    events = stream(calls(call(0, "a", "Bash", "")), chunk({}, "tool_calls"))
    assert not any(isinstance(event, ToolInputDelta) for event in events)


def test_generated_ids_are_the_same_for_the_same_reply() -> None:
    """Pain 18: random ids would break the prompt cache on replay."""
    chunks = [calls(call(0, None, "Bash", "{}"), call(1, "", "Bash", "{}")), chunk({}, "tool_calls")]
    first, second = (id_ for id_, _, _ in streamed(*chunks).tool_calls)
    assert first.startswith("toolu_")
    assert [first, second] == [id_ for id_, _, _ in streamed(*chunks).tool_calls]
    other = [{**item, "id": "chatcmpl-2"} for item in chunks]
    assert first not in [id_ for id_, _, _ in streamed(*other).tool_calls]


def test_legacy_function_call() -> None:
    got = streamed(
        chunk({"function_call": {"name": "Bash", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"n":1}'}}),
        chunk({}, "function_call"),
    )
    assert [(name, arguments) for _, name, arguments in got.tool_calls] == [("Bash", {"n": 1})]
    assert got.stop_reason == "tool_use"


def test_shortened_tool_name_comes_back_whole() -> None:
    """Pain 21."""
    long = "mcp__plugin_one_server__" + "very_long_" * 6
    context = ReplyContext(origin="acme", model="m", tool_names=frozenset({long, "Bash"}))
    assert len(wire_name(long)) == 64
    got = streamed(calls(call(0, "a", wire_name(long), "{}")), chunk({}, "tool_calls"), context=context)
    assert got.tool_calls == [("a", long, {})]


def test_tool_call_without_a_name_is_a_failure() -> None:
    assert streamed(calls(call(0, "a", None, "{}")), chunk({}, "tool_calls")).error_type == "api_error"
    assert streamed(chunk({"content": "x"}), calls(call(0, "a")), chunk({}, "length")).stop_reason == "max_tokens"


def test_stop_reasons() -> None:
    """Pain 19."""
    one_call = calls(call(0, "a", "Bash", "{}"))
    assert streamed(one_call, chunk({}, "stop")).stop_reason == "tool_use"
    assert streamed(one_call, chunk({}, "length")).stop_reason == "max_tokens"
    assert streamed(chunk({"content": "x"}), chunk({}, "tool_calls")).stop_reason == "end_turn"
    assert streamed(chunk({"content": "x"}), chunk({}, "content_filter")).stop_reason == "refusal"
    assert streamed(chunk({"content": "x"}), chunk({}, "length"), chunk({}, "stop")).stop_reason == "max_tokens"
    assert (
        streamed(chunk({"content": "x"}), chunk({}, "stop"), chunk({}, ""), chunk({}, None)).stop_reason == "end_turn"
    )
    assert streamed(chunk({"refusal": "I can't"}), chunk({}, "stop")).stop_reason == "refusal"
    assert streamed(chunk({"refusal": "I can't"}), chunk({}, "stop")).text == "I can't"


def test_truncated_arguments_at_max_tokens_are_left_as_they_are() -> None:
    got = streamed(calls(call(0, "a", "Bash", '{"comm')), chunk({}, "length"))
    assert got.stop_reason == "max_tokens"
    assert got.tool_calls == [("a", "Bash", None)]


@pytest.mark.parametrize(
    ("stop_reason", "sequence"), [("</severity>", "</severity>"), (128009, None), (None, None), ("stop", None)]
)
def test_matched_stop_string(stop_reason: Any, sequence: str | None) -> None:
    """vLLM: a string is the stop sequence, a number a token id."""
    last = chunk({}, "stop")
    last["choices"][0]["stop_reason"] = stop_reason
    got = streamed(chunk({"content": "x"}), last)
    assert (got.stop_reason, got.stop_sequence) == ("stop_sequence" if sequence else "end_turn", sequence)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_signature_remembers_the_field(field: str) -> None:
    got = streamed(
        chunk({field: "hm", "content": None}), chunk({field: " ok"}), chunk({"content": "x"}), chunk({}, "stop")
    )
    assert got.reasoning == "hm ok"
    assert [unseal(signature) for signature in got.signatures] == [Envelope("acme", field)]


def test_same_reasoning_in_several_fields_counts_once() -> None:
    details: list[Json] = [{"type": "reasoning.text", "text": "hm", "index": 0}]
    got = streamed(
        chunk({"reasoning": "hm", "reasoning_content": "hm", "reasoning_details": details}),
        chunk({"content": "x"}, "stop"),
    )
    assert got.reasoning == "hm"
    late = streamed(chunk({"reasoning": "hm"}), chunk({"reasoning_details": details}), chunk({"content": "x"}, "stop"))
    assert late.reasoning == "hm"
    assert unseal(late.signatures[0]) == Envelope("acme", "reasoning_details", details)


def test_reasoning_details_are_put_together_again() -> None:
    def detail(**fields: Any) -> dict[str, Any]:
        return chunk({"content": "", "reasoning_details": [fields]})

    got = streamed(
        detail(type="reasoning.text", text="I ", index=0, format="anthropic-claude-v1", signature=None),
        detail(type="reasoning.text", text="think", index=0, format="anthropic-claude-v1", signature=None),
        detail(type="reasoning.text", text="", index=0, signature="sig"),
        detail(type="reasoning.encrypted", data="blob", index=1, id="rs_1"),
        chunk({"content": "x"}),
        chunk({}, "stop"),
    )
    assert got.reasoning == "I think"
    assert [unseal(signature) for signature in got.signatures] == [
        Envelope(
            "acme",
            "reasoning_details",
            [
                {
                    "type": "reasoning.text",
                    "text": "I think",
                    "index": 0,
                    "format": "anthropic-claude-v1",
                    "signature": "sig",
                },
                {"type": "reasoning.encrypted", "data": "blob", "index": 1, "id": "rs_1"},
            ],
        )
    ]


def test_encrypted_reasoning_alone_is_a_thinking_block_without_text() -> None:
    encrypted = {"type": "reasoning.encrypted", "data": "blob", "index": 0}
    events = stream(
        chunk({"content": "", "reasoning": None, "reasoning_details": [encrypted]}),
        chunk({"content": "x"}),
        chunk({}, "stop"),
    )
    assert kinds(events) == [ThinkingBlock, TextBlock]


def test_late_state_does_not_cut_text_nor_end_the_message() -> None:
    encrypted = {"type": "reasoning.encrypted", "data": "blob", "index": 0}
    late = chunk({"reasoning_details": [encrypted]})
    events = stream(
        chunk({"content": "a"}), late, chunk({"content": "b"}), calls(call(0, "c", "Bash", "{}")), chunk({}, "stop")
    )
    assert kinds(events) == [TextBlock, ThinkingBlock, ToolUseBlock]
    context = ReplyContext(origin="acme", model="m")
    events = stream(chunk({"content": "a"}), late, chunk({"content": "b"}), chunk({}, "stop"), context=context)
    assert kinds(events) == [TextBlock]
    assert [note.what for note in context.notes.entries] == ["reasoning_details"]


def test_thought_signature_of_a_call_travels_before_it() -> None:
    entry = {**call(0, "a", "Bash", "{}"), "extra_content": {"google": {"thought_signature": "sig"}}}
    events = stream(calls(entry), chunk({}, "stop"))
    assert kinds(events) == [ThinkingBlock, ToolUseBlock]
    got = streamed(calls(entry), chunk({}, "stop"))
    data: Json = {"calls": {"a": {"extra_content": {"google": {"thought_signature": "sig"}}}}}
    assert unseal(got.signatures[0]) == Envelope("acme", "fields", data)


def test_content_as_parts() -> None:
    """Mistral: content may be an array, with thinking in it."""
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "ok"}]
    got = streamed(chunk({"content": parts}), chunk({"content": "!"}), chunk({}, "stop"))
    assert (got.text, got.reasoning) == ("ok!", "hm")
    assert unseal(got.signatures[0]) == Envelope("acme", "thinking_part")


def test_inline_think_tags_stay_text() -> None:
    assert streamed(chunk({"content": "<think>a</think>b"}), chunk({}, "stop")).text == "<think>a</think>b"


def test_wire_filters_see_and_drop_chunks() -> None:
    def shout(item: dict[str, Any]) -> dict[str, Any] | None:
        delta = item["choices"][0]["delta"]
        if delta.get("content") == "drop me":
            return None
        return {
            **item,
            "choices": [{**item["choices"][0], "delta": {**delta, "content": delta.get("content", "").upper()}}],
        }

    context = ReplyContext(origin="acme", model="m", wire_filters=(shout,))
    assert (
        streamed(chunk({"content": "a"}), chunk({"content": "drop me"}), chunk({}, "stop"), context=context).text == "A"
    )


class TestWhole:
    """Whole bodies run through the same code."""

    def test_streamed_and_whole_are_the_same_message(self) -> None:
        """Rule 2."""
        one, two = call(0, "a", "Bash", '{"n":1}'), call(1, "b", "Read", "")
        from_stream = streamed(
            chunk({"reasoning_content": "h"}),
            chunk({"reasoning_content": "m"}),
            chunk({"content": "o"}),
            chunk({"content": "k"}),
            calls(one, two),
            chunk({}, "tool_calls"),
            {"choices": [], "usage": USAGE},
        )
        message = {"content": "ok", "reasoning_content": "hm", "tool_calls": [one, two]}
        assert whole(answer(message, "tool_calls", usage=USAGE)) == from_stream

    def test_calls_without_ids_and_indexes(self) -> None:
        entries = [call(None, None, "Bash", '{"n":1}'), call(None, "", "Bash", '{"n":1}')]
        got = whole(answer({"content": None, "tool_calls": entries}))
        assert [arguments for _, _, arguments in got.tool_calls] == [{"n": 1}, {"n": 1}]
        assert len({id_ for id_, _, _ in got.tool_calls}) == 2

    @pytest.mark.parametrize("finish", [None, ""])
    def test_no_finish_reason(self, finish: str | None) -> None:
        """A whole body is complete by its nature (Snowflake sends an empty finish_reason)."""
        assert whole(answer({"content": "x"}, finish)).stop_reason == "end_turn"
        assert whole(answer({"tool_calls": [call(0, "a", "Bash", "{}")]}, finish)).stop_reason == "tool_use"

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "empty"),
            (b"  \n", "empty"),
            (
                b"<html><head><title>502 Bad Gateway</title></head></html>",
                "HTML page instead of a JSON answer (502 Bad Gateway)",
            ),
            (b"upstream connect error", "garbled answer (not JSON): upstream connect error"),
            (b"[]", "no choices"),
            (b"{}", "no choices"),
            (b'{"choices": []}', "no choices"),
            (b'{"error": {"message": "bad", "code": 400}}', "bad"),
            (b'[{"error": {"message": "bad", "code": 400}}]', "bad"),
            (b'{"code": 20015, "message": "bad", "data": null}', "bad"),
        ],
    )
    def test_bodies_that_are_no_answer(self, body: bytes, words: str) -> None:
        got = whole(body)
        assert got.error_message is not None
        assert words in got.error_message
        assert "<" not in got.error_message

    def test_model_falls_back_to_the_one_asked_for(self) -> None:
        reply = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}
        assert whole(reply).model == "asked-model"
