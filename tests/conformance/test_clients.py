"""Every recording as each API's own SDK reads it from us: nothing it complains about, nothing lost, streamed or whole.

A recording goes through its dialect's decoder and the router's verifier to events, and from these to the bytes that a
client gets; the SDK is fed with them in place of a server.
"""

from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import openai
import orjson
import pytest

from ccrouter.client_apis.anthropic import MESSAGES
from ccrouter.client_apis.base import ReplyFormat
from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.client_apis.openai_responses import RESPONSES_API
from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.events import Event
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.model.runs import DeltaRun
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.transformers.base import Context
from tests.conformance.compare import Outcome, body_of, entries, outcome

DIALECTS: dict[str, Dialect] = {
    "anthropic": ANTHROPIC,
    "openai-chat": OPENAI_CHAT,
    "openai-responses": OPENAI_RESPONSES,
    "gemini": GEMINI,
}
CHAT = CHAT_API.decode(
    {"messages": [{"role": "user", "content": "hi"}], "stream_options": {"include_usage": True}}
).replies
RESPONSES = RESPONSES_API.decode({"input": "hi"}).replies

everything = pytest.mark.parametrize(
    "entry", [entry for wire in DIALECTS for entry in entries(wire, lambda entry: entry["http_status"] < 400)]
)


class Recorder:
    """A format that keeps the events it is given, to compare with."""

    relays = False
    ping = b""

    def __init__(self, replies: ReplyFormat) -> None:
        self.replies = replies
        self.events: list[Event] = []

    def encoder(self, defaults: ReplyDefaults) -> Any:
        """See `ReplyFormat`."""
        return Keeping(self.replies.encoder(defaults), self.events)

    def collector(self, defaults: ReplyDefaults) -> Any:
        """See `ReplyFormat`."""
        return self.replies.collector(defaults)

    def error_frame(self, error: Any) -> bytes:
        """See `ReplyFormat`."""
        return self.replies.error_frame(error)


class Keeping:
    """An encoder that keeps what it encodes."""

    def __init__(self, encoder: Any, events: list[Event]) -> None:
        self._encoder = encoder
        self._events = events

    @property
    def usage(self) -> Any:
        """See `ReplyEncoder`."""
        return self._encoder.usage

    @property
    def finished(self) -> bool:
        """See `ReplyEncoder`."""
        return self._encoder.finished

    def encode(self, events: list[Event]) -> bytes:
        """See `ReplyEncoder`."""
        self._events += events
        return self._encoder.encode(events)

    def encode_run(self, run: DeltaRun) -> bytes:
        """See `ReplyEncoder`."""
        self._events += run.events()
        return self._encoder.encode_run(run)


def reply_of(entry: Any, replies: ReplyFormat, *, streamed: bool, read_size: int | None = None) -> tuple[bytes, Reply]:
    """What a client gets for a recording."""
    dialect = DIALECTS[entry["wire_format"]]
    pipeline = build_pipeline(
        ProviderConfig("recorded", "https://example.test"), "m", dialect=dialect, quirks=Quirks(), transformers={}
    )
    context = Context("recorded", "m", dialect.name, Quirks(), Request("m", (), stream=streamed), Notes())
    defaults = ReplyDefaults("msg_1", "m", 10, requested_model="asked", created=1_800_000_000)
    reply = Reply(pipeline, context, defaults, streamed=streamed, replies=replies)
    body = body_of(entry)
    step = read_size or len(body)
    out = b"".join([reply.feed(body[start : start + step]) for start in range(0, len(body), step)])
    return out + reply.end(), reply


def said(entry: Any, replies: ReplyFormat) -> tuple[bytes, Outcome]:
    """The stream for a client, and what the events it was made of say."""
    recorder = Recorder(replies)
    out, _ = reply_of(entry, recorder, streamed=True)
    return out, outcome(recorder.events)


def http(body: bytes, content_type: str) -> httpx2.Client:
    """A client that gets `body` for everything."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": content_type}, content=body)

    return httpx2.Client(transport=httpx2.MockTransport(answer))


def openai_sdk(body: bytes, content_type: str = "text/event-stream") -> openai.OpenAI:
    """OpenAI's SDK, fed with `body`."""
    return openai.OpenAI(api_key="k", base_url="http://fed.test/v1", http_client=http(body, content_type))


