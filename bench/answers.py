"""The answers that the upstream has ready, in each of the providers' wires."""

from dataclasses import dataclass
from typing import Literal

import orjson

Wire = Literal["anthropic", "openai_chat", "openai_responses", "gemini"]

MODEL = "bench-model"

PIECES = (
    "The",
    " router",
    " reads",
    " a",
    " chunk",
    ",",
    " and",
    " writes",
    ' "it"',
    " on",
    ".\n",
    " Größe",
    " → 12",
    " 你好",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer, ready to write.

    `parts` are JSON bodies (whole: one) or server-sent events (streamed). With `pause` 0 all parts go out in one write,
    else one part each `pause` seconds. `text` is what a client must have got at the end (of a tool call: its arguments
    as JSON), in `deltas` pieces.
    """

    parts: tuple[bytes, ...]
    streamed: bool
    text: str
    deltas: int
    pause: float = 0.0
    wire: Wire = "openai_chat"
    tool: bool = False


def event(value: object, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if name is None else f"event: {name}\n".encode()
    return head + b"data: " + orjson.dumps(value) + b"\n\n"


def pieces(count: int) -> list[str]:
    """So many pieces of text, always the same."""
    return [PIECES[number % len(PIECES)] for number in range(count)]


def whole_answer() -> Answer:
    """A tiny whole answer."""
    text = "Hello! How can I help?"
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": _usage(12, 7),
    }
    return Answer((orjson.dumps(body),), streamed=False, text=text, deltas=1)


def streamed_answer(deltas: int, *, pause: float = 0.0, prompt_tokens: int = 20_000) -> Answer:
    """A stream of `deltas` text chunks as OpenAI sends them: role first, usage after the finish, `[DONE]` last."""
    texts = pieces(deltas)
    parts = [_chunk({"role": "assistant", "content": ""}), *[_chunk({"content": piece}) for piece in texts]]
    parts += _ending("stop", prompt_tokens, deltas)
    return Answer(tuple(parts), streamed=True, text="".join(texts), deltas=deltas, pause=pause)


def tool_answer(fragments: int) -> Answer:
    """One call whose arguments come in so many fragments, as OpenAI sends them."""
    content = "".join(pieces(fragments - 2))
    start, end = '{"file_path":"/tmp/bench.txt","content":"', '"}'
    fragment = [orjson.dumps(piece)[1:-1].decode() for piece in pieces(fragments - 2)]
    call = {"index": 0, "id": "call_bench", "type": "function", "function": {"name": "Write", "arguments": ""}}
    parts = [_chunk({"role": "assistant", "content": None}), _chunk({"tool_calls": [call]})]
    for piece in (start, *fragment, end):
        parts.append(_chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}))
    parts += _ending("tool_calls", 20_000, fragments)
    text = orjson.dumps({"file_path": "/tmp/bench.txt", "content": content}).decode()
    return Answer(tuple(parts), streamed=True, text=text, deltas=fragments, tool=True)


def gemini_answer(deltas: int) -> Answer:
    """The same as Google sends it: `streamGenerateContent?alt=sse`, usage in every chunk."""
    texts = pieces(deltas)
    parts: list[bytes] = []
    for number, piece in enumerate(texts, 1):
        candidate: dict[str, object] = {"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}
        if number == deltas:
            candidate["finishReason"] = "STOP"
        usage = {"promptTokenCount": 20_000, "candidatesTokenCount": number, "totalTokenCount": 20_000 + number}
        parts.append(
            event({"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL, "responseId": "bench"})
        )
    return Answer(tuple(parts), streamed=True, text="".join(texts), deltas=deltas, wire="gemini")


def responses_answer(deltas: int) -> Answer:
    """The same as OpenAI's Responses API sends it."""
    texts = pieces(deltas)
    text = "".join(texts)
    base: dict[str, object] = {"id": "resp_bench", "object": "response", "created_at": 1_760_000_000, "model": MODEL}
    item: dict[str, object] = {"id": "msg_bench", "type": "message", "role": "assistant"}
    place = {"item_id": "msg_bench", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "annotations": []}
    done = {**item, "status": "completed", "content": [{**part, "text": text}]}
    usage = {
        "input_tokens": 20_000,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": deltas,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 20_000 + deltas,
    }
    events: list[tuple[str, dict[str, object]]] = [
        ("response.created", {"response": {**base, "status": "in_progress", "output": []}}),
        (
            "response.output_item.added",
            {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}},
        ),
        ("response.content_part.added", {**place, "part": {**part, "text": ""}}),
        *[("response.output_text.delta", {**place, "delta": piece}) for piece in texts],
        ("response.output_text.done", {**place, "text": text}),
        ("response.content_part.done", {**place, "part": {**part, "text": text}}),
        ("response.output_item.done", {"output_index": 0, "item": done}),
        ("response.completed", {"response": {**base, "status": "completed", "output": [done], "usage": usage}}),
    ]
    parts = [
        event({"type": name, "sequence_number": number, **fields}, name) for number, (name, fields) in enumerate(events)
    ]
    return Answer(tuple(parts), streamed=True, text=text, deltas=deltas, wire="openai_responses")


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    return event(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": 1_760_000_000,
            "model": MODEL,
            "system_fingerprint": "fp_bench",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }
    )


def _ending(finish: str, prompt_tokens: int, completion_tokens: int) -> list[bytes]:
    usage = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "model": MODEL, "choices": []}
    return [
        _chunk({}, finish),
        event({**usage, "usage": _usage(prompt_tokens, completion_tokens)}),
        b"data: [DONE]\n\n",
    ]


def _usage(prompt_tokens: int, completion_tokens: int) -> dict[str, object]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
