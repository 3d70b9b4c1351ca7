"""Reasoning is shown, and what a provider needs to see of it again comes back exactly, to every dialect.

Each strict upstream refuses what it did not make itself, what was changed on the way, and (where the real one does)
turns without it. So what is left to see is that nothing is missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.sides import Side, Sides
from tests.e2e.wires import CHAT, CLAUDE, GEMINI
from tests.upstreams.anthropic_rules import sign
from tests.upstreams.gemini_rules import SKIP
from tests.upstreams.openai_responses_reply import Manner, items
from tests.upstreams.replies import Call, Reply, text

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Telling:
    """A side, and the manner in which it tells its reasoning. `shown`: it lets its reasoning be read."""

    side: str
    manner: Callable[[Sides], None] = lambda sides: None
    shown: bool = True


def responses(manner: Manner) -> Callable[[Sides], None]:
    def tell(sides: Sides) -> None:
        sides.responses.manner = manner

    return tell


def gemini(sign_text: str, *, sign_thoughts: bool) -> Callable[[Sides], None]:
    def tell(sides: Sides) -> None:
        sides.gemini.sign_text, sides.gemini.sign_thoughts = sign_text, sign_thoughts

    return tell


TELLINGS = {
    "chat": Telling("chat"),
    "reasoner": Telling("reasoner"),
    "claude": Telling("claude"),
    "responses": Telling("responses"),
    "responses-each": Telling("responses", responses(Manner(reasoning_before_each=True, phase="commentary"))),
    "responses-late": Telling("responses", responses(Manner(late_arguments=True))),
    "responses-secret": Telling("responses", responses(Manner(summaries=False)), shown=False),
    "gemini": Telling("gemini"),
    "gemini-last": Telling("gemini", gemini("last", sign_thoughts=False)),
    "gemini-first": Telling("gemini", gemini("first", sign_thoughts=True)),
    "gemini-2.5": Telling("gemini-2.5", gemini("last", sign_thoughts=False)),
}


@pytest.fixture(params=TELLINGS)
def telling(request: pytest.FixtureRequest, sides: Sides) -> Iterator[Telling]:
    found = TELLINGS[str(request.param)]
    found.manner(sides)
    yield found
    sides.responses.manner = Manner()
    sides.gemini.sign_text, sides.gemini.sign_thoughts = "", False
    upstream = sides.all()[found.side].upstream
    assert not upstream.refusals, upstream.refusals


def given_out(side: Side, sides: Sides, replies: tuple[Reply, ...], signatures: list[str]) -> list[str]:
    """The state that must come back of what the side gave out. `signatures` are Gemini's."""
    if side.wire is CHAT:
        return ["".join(reply.reasoning) for reply in replies]
    if side.wire is CLAUDE:
        return [sign("".join(reply.reasoning)) for reply in replies]
    if side.wire is GEMINI:
        # The client shows no answer that has a thinking block behind it, so the signature behind the last text of all
        # has no place to travel in. Google asks for those on texts but does not insist.
        return signatures[:-1] if sides.gemini.sign_text == "last" else signatures
    requests = [request for request in sides.responses.requests if request.body.get("tools")]
    return [
        str(item["encrypted_content"])
        for request, reply in zip(requests, replies, strict=False)
        for item in items(request.body, reply, request.number, sides.responses.manner)
        if item["type"] == "reasoning"
    ]


def test_reasoning_is_shown_and_given_back(telling: Telling, sides: Sides, client: ClaudeCode) -> None:
    side = sides.all()[telling.side]
    older = len(sides.gemini.issued.signatures)
    calls = tuple(Call("Bash", {"command": f"echo {n}", "description": "Say"}, f"call_{n}", 5) for n in (1, 2))
    replies = (
        Reply(reasoning=("First I ", "must look."), text=("Look", "ing."), calls=calls),
        Reply(reasoning=("Look again.",), calls=calls[:1]),  # an id that was there before, as some upstreams do
        Reply(reasoning=("Now I know.",), text=("Do", "ne.")),
    )
    side.play(*replies, text("Again."))
    answer = side.ask(client, "Think")
    assert answer.text == "Done.", answer
    shown = "|".join(str(block["thinking"]) for block in answer.blocks("assistant", "thinking"))
    for reply in replies:
        assert ("".join(reply.reasoning) in shown.replace("First I |must", "First I must")) is telling.shown
    signatures = list(sides.gemini.issued.signatures)[older:]
    answer = side.ask(client, "And?", "--continue")
    assert answer.text == "Again.", answer
    assert side.wire.state(side.last) == given_out(side, sides, replies, signatures)
    assert SKIP not in side.wire.state(side.last)
    if sides.responses.manner.phase is not None:
        assert side.turns[-1].raw.count(b'"phase":"commentary"') == 2, "on both messages"
    side.assert_prefixes()