def anthropic_sdk(body: bytes, content_type: str = "text/event-stream") -> anthropic.Anthropic:
    """Anthropic's SDK, fed with `body`."""
    return anthropic.Anthropic(api_key="k", base_url="http://fed.test", http_client=http(body, content_type))


HI: Any = [{"role": "user", "content": "hi"}]


def calls_of(expected: Outcome) -> list[tuple[str, str, Any]]:
    return [(id_, name, arguments) for id_, name, arguments in expected.tool_calls]


def read_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


@everything
def test_openai_chat_stream(entry: Any) -> None:
    out, expected = said(entry, CHAT)
    with openai_sdk(out).chat.completions.stream(model="m", messages=HI) as stream:
        if expected.error_message is not None:
            with pytest.raises(openai.APIError) as caught:
                stream.until_done()
            assert caught.value.message == expected.error_message
            return
        if (raised := RAISED.get(FINISH[expected.stop_reason or ""])) is not None:
            # How OpenAI's helper tells it; the chunks can be read all the same.
            with pytest.raises(raised):
                stream.get_final_completion()
            assert "".join(chat_texts(out)) == expected.text
            return
        got = stream.get_final_completion()
    message = got.choices[0].message
    assert (message.content or "") == expected.text
    assert getattr(message, "reasoning_content", "") == expected.reasoning
    calls: Any = message.tool_calls or []
    assert [(call.id, call.function.name, read_json(call.function.arguments)) for call in calls] == calls_of(expected)
    assert got.choices[0].finish_reason == FINISH[expected.stop_reason or ""]
    assert got.usage is not None
    if expected.usage.input is not None:
        assert got.usage.prompt_tokens == prompt_of(expected)
    if expected.usage.output is not None:
        assert got.usage.completion_tokens == expected.usage.output
    details = getattr(message, "reasoning_details", None) or []
    assert len(details) == len(expected.signatures) + got_redacted(entry)


RAISED: dict[str, type[Exception]] = {
    "length": openai.LengthFinishReasonError,
    "content_filter": openai.ContentFilterFinishReasonError,
}


def chat_texts(out: bytes) -> list[str]:
    """The text in a chat stream as the SDK's plain iterator gives it."""
    chunks: Any = openai_sdk(out).chat.completions.create(model="m", messages=HI, stream=True)
    return [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]


FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def prompt_of(expected: Outcome) -> int:
    usage = expected.usage
    return (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)


def got_redacted(entry: Any) -> int:
    """Thinking that only its provider can read, which has no signature event."""
    return body_of(entry).count(b'"type":"redacted_thinking"') if entry["wire_format"] == "anthropic" else 0


@everything
def test_openai_responses_stream(entry: Any) -> None:
    out, expected = said(entry, RESPONSES)
    with openai_sdk(out).responses.stream(model="m", input="hi") as stream:
        if expected.error_message is not None:
            with pytest.raises(openai.APIError) as caught:
                stream.until_done()
            assert caught.value.message == expected.error_message
            return
        events = list(stream)
    last: Any = events[-1]
    got = last.response
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert last.type == ("response.completed" if expected.stop_reason in COMPLETE else "response.incomplete")
    assert got.output_text == expected.text
    reasoning = [part.text for item in got.output if item.type == "reasoning" for part in item.summary]
    assert "".join(reasoning) == expected.reasoning
    assert [
        (item.call_id, item.name, read_json(item.arguments)) for item in got.output if item.type == "function_call"
    ] == calls_of(expected)
    if expected.usage.input is not None:
        assert got.usage.input_tokens == prompt_of(expected)
    if expected.usage.output is not None:
        assert got.usage.output_tokens == expected.usage.output
    sealed = [item for item in got.output if item.type == "reasoning" and item.encrypted_content]
    assert len(sealed) == len(expected.signatures) + got_redacted(entry)
    assert_items_open_and_close(frames_of(out))


COMPLETE = {"end_turn", "stop_sequence", "pause_turn", "tool_use"}


def assert_items_open_and_close(events: list[Any]) -> None:
    """Items are numbered in turn, one is open at a time, and what comes between names it."""
    opened = -1
    item: Any = None
    for event in events:
        if event["type"] == "response.output_item.added":
            assert item is None
            opened, item = opened + 1, event["item"]
            assert event["output_index"] == opened
        elif event["type"] == "response.output_item.done":
            assert item is not None
            assert (event["output_index"], event["item"]["id"]) == (opened, item["id"])
            item = None
        elif "item_id" in event:
            assert item is not None
            assert (event["item_id"], event["output_index"]) == (item["id"], opened)
    assert item is None


