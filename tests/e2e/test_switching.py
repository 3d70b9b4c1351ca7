"""One conversation that changes its provider, in every direction: no strict upstream refuses anything, nobody sees
another's reasoning or signatures, everybody gets its own back, and all that was said and done before is still there."""

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.sides import Side, Sides
from tests.upstreams.gemini_rules import SKIP
from tests.upstreams.replies import Call, Failure, Reply, text

pytestmark = pytest.mark.e2e

NAMES = ("gemini", "chat", "responses", "claude", "reasoner")
WALKED = ("gemini", "reasoner", "responses", "claude")
"""One of each dialect: of the two that speak chat, the one that also wants reasoning with every call."""
DOWN = Failure(503, "The fox is away.")


@pytest.fixture
def five(sides: Sides) -> Iterator[dict[str, Side]]:
    sides.gemini.sign_text = "last"
    found = {name: side for name, side in sides.all().items() if name in NAMES}
    for side in found.values():
        side.play(text("unexpected"))
    yield found
    sides.gemini.sign_text = ""
    assert not [refusal for side in found.values() for refusal in side.upstream.refusals]


def walk(names: Sequence[str]) -> list[str]:
    """A round that goes from each of `names` to each other exactly once (Hierholzer)."""
    left = {name: [other for other in names if other != name] for name in names}
    path, done = [names[0]], list[str]()
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            done.append(path.pop())
    return done


def test_the_walk_takes_every_direction_once() -> None:
    steps = walk(WALKED)
    assert sorted(pairwise(steps)) == sorted(permutations(WALKED, 2))


def thought(visit: int, name: str) -> str:
    return f"Thought {visit} of {name}."


def turns(visit: int, name: str) -> tuple[Reply, Reply]:
    """Thinking, two calls at once (one fails), thinking, an answer. The ids are those of earlier turns, which all but
    Anthropic may do."""
    ids = [f"toolu_{visit}_{number}" if name == "claude" else f"call_{number}" for number in (1, 2)]
    calls = (
        Call("Bash", {"command": f"echo did-$(({visit}+0))-a", "description": "One"}, ids[0], 7),
        Call("Bash", {"command": f"echo did-$(({visit}+0))-b; exit 3", "description": "Two"}, ids[1], 7),
    )
    told = thought(visit, name)
    return (
        Reply(reasoning=(told[:5], told[5:]), text=(f"Start {visit}.",), calls=calls),
        Reply(reasoning=(f"Then {told}",), text=(f"Answer {visit}.",)),
    )


def assert_all_there(side: Side, steps: Sequence[str]) -> None:
    """What the last request to `side` says of the visits before and of this one, `steps` being who was visited."""
    body, sent = side.last, side.turns[-1].raw.decode()
    results = [exchange.result for exchange in side.wire.exchanges(body)]
    assert len(results) == 2 * len(steps)
    for visit, name in enumerate(steps):
        one, other = results[2 * visit : 2 * visit + 2]
        assert f"did-{visit}-a" in one
        assert f"did-{visit}-b" in other
        assert f"Start {visit}." in sent
        assert f"Prompt {visit}." in sent
        assert visit == len(steps) - 1 or f"Answer {visit}." in sent
        mine = name == side.name
        assert (thought(visit, name) in sent) is mine, f"{side.name} got the reasoning of visit {visit}, {name}"
        assert (f"Then {thought(visit, name)}" in sent) is (mine and visit < len(steps) - 1)
    assert "ccr1." not in sent


def own_state(side: Side, body: JsonObject) -> list[str]:
    """What a side got back of its own reasoning and signatures."""
    return [entry for entry in side.wire.state(body) if entry != SKIP]


@pytest.fixture(scope="module")
def daemon_that_falls_back(sides: Sides, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that goes on to the other providers when the one that was asked for fails."""
    config = strict_config(sides.chat, *sides.providers())
    config["fallback"] = {"default": [side.model for name, side in sides.all().items() if name in NAMES]}
    config["retries"] = {"same_target": 0}  # each is asked once: quick, and easy to count
    with Daemon(tmp_path_factory.mktemp("falling-back"), config) as running:
        yield running


@pytest.fixture
def falling_back(client: ClaudeCode, daemon_that_falls_back: Daemon) -> ClaudeCode:
    found = binary(client.version)
    assert found is not None
    return ClaudeCode(client.version, found, client.folder, daemon_that_falls_back.url, KEY)


@pytest.mark.parametrize("by", ["client", "router"])
def test_every_direction(five: dict[str, Side], client: ClaudeCode, falling_back: ClaudeCode, by: str) -> None:
    """Switched by the client's `--model`, or by the router while the client asks for one and the same model. The client
    itself leaves out the thinking of models that it knows to be others; what the router does it cannot know."""
    steps = walk(WALKED)
    last: dict[str, JsonObject] = {}
    for visit, name in enumerate(steps):
        side = five[name]
        for other in five.values():
            other.play(DOWN)
        side.play(*turns(visit, name))
        more = ("--continue",) if visit else ()
        asked, asking = (side, client) if by == "client" else (five["gemini"], falling_back)
        answer = asked.ask(asking, f"Prompt {visit}.", *more)
        assert answer.text == f"Answer {visit}.", (visit, name, side.upstream.refusals, answer.text, answer.stderr)
        assert not side.upstream.refusals
        assert_all_there(side, steps[: visit + 1])
        if name in last:
            broken = side.wire.grew(last[name], side.turns[0].body)
            assert broken is None, f"visit {visit}, {name}: {broken}"
            assert len(own_state(side, side.last)) > len(own_state(side, last[name]))
        last[name] = side.last
        side.assert_prefixes()


@pytest.mark.parametrize("first", NAMES)
def test_in_the_middle_of_a_turn(five: dict[str, Side], falling_back: ClaudeCode, first: str) -> None:
    """The first provider asks for tools and is gone when their results come. All others are offered the open turn; the
    last one ends it. Then the first is back."""
    began, ended = turns(0, first)
    *others, last = [side for name, side in five.items() if name != first]
    five[first].play(began, DOWN)
    for other in others:
        other.play(DOWN)
    last.play(ended)
    answer = five[first].ask(falling_back, "Prompt 0.")
    assert answer.text == "Answer 0.", answer
    assert len(five[first].turns) == 2
    for other in (*others, last):
        [request] = other.turns
        one, two = other.wire.exchanges(request.body)
        assert "did-0-a" in one.result
        assert "did-0-b" in two.result
        assert thought(0, first).encode() not in request.raw
    five[first].play(*turns(1, first))
    answer = five[first].ask(falling_back, "Prompt 1.", "--continue")
    assert answer.text == "Answer 1.", answer
    assert thought(0, first).encode() in five[first].turns[-1].raw
    assert b"Answer 0." in five[first].turns[-1].raw
