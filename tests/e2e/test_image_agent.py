"""A text-only model looks at images through the image agent, with the real client: no image ever reaches it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject, as_list
from tests.e2e.claude_code import Answer, ClaudeCode
from tests.e2e.conftest import KEY, LIMIT
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.pictures import png
from tests.e2e.wires import pictures
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.replies import Call, Failure, Reply, call, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
TASK = "Which colour is it?"
BASH = Call("Bash", {"command": "echo first-$((1+1))", "description": "Echo"}, "call_bash")


@dataclass
class Blind:
    """What the text-only model answers, turn by turn. `"look"` is a look at the image that it reads of."""

    turns: list[Reply | str] = field(default_factory=list[Reply | str])

    def __call__(self, body: JsonObject) -> Reply | Failure:
        if not as_list(body.get("tools")):
            return text("ok")
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Reply):
            return turn
        found = re.findall(r'its id is \\?"([0-9a-f]{8})', str(body))
        look = Call("analyzeImage", {"imageId": found[-1:], "task": TASK}, f"call_look_{len(self.turns)}")
        return Reply(text=("I look.",), calls=(look,) if turn == "look" else (BASH, look))


@dataclass
class Sight:
    """The daemon with the text-only and the image model behind it, and the client in front."""

    client: ClaudeCode
    daemon: Daemon
    blind: OpenAIChatUpstream
    eyes: OpenAIChatUpstream

    def plays(self, *turns: Reply | str) -> None:
        """Set what the text-only model answers from now on."""
        self.blind.begin(Blind(list(turns)))
        self.eyes.begin(lambda body: text("It is ", "red."))

    def red_png(self) -> Path:
        """A picture in the project."""
        self.client.prepare()
        path = self.client.project / "red.png"
        path.write_bytes(png())
        return path

    @property
    def turns(self) -> list[Recorded]:
        """The text-only model's part of the conversation. That no image is in it is checked."""
        assert not self.blind.refusals
        assert not self.eyes.refusals
        for request in self.blind.requests:
            assert list(pictures(request.body)) == []
        return [request for request in self.blind.requests if "tools" in request.body]


def config(blind: OpenAIChatUpstream, eyes: OpenAIChatUpstream, *, forced: bool) -> JsonObject:
    return {
        "LOG": True,
        "APIKEY": KEY,
        "Providers": [
            {
                "name": "blind",
                "api_base_url": blind.endpoint,
                "api_key": "sk-upstream",
                "models": ["m-text"],
                "quirks": {"images": False, "max_tokens_cap": LIMIT},
            },
            {
                "name": "eyes",
                "api_base_url": eyes.endpoint,
                "api_key": "sk-upstream",
                "models": ["m-vision"],
                "quirks": {"max_tokens_cap": LIMIT},
            },
        ],
        "Router": {"default": "blind,m-text", "image": "eyes,m-vision"},
        "forceUseImageAgent": forced,
    }


@pytest.fixture(params=[True, False], ids=["forced", "routed"])
def sight(request: pytest.FixtureRequest, version: str, tmp_path: Path) -> Iterator[Sight]:
    found = binary(version)
    assert found is not None
    with (
        OpenAIChatUpstream(strictness=Strictness(images=False)) as blind,
        OpenAIChatUpstream() as eyes,
        Daemon(tmp_path / "daemon", config(blind, eyes, forced=bool(request.param))) as daemon,
    ):
        client = ClaudeCode(version, found, tmp_path, daemon.url, KEY)
        yield Sight(client, daemon, blind, eyes)


forced = pytest.mark.parametrize("sight", [True], ids=["forced"], indirect=True)
routed = pytest.mark.parametrize("sight", [False], ids=["routed"], indirect=True)


def results(request: Recorded) -> list[str]:
    return [str(message["content"]) for message in request.messages if message["role"] == "tool"]


def thoughts(answer: Answer) -> list[str]:
    return [str(block["thinking"]) for block in answer.blocks("assistant", "thinking")]


@forced
def test_a_picture_that_was_read_is_looked_at(sight: Sight) -> None:
    path = sight.red_png()
    sight.plays(call("Read", {"file_path": str(path)}, "call_read"), "look", text("It is red."))
    answer = sight.client.ask("Look at red.png", ALLOW)
    assert answer.text == "It is red.", answer
    first, second, third = sight.turns
    assert "analyzeImage" not in first.tool_names
    assert second.tool_names == [*first.tool_names, "analyzeImage"]
    assert results(third)[-1] == "It is red."
    [seen] = sight.eyes.requests
    [image] = pictures(seen.body)
    assert image.startswith((b"\x89PNG", b"\xff\xd8"))  # the client may recode it
    assert TASK in seen.text
    # The client never saw a call of a tool it does not have; it shows what was seen as a thought.
    assert [block["name"] for block in answer.blocks("assistant", "tool_use")] == ["Read"]
    assert [thought.endswith(f"{TASK}]\nIt is red.") for thought in thoughts(answer)] == [True], answer
    log = sight.daemon.log_line(answer.session, "looks=1")
    assert "blind,m-text" in log
    assert "eyes,m-vision" in sight.daemon.log_line(answer.session, "-look1")

    # The next turn, in a new process: the client gave the look back, so the model reads on where it was.
    sight.plays(text("You are welcome."))
    after = sight.client.ask("Thanks", ALLOW, "--continue")
    assert after.text == "You are welcome.", after
    [fourth] = sight.turns
    assert fourth.tool_names == second.tool_names
    assert results(fourth) == results(third)
    assert sight.eyes.requests == []


@forced
def test_looks_again_and_again_and_beside_a_call_of_the_clients(sight: Sight) -> None:
    path = sight.red_png()
    sight.plays(
        call("Read", {"file_path": str(path)}, "call_read"), "look", "look and bash", "look", text("Red it is.")
    )
    answer = sight.client.ask("Look at red.png", ALLOW)
    assert answer.text == "Red it is.", answer
    assert [block["name"] for block in answer.blocks("assistant", "tool_use")] == ["Read", "Bash"]
    *_, last = sight.turns
    given = results(last)
    assert given.count("It is red.") == 3, given
    assert any("first-2" in result for result in given), given
    assert len(sight.eyes.requests) == 1  # the same question of the same image


@routed
def test_a_picture_of_an_earlier_turn_is_looked_at(sight: Sight) -> None:
    path = sight.red_png()
    read = call("Read", {"file_path": str(path)}, "call_read")
    sight.plays(read, text("not asked"))
    answer = sight.client.ask("Look at red.png", ALLOW)
    # The turn in which the image came went on with the image model itself.
    assert answer.text == "It is red.", answer
    assert "scenario=image" in sight.daemon.log_line(answer.session, "eyes,m-vision")
    assert len(sight.turns) == 1
    [seen] = [request for request in sight.eyes.requests if "tools" in request.body]
    assert len(list(pictures(seen.body))) == 1

    sight.plays("look", text("Still red."))
    after = sight.client.ask("And now?", ALLOW, "--continue")
    assert after.text == "Still red.", after
    _, second = sight.turns
    assert results(second)[-1] == "It is red."
    [seen] = sight.eyes.requests
    assert len(list(pictures(seen.body))) == 1


@forced
def test_a_picture_that_was_pasted(sight: Sight) -> None:
    sight.plays("look", text("It is red."))
    path = sight.red_png()
    answer = sight.client.ask(f"What is this? @{path.name}", ALLOW)
    assert answer.text == "It is red.", answer
    assert results(sight.turns[-1])[-1] == "It is red."
    assert len(sight.eyes.requests) == 1
