"""What is measured: each scenario's request, and the answer that the upstream has ready for it.

Pure data, made the same way in every process: the load generator checks what came through against what the upstream
was to send.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from bench.answers import (
    MODEL,
    Answer,
    gemini_answer,
    responses_answer,
    streamed_answer,
    tool_answer,
    whole_answer,
)
from bench.requests import NUMBER, conversation, first_turn, long_history, small

CHAINS: Final[dict[str, tuple[str, ...]]] = {
    "bench-3": ("reasoning", "sampling", "cleancache"),
    "bench-5": ("reasoning", "sampling", "cleancache", "enhancetool", "streamoptions"),
}
"""Providers with so many transformers in their chain. CCR 2.0.0 has them all under these names."""

LONG_TURNS: Final = 100
LONG_BYTES: Final = 800_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `requests` are sent in each round by each contestant, `in_flight` at a time.

    `body` holds `NUMBER` where each request differs from the one before; `bar` is the most that the daemon may cost, as
    a multiple of the pass-through's CPU time; `first_bar_ms` how much later than the pass-through's its first byte may
    come; `rounds` where the usual number would take too long.
    """

    name: str
    about: str
    body: bytes
    answer: Answer
    requests: int
    in_flight: int = 1
    bar: float | None = None
    first_bar_ms: float | None = None
    rounds: int | None = None

    def numbered(self, number: int) -> bytes:
        """The body of request `number`."""
        return self.body.replace(NUMBER, b"%08d" % number) if NUMBER in self.body else self.body


@cache
def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name, in the order of the table."""
    burst = "5000 chunks in one go"
    scenarios = (
        Scenario("small", "one short message, whole answer", small("small"), whole_answer(), requests=400, bar=2.0),
        Scenario(
            "small-32",
            "one short message, whole answer, 32 in flight",
            small("small-32"),
            whole_answer(),
            requests=1600,
            in_flight=32,
            bar=2.5,
        ),
        Scenario(
            "first-turn",
            "Claude Code's first turn (79 KB, 24 tools), each of a new session, 50 chunks streamed",
            first_turn("first-turn"),
            streamed_answer(50),
            requests=40,
            bar=4.0,
            first_bar_ms=1.0,
        ),
        Scenario(
            "long-200k",
            "100 tool turns (800 KB, 200k tokens), each request with a new last message, 50 chunks streamed",
            conversation("long-200k", turns=LONG_TURNS, size=LONG_BYTES),
            streamed_answer(50, prompt_tokens=200_000),
            requests=10,
            bar=5.0,
            first_bar_ms=12.0,
        ),
        Scenario("burst-5000", burst, small("burst-5000", stream=True), streamed_answer(5000), requests=10, bar=4.0),
        Scenario(
            "tool-2000",
            "one tool call in 2000 fragments",
            small("tool-2000", stream=True, tool=True),
            tool_answer(2000),
            requests=15,
            bar=5.0,
        ),
        Scenario(
            "paced-64",
            "64 streams, a chunk each 20 ms",
            small("paced-64", stream=True),
            streamed_answer(50, pause=0.02),
            requests=128,
            in_flight=64,
            bar=1.6,
            rounds=5,
        ),
        Scenario(
            "open-1000",
            "1000 open streams, a chunk each 0.5 s",
            small("open-1000", stream=True),
            streamed_answer(12, pause=0.5),
            requests=1000,
            in_flight=1000,
            rounds=1,
        ),
        Scenario(
            "burst-3",
            f"{burst}, three transformers in the chain",
            small("burst-3", stream=True, model=f"bench-3,{MODEL}"),
            streamed_answer(5000),
            requests=10,
        ),
        Scenario(
            "burst-5",
            f"{burst}, five transformers in the chain",
            small("burst-5", stream=True, model=f"bench-5,{MODEL}"),
            streamed_answer(5000),
            requests=10,
        ),
        Scenario(
            "gemini-1000",
            "the dialect gemini, 1000 chunks in one go",
            small("gemini-1000", stream=True, model=f"bench-gemini,{MODEL}"),
            gemini_answer(1000),
            requests=20,
        ),
        Scenario(
            "responses-1000",
            "the dialect openai_responses, 1000 chunks in one go",
            small("responses-1000", stream=True, model=f"bench-responses,{MODEL}"),
            responses_answer(1000),
            requests=20,
        ),
    )
    return {scenario.name: scenario for scenario in scenarios}


CONVERSATION_ANSWER: Final = "small"
"""The scenario whose answer conversations of every size are given: it costs the same, what grows is the request's."""


def sized_conversation(tokens: int, *, unseen: bool) -> Scenario:
    """A conversation of so many tokens (four bytes each), answered as `CONVERSATION_ANSWER` is."""
    requests = max(4, min(100, 1_000_000 // tokens))
    body = long_history(CONVERSATION_ANSWER, size=tokens * 4, unseen=unseen)
    return replace(all_scenarios()[CONVERSATION_ANSWER], body=body, requests=requests)
