"""What is measured: each scenario's request, and the answer that the upstream has ready for it.

Pure data, made the same way in every process: the load generator checks what came through against what the upstream
was to send.
"""

from dataclasses import dataclass
from typing import Literal

import orjson

from bench.requests import first_turn, small

Shape = Literal["small", "first-turn", "burst-5000"]

MODEL = "bench-model"


@dataclass(frozen=True, slots=True)
class Answer:
    """An OpenAI chat answer, ready to write.

    `parts` are JSON bodies (whole: one) or server-sent events (streamed). With `pause` 0 all parts go out in one write,
    else one part each `pause` seconds. `text` is what a client must have got at the end, in `deltas` pieces.
    """

    parts: tuple[bytes, ...]
    streamed: bool
    text: str
    deltas: int
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `requests` are sent in each round by each contestant, `in_flight` at a time.

    `bar` is the most that the daemon may cost, as a multiple of the pass-through's CPU time.
    """

    name: str
    about: str
    body: bytes
    answer: Answer
    requests: int
    in_flight: int = 1
    bar: float | None = None


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


def _event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    return _event(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": 1_760_000_000,
            "model": MODEL,
            "system_fingerprint": "fp_bench",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }
    )


def _usage(prompt_tokens: int, completion_tokens: int) -> dict[str, object]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


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
    pieces = [PIECES[number % len(PIECES)] for number in range(deltas)]
    parts = [_chunk({"role": "assistant", "content": ""})]
    parts += [_chunk({"content": piece}) for piece in pieces]
    parts.append(_chunk({}, "stop"))
    usage = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "model": MODEL, "choices": []}
    parts.append(_event({**usage, "usage": _usage(prompt_tokens, deltas)}))
    parts.append(b"data: [DONE]\n\n")
    return Answer(tuple(parts), streamed=True, text="".join(pieces), deltas=deltas, pause=pause)


def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name, in the order of the table."""
    scenarios = (
        Scenario("small", "one short message, whole answer", small("small"), whole_answer(), requests=400, bar=2.0),
        Scenario(
            "first-turn",
            "Claude Code's first turn (79 KB, 24 tools), 50 chunks streamed",
            first_turn("first-turn"),
            streamed_answer(50),
            requests=30,
            bar=4.0,
        ),
        Scenario(
            "burst-5000",
            "5000 chunks in one go",
            small("burst-5000", stream=True),
            streamed_answer(5000),
            requests=10,
            bar=4.0,
        ),
    )
    return {scenario.name: scenario for scenario in scenarios}
