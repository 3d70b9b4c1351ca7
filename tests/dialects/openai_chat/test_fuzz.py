"""Mutated recordings and random streams: no exception, the grammar always holds, however the reads are cut."""

import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.model.grammar import violations
from ccrouter.sse import FrameSplitter
from tests.conformance.compare import entries, outcome
from tests.dialects.fuzzing import SEED, check, check_mutated_recording
from tests.dialects.openai_chat.replies import call, chunk

CONTEXT = ReplyContext("acme", "m")


@pytest.mark.parametrize("entry", entries("openai-chat", lambda entry: entry["http_status"] == 200))
def test_mutated_recordings(entry: Any) -> None:
    check_mutated_recording(OPENAI_CHAT, CONTEXT, entry)


@pytest.mark.parametrize("number", range(60))
def test_any_interleaving_of_deltas(number: int) -> None:
    """Whatever order text, reasoning and calls come in, nothing is lost and the calls' arguments are whole."""
    seed = f"{SEED}/interleaving/{number}"
    rng = random.Random(seed)
    wanted = {
        index: orjson.dumps({"n": index, "text": "x" * rng.randint(0, 30)}).decode()
        for index in range(rng.randint(0, 4))
    }
    left = dict(wanted)
    begun: set[int] = set()
    text, reasoning, frames = "", "", list[Any]()
    for _ in range(rng.randint(1, 12)):
        if rng.random() < 0.5:
            text += (piece := rng.choice(["a", "你", "\n", " ", "😀"]))
            frames.append(chunk({"content": piece}))
        else:
            reasoning += (piece := rng.choice(["r", "é", "."]))
            frames.append(chunk({rng.choice(["reasoning_content", "reasoning"]): piece, "content": ""}))
    while any(left.values()):
        index = rng.choice([index for index, rest in left.items() if rest])
        size = rng.randint(1, 12)
        head = (f"c{index}", "Bash") if index not in begun else (None, None)
        begun.add(index)
        frames.append(chunk({"tool_calls": [call(index, *head, left[index][:size])]}))
        left[index] = left[index][size:]
        if rng.random() < 0.2:
            text += "t"
            frames.append(chunk({"content": "t"}))
    frames.append(chunk({}, rng.choice(["stop", "tool_calls"])))
    body = b"".join(b"data: " + orjson.dumps(frame) + b"\n\n" for frame in frames) + b"data: [DONE]\n\n"
    got = outcome(check(OPENAI_CHAT, CONTEXT, body, seed))
    assert got.text == text, seed
    assert got.reasoning == reasoning, seed
    assert sorted((id_, arguments["n"]) for id_, _, arguments in got.tool_calls) == [(f"c{n}", n) for n in wanted], seed
    assert got.stop_reason == ("tool_use" if wanted else "end_turn"), seed


def test_splitter_and_decoder_take_pure_noise() -> None:
    rng = random.Random(SEED)
    for number in range(200):
        noise = bytes(rng.choice(b'\n\r :{}[]",adtevn0\xf0\x9f') for _ in range(rng.randint(0, 300)))
        splitter = FrameSplitter()
        decoder = OPENAI_CHAT.decoder(CONTEXT)
        events = [event for frame in splitter.feed(noise) + splitter.flush() for event in decoder.frame(frame)]
        assert violations(events + decoder.end()) == [], f"{SEED}/{number}"
