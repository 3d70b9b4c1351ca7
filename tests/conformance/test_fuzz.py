"""All decoders against streams that went wrong: the grammar holds always, and nothing is raised.

`make fuzz` runs it over a million frames. CCROUTER_FUZZ_SEED repeats a run.
"""

import os
import random
from typing import Any

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import Dialect, ReplyContext
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request, Tool
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.runtime import DIALECTS
from ccrouter.sse import FrameSplitter
from ccrouter.transformers.base import Context
from tests.conformance.compare import body_of, entries
from tests.conformance.mutations import mutated

FRAMES = int(os.environ.get("CCROUTER_FUZZ_FRAMES", "40000"))
WIRE_FORMATS = {"anthropic": "anthropic", "openai_chat": "openai-chat", "openai_responses": "openai-responses"}
WIRE_FORMATS["gemini"] = "gemini"
FUZZED = [name for name in DIALECTS if name in WIRE_FORMATS]
SEPARATOR = b"\n\n"


def seeded() -> random.Random:
    seed = int(os.environ.get("CCROUTER_FUZZ_SEED") or random.randrange(2**32))
    print(f"CCROUTER_FUZZ_SEED={seed}")
    return random.Random(seed)


def streams(name: str) -> list[list[bytes]]:
    """Each recorded stream as its frames."""
    found: list[list[bytes]] = []
    for parameter in entries(WIRE_FORMATS[name], lambda entry: entry["streaming"]):
        entry: Any = parameter.values[0]
        if not entry:
            pytest.skip("no recordings here (set CCROUTER_RECORDINGS)")
        found.append(body_of(entry).replace(b"\r\n", b"\n").split(SEPARATOR))
    return found


@pytest.mark.parametrize("name", FUZZED)
def test_decoders_keep_the_grammar_and_raise_nothing(name: str) -> None:
    chance, seen, recordings = seeded(), 0, streams(name)
    while seen < FRAMES // len(FUZZED):
        frames = mutated(chance.choice(recordings), chance)
        seen += len(frames) + 1
        body = SEPARATOR.join(frames)
        try:
            events = decoded(DIALECTS[name], body, chance.choice([None, 1000, 37]))
            assert violations(events) == []
            if chance.random() < 0.1:
                assert violations(DIALECTS[name].decoder(context()).whole(body)) == []
        except Exception as error:
            raise AssertionError(f"after {seen} frames, on {body[:3000]!r}") from error


@pytest.mark.parametrize("name", FUZZED)
def test_clients_get_a_whole_stream_or_an_honest_error(name: str) -> None:
    """The same through everything that a reply passes, up to the bytes for the client."""
    chance, seen, recordings = seeded(), 0, streams(name)
    while seen < FRAMES // len(FUZZED) // 4:
        frames = mutated(chance.choice(recordings), chance)
        seen += len(frames) + 1
        body = SEPARATOR.join(frames)
        streamed = chance.random() < 0.7
        reply = passing(DIALECTS[name], streamed=streamed)
        try:
            step = chance.choice([100_000, 777])
            out = b"".join([reply.feed(body[at : at + step]) for at in range(0, len(body), step)]) + reply.end()
        except Exception as error:
            raise AssertionError(f"after {seen} frames, on {body[:3000]!r}") from error
        assert reply.progress.ended
        if streamed:
            assert (
                out.count(b"event: message_stop") == (0 if reply.progress.failure is not None else 1)
                or name == "anthropic"
            )
        elif reply.progress.failure is None:
            assert out.startswith(b"{")


@pytest.mark.parametrize("name", FUZZED)
def test_frames_that_are_not_parsed_say_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `dialects.repeated` and without: not a byte differs, however the stream was broken and cut."""
    chance, seen, recordings = seeded(), 0, streams(name)
    while seen < FRAMES // len(FUZZED) // 4:
        recorded = [frame for frame in chance.choice(recordings) for _ in range(chance.choice([1, 1, 3]))]
        frames = mutated(recorded, chance) if chance.random() < 0.7 else recorded
        seen += len(frames) + 1
        body, step = SEPARATOR.join(frames), chance.choice([100_000, 777, 4000])
        tools = chance.choice([(), (Tool("Bash"),)])
        quirks = chance.choice([Quirks(), *MENDED])
        once = sent(name, body, step, tools, quirks)
        with monkeypatch.context() as patched:
            patched.setattr("ccrouter.dialects.repeated.FRUITLESS", 0)
            parsed = sent(name, body, step, tools, quirks)
        assert parsed == once, f"after {seen} frames, read by {step}, {tools}, {quirks}, on {body[:3000]!r}"


MENDED = (
    Quirks(think_tags="anywhere"),
    Quirks(think_tags="implicit"),
    Quirks(repair_arguments="schema"),
    Quirks(leaked_tool_calls=frozenset({"dsml", "hermes"})),
)


def sent(name: str, body: bytes, step: int, tools: tuple[Tool, ...], quirks: Quirks) -> bytes:
    """All that a client gets."""
    reply = passing(DIALECTS[name], streamed=True, tools=tools, stop_sequences=(), quirks=quirks)
    return b"".join([reply.feed(body[at : at + step]) for at in range(0, len(body), step)]) + reply.end()


def context() -> ReplyContext:
    return ReplyContext(origin="fuzz", model="m", tool_names=frozenset({"get_weather", "Bash"}))


def decoded(dialect: Dialect, body: bytes, step: int | None) -> list[Event]:
    decoder, splitter, events = dialect.decoder(context()), FrameSplitter(), list[Event]()
    size = step or max(len(body), 1)
    for at in range(0, len(body), size):
        for frame in splitter.feed(body[at : at + size]):
            events += decoder.frame(frame)
    for frame in splitter.flush():
        events += decoder.frame(frame)
    return events + decoder.end()


def passing(
    dialect: Dialect,
    *,
    streamed: bool,
    tools: tuple[Tool, ...] = (Tool("Bash"),),
    stop_sequences: tuple[str, ...] = ("zzz",),
    quirks: Quirks | None = None,
) -> Reply:
    provider = ProviderConfig("fuzz", "http://127.0.0.1:1")
    pipeline = build_pipeline(provider, "m", dialect=dialect, quirks=quirks or Quirks(), transformers={})
    request = Request("m", (), tools=tools, stream=streamed, stop_sequences=stop_sequences)
    made = Context("fuzz", "m", dialect.name, quirks or Quirks(), request, Notes())
    return Reply(pipeline, made, ReplyDefaults("msg_1", "m"), streamed=streamed)