@everything
def test_anthropic_messages_stream(entry: Any) -> None:
    out, expected = said(entry, MESSAGES)
    with anthropic_sdk(out).messages.stream(model="m", messages=HI, max_tokens=1) as stream:
        if expected.error_message is not None:
            with pytest.raises(anthropic.APIError) as caught:
                stream.until_done()
            assert expected.error_message in str(caught.value)
            return
        got = stream.get_final_message()
    blocks: list[Any] = list(got.content)
    assert "".join([block.text for block in blocks if block.type == "text"]) == expected.text
    assert "".join([block.thinking for block in blocks if block.type == "thinking"]) == expected.reasoning
    wanted = [call for call in calls_of(expected) if call[2] is not None]
    calls = [(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"]
    assert [call for call in calls if call[0] in {id_ for id_, _, _ in wanted}] == wanted
    assert got.stop_reason == expected.stop_reason
    signatures = [block.signature for block in blocks if block.type == "thinking" and block.signature]
    assert signatures == list(expected.signatures)
    if expected.usage.output is not None:
        assert got.usage.output_tokens == expected.usage.output


@pytest.mark.parametrize("replies", [CHAT, RESPONSES], ids=["chat", "responses"])
@everything
def test_whole_says_what_the_stream_says(entry: Any, replies: ReplyFormat) -> None:
    """Rule 2, for every API."""
    out, expected = said(entry, replies)
    body, reply = reply_of(entry, replies, streamed=False)
    if expected.error_message is not None:
        assert reply.progress.failure is not None
        assert reply.progress.failure.detail.message == expected.error_message
        return
    whole = orjson.loads(body)
    assert whole == (joined_chat(out) if replies is CHAT else joined_response(out))


def joined_response(out: bytes) -> Any:
    return frames_of(out)[-1]["response"]


def joined_chat(out: bytes) -> Any:
    """A chat stream as one completion, joined as any client would."""
    chunks = frames_of(out)
    message: dict[str, Any] = {"refusal": None}
    calls: dict[int, Any] = {}
    reason = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            reason = choice["finish_reason"] or reason
            for name, value in choice["delta"].items():
                if name == "tool_calls":
                    for part in value:
                        call = calls.setdefault(part["index"], {"function": {"arguments": ""}})
                        call.update({key: part[key] for key in ("id", "type") if key in part})
                        call["function"].update({k: v for k, v in part["function"].items() if k == "name"})
                        call["function"]["arguments"] += part["function"]["arguments"]
                elif name in {"content", "reasoning_content"} and value is not None:
                    message[name] = (message.get(name) or "") + value
                elif name in {"reasoning_details", "annotations"}:
                    message[name] = [*message.get(name, []), *(value or [])]
                else:
                    message[name] = value
    if calls:
        message["tool_calls"] = [calls[at] for at in sorted(calls)]
    first = chunks[0]
    return {
        "id": first["id"],
        "object": "chat.completion",
        "created": first["created"],
        "model": first["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": chunks[-1]["usage"],
    }


def frames_of(out: bytes) -> list[Any]:
    return [orjson.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]


@pytest.mark.parametrize("replies", [CHAT, RESPONSES], ids=["chat", "responses"])
@everything
def test_the_cut_of_the_reads_makes_no_difference(entry: Any, replies: ReplyFormat) -> None:
    """Rule 3: the bytes differ in nothing, for each event is encoded on its own."""
    whole, _ = reply_of(entry, replies, streamed=True)
    cut, _ = reply_of(entry, replies, streamed=True, read_size=7)
    assert cut == whole


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (lambda body: openai_sdk(body, "application/json").chat.completions.create(model="m", messages=HI), CHAT),
        (lambda body: openai_sdk(body, "application/json").responses.create(model="m", input="hi"), RESPONSES),
    ],
    ids=["chat", "responses"],
)
@everything
def test_whole_answers_are_read(entry: Any, read: Callable[[bytes], Any], what: ReplyFormat) -> None:
    body, reply = reply_of(entry, what, streamed=False)
    if reply.progress.failure is not None:
        return
    got = read(body)
    text = got.output_text if what is RESPONSES else got.choices[0].message.content or ""
    assert text == said(entry, what)[1].text
