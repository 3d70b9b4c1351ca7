"""Frames that are like one before but for a text: found without parsing them, never mistaken for others."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.repeated import FRUITLESS, RepeatedFrame, string_of
from ccrouter.model.events import Event, TextDelta, ThinkingDelta, ToolInputDelta
from ccrouter.model.json import JsonObject
from ccrouter.model.runs import DeltaRun
from ccrouter.sse import frames_of

REPEATED = RepeatedFrame(b'data: {"text":', b',"n":1}')


def lines(*strings: str) -> bytes:
    return b"\n\n".join([f'data: {{"text":{string},"n":1}}'.encode() for string in strings])


def test_one_frame_and_many() -> None:
    assert REPEATED.texts(lines('"a"'), 0) == (["a"], len(lines('"a"')))
    many = lines('"a"', '"\\"b\\", \\u00e9"', '"ß, \\n"')
    assert REPEATED.texts(many, 0) == (["a", '"b", é', "ß, \n"], len(many))


def test_frames_of_two_lines() -> None:
    named = RepeatedFrame(b'event: more\ndata: {"text":', b"}")
    whole = b"\n\n".join([f'event: more\ndata: {{"text":"{text}"}}'.encode() for text in "abc"])
    assert named.texts(whole, 0) == (["a", "b", "c"], len(whole))
    assert named.texts(whole + b"\n\n: busy", 0) == (["a", "b", "c"], len(whole))


OTHERS = [
    pytest.param(b'data: {"text":"b","n":2}', id="other bytes behind the text"),
    pytest.param(b'data: {"Text":"b","n":1}', id="other bytes before it"),
    pytest.param(b": busy", id="a comment"),
    pytest.param(b"data: [DONE]", id="the end"),
    pytest.param(b'event: x\ndata: {"text":"b","n":1}', id="a named one"),
    pytest.param(b'id: 1\ndata: {"text":"b","n":1}', id="another line before it"),
    pytest.param(b"", id="nothing"),
]


@pytest.mark.parametrize("other", OTHERS)
def test_ends_before_another_frame(other: bytes) -> None:
    for before, behind in ((['"a"'], []), (['"a"', '"b"'], ['"c"']), (['"a"', '"b"', '"c"'], ['"d"', '"e"'])):
        whole = b"\n\n".join([lines(*before), other, lines(*behind)])
        expected = [orjson.loads(string) for string in before]
        assert REPEATED.texts(whole, 0) == (expected, len(lines(*before)))
    assert REPEATED.texts(other + b"\n\n" + lines('"a"'), 0) is None


def test_all_before_another_frame_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def counted(piece: bytes) -> str | None:
        read.append(piece)
        return string_of(piece)

    monkeypatch.setattr("ccrouter.dialects.repeated.string_of", counted)
    whole = lines(*[f'"{number}"' for number in range(1000)])
    texts = [str(number) for number in range(1000)]
    assert REPEATED.texts(whole + b"\n\ndata: [DONE]", 0) == (texts, len(whole))
    assert read == [b'"0"']


def test_begins_where_it_is_told() -> None:
    whole = b"data: [DONE]\n\n" + lines('"a"', '"b"')
    assert REPEATED.texts(whole, 14) == (["a", "b"], len(whole))


@pytest.mark.parametrize(
    "string",
    [
        *('""', "null", "7", '["b"]', '{"b":1}', "", '"b', 'b"', '"b","c"', '"b":"c"', '"b\\"', '"b\\ud800"'),
        *('"b"\n', '\n"b"', '"b\nb"', '"b\tb"', '["b"', '"b"]', '"b"],["c"', '"b" "c"'),
    ],
)
def test_nothing_but_a_string_is_taken_for_one(string: str) -> None:
    assert REPEATED.texts(lines(string), 0) is None
    assert REPEATED.texts(lines('"a"', string, '"c"'), 0) == (["a"], len(lines('"a"')))
    assert REPEATED.texts(lines(string, '"c"'), 0) is None


def test_pieces_that_only_together_are_strings() -> None:
    for strings in (['"a', 'b"', '"c","d"'], ['"a"]', '["b"'], ['"a","b"', ""]):
        assert REPEATED.texts(lines(*strings), 0) is None
        assert REPEATED.texts(lines('"x"', '"y"', *strings), 0) == (["x", "y"], len(lines('"x"', '"y"')))


def test_a_frame_that_is_cut_is_none() -> None:
    cut = lines('"a"', '"b"', '"c"').removesuffix(b',"n":1}')
    assert REPEATED.texts(cut, 0) == (["a", "b"], len(lines('"a"', '"b"')))


def test_not_utf_8() -> None:
    assert REPEATED.texts(b'data: {"text":"\xff","n":1}', 0) is None


def chat(delta: JsonObject, **more: Any) -> bytes:
    return orjson.dumps({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **more})


def call(arguments: str, **more: Any) -> JsonObject:
    return {
        "tool_calls": [{"index": 0, **more, "function": {"arguments": arguments, **({"name": "f"} if more else {})}}]
    }


def block(kind: str, **fields: Any) -> bytes:
    return orjson.dumps({"type": f"content_block_{kind}", "index": 0, **fields})


STARTED = [
    orjson.dumps({"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": {}}}),
]
REPLIES = [
    pytest.param(
        OPENAI_CHAT,
        [chat({"role": "assistant"}), chat({"content": "a"})],
        lambda text: chat({"content": text}),
        TextDelta,
        id="chat, text",
    ),
    pytest.param(
        OPENAI_CHAT,
        [chat({"reasoning_content": "a"})],
        lambda text: chat({"content": None, "reasoning_content": text}),
        ThinkingDelta,
        id="chat, reasoning",
    ),
    pytest.param(OPENAI_CHAT, [chat(call("", id="x"))], lambda text: chat(call(text)), ToolInputDelta, id="chat, call"),
    pytest.param(
        ANTHROPIC,
        [*STARTED, block("start", content_block={"type": "text", "text": ""})],
        lambda text: block("delta", delta={"type": "text_delta", "text": text}),
        TextDelta,
        id="anthropic, text",
    ),
    pytest.param(
        ANTHROPIC,
        [*STARTED, block("start", content_block={"type": "tool_use", "id": "x", "name": "f", "input": {}})],
        lambda text: block("delta", delta={"type": "input_json_delta", "partial_json": text}),
        ToolInputDelta,
        id="anthropic, call",
    ),
]


def fed(decoder: Decoder, *data: bytes) -> list[Event]:
    return [event for one in data for frame in frames_of(b"data: " + one) for event in decoder.frame(frame)]


@pytest.mark.parametrize(("dialect", "before", "saying", "kind"), REPLIES)
def test_a_frame_seen_once_is_known(dialect: Dialect, before: list[bytes], saying: Any, kind: Any) -> None:
    decoder = dialect.decoder(ReplyContext("acme", "m", tool_names=frozenset({"f"})))
    fed(decoder, *before)
    assert decoder.run(b"data: " + saying("one"), 0) is None
    (event,) = fed(decoder, saying("one"))
    further = b"data: " + saying(' "two"') + b"\n\n" + b"data: " + saying("three")
    assert decoder.run(further, 0) == (DeltaRun(kind, event.key, [' "two"', "three"]), len(further))  # pyright: ignore[reportAttributeAccessIssue]


def test_arguments_in_frames_that_are_not_parsed_count_for_the_end() -> None:
    """A call that is cut off in one of them is no whole call."""
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m", tool_names=frozenset({"f"})))
    fed(decoder, chat(call("", id="x")), chat(call('{"a":')))
    assert decoder.run(b"data: " + chat(call('"b"')), 0) is not None
    assert type(decoder.end()[-1]).__name__ == "Failed"


def test_a_frame_of_another_block_is_learned_anew() -> None:
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m"))
    text = b"data: " + chat({"content": "more"})
    fed(decoder, chat({"content": "a"}), chat({"content": "b"}))
    assert decoder.run(text, 0) is not None
    fed(decoder, chat({"reasoning_content": "c"}))
    assert decoder.run(text, 0) is None
    assert decoder.run(b"data: " + chat({"reasoning_content": "d"}), 0) is None
    (*_, opened, _) = fed(decoder, chat({"content": "e"}), chat({"content": "f"}))
    found = decoder.run(text, 0)
    assert found is not None
    assert found[0].key == opened.key  # pyright: ignore[reportAttributeAccessIssue]


def test_nothing_is_taken_in_after_the_end() -> None:
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m"))
    fed(decoder, chat({"content": "a"}), chat({"content": "b"}), b'{"error":{"message":"broke"}}')
    assert decoder.run(b"data: " + chat({"content": "c"}), 0) is None


def test_text_that_the_frame_tells_twice_is_not_learned_in_the_wrong_place() -> None:
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m"))
    fed(decoder, chat({"content": "c"}), chat({"content": "c"}))  # its id is "c", too
    assert decoder.run(b"data: " + chat({"content": "d"}).replace(b'"id":"c"', b'"id":"d"'), 0) is None
    assert decoder.run(b"data: " + chat({"content": "d"}), 0) is None


def test_wire_filters_see_every_frame() -> None:
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m", wire_filters=[lambda chunk: chunk]))
    fed(decoder, chat({"content": "a"}), chat({"content": "b"}))
    assert decoder.run(b"data: " + chat({"content": "c"}), 0) is None


def test_what_never_repeats_is_learned_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[bytes] = []

    class Counted(RepeatedFrame):
        def __init__(self, before: bytes, after: bytes) -> None:
            learned.append(before)
            super().__init__(before, after)

    monkeypatch.setattr("ccrouter.dialects.repeated.RepeatedFrame", Counted)
    decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m"))
    for number in range(50):
        data = chat({"content": "abc"}, created=number)
        assert decoder.run(b"data: " + data, 0) is None
        fed(decoder, data)
    assert len(learned) == FRUITLESS
