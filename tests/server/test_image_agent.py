"""The image agent on real sockets: a strict upstream that refuses images, another one that describes them."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.config.types import Limits, ModelPrices, ProviderConfig, RouterConfig, SearchConfig, Target
from ccrouter.model.json import JsonObject
from tests.server.conftest import Router
from tests.server.test_web_search import SEARCH, collected, kinds
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.replies import Call, Failure, Reply, call, text
from tests.upstreams.search import SearchEngines

RED, BLUE = "iVBORw0KGgoAAAANSUhEUgAAAAE=", "iVBORw0KGgoAAAANSUhEUgAAAAI="
RED_ID, BLUE_ID = "df826c64", "769d2a73"
BASH = {"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}
TEXT, EYES = Target("mock", "m-text"), Target("eyes", "vision")

Script = Callable[[JsonObject], Reply | Failure]


def picture(data: str = RED) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def look(*ids: str, task: str = "What colour?", identity: str = "call_1") -> Reply:
    return call("analyzeImage", {"imageId": list(ids), "task": task}, identity)


def user(*content: Any) -> dict[str, Any]:
    blocks = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    return {"role": "user", "content": blocks}


def body(*messages: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"model": "mock,m-text", "max_tokens": 500, "messages": list(messages), "tools": [BASH], **changes}


def in_turn(*replies: Reply | Failure) -> Script:
    waiting = list(replies)
    return lambda request: waiting.pop(0) if len(waiting) > 1 else waiting[0]


class Eyes:
    """The two upstreams, and the router's configuration for them."""

    def __init__(self, blind: OpenAIChatUpstream, seeing: OpenAIChatUpstream) -> None:
        self.blind, self.seeing = blind, seeing
        self.limits = Limits()
        self.changes: dict[str, Any] = {}

    def config(self) -> dict[str, Any]:
        quirks = {"images": False}
        mock = ProviderConfig(
            "mock", self.blind.endpoint, ("sk-upstream",), ("m-text",), quirks=quirks, limits=self.limits
        )
        eyes = ProviderConfig("eyes", self.seeing.endpoint, ("sk-upstream",), ("vision",))
        return {"providers": (mock, eyes), "router": RouterConfig(TEXT, image=EYES), **self.changes}

    async def ask(self, router: Router, *requests: dict[str, Any], stream: bool) -> list[dict[str, Any]]:
        """The answers, as whole messages however they came, to requests made one after another."""
        messages: list[dict[str, Any]] = []
        async with router(self.blind.endpoint, **self.config()) as client:
            for request in requests:
                reply = await client.post("/v1/messages", json={**request, "stream": stream})
                raw = await reply.read()
                assert reply.status == 200, raw
                messages.append(collected(raw) if stream else orjson.loads(raw))
        return messages

    @property
    def asked(self) -> list[Recorded]:
        """What the blind model was sent; that no image was among it and nothing was refused is checked."""
        assert not self.blind.refusals
        assert not self.seeing.refusals
        for request in self.blind.requests:
            assert b"iVBORw0KGgo" not in request.raw
        return self.blind.requests


@pytest.fixture
def eyes() -> Iterator[Eyes]:
    with (
        OpenAIChatUpstream(strictness=Strictness(images=False)) as blind,
        OpenAIChatUpstream(lambda request: text("It is ", "red.")) as seeing,
    ):
        yield Eyes(blind, seeing)


@pytest.fixture(params=[True, False], ids=["stream", "whole"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def results(request: Recorded) -> list[str]:
    return [str(message["content"]) for message in request.messages if message["role"] == "tool"]


def words(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


async def test_a_text_only_model_looks_at_an_image(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(Reply(text=("I look.",), calls=look(RED_ID).calls), text("It is ", "red."))
    [message] = await eyes.ask(router, body(user("What is this?", picture())), stream=stream)
    assert kinds(message) == ["text", "thinking", "text"]
    assert words(message) == "I look.It is red."
    assert message["stop_reason"] == "end_turn"
    first, second = eyes.asked
    assert first.tool_names == ["Bash", "analyzeImage"]
    assert f'its id is "{RED_ID}"' in first.text
    assert results(second) == ["It is red."]
    # The image went to the image model alone, with the task and with no tools.
    [seen] = eyes.seeing.requests
    assert f"base64,{RED}".encode() in seen.raw
    assert "What colour?" in seen.text
    assert "What is this?" not in seen.text
    assert "tools" not in seen.body


async def test_usage_is_the_last_prompt_and_all_answers(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), look(RED_ID, task="More"), text("Red."))
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    # Three answers of 1234 (1000 of them cached) and 56 tokens: the client compacts by the size of the prompt.
    assert message["usage"]["input_tokens"] == 234
    assert message["usage"]["cache_read_input_tokens"] == 1000
    assert message["usage"]["output_tokens"] == 3 * 56


async def test_looks_count_in_the_session_and_not_in_its_context(router: Router, eyes: Eyes, stream: bool) -> None:
    """A dollar a token; the image model's answers are paid for too, and leave no request open."""
    eyes.blind.script = in_turn(look(RED_ID), text("Red."))
    config = eyes.config()
    dear = {"*": ModelPrices(1e6, 1e6, cache_read=0)}
    config["providers"] = tuple([replace(provider, prices=dear) for provider in config["providers"]])
    async with router(eyes.blind.endpoint, **config) as client:
        asked = {**body(user("What?", picture())), "stream": stream}
        reply = await client.post("/v1/messages", json=asked, headers={"x-claude-code-session-id": "s"})
        assert reply.status == 200
        await reply.read()
        admin = {"x-ccr-admin-token": "admin-token"}
        told: Any = await (await client.get("/admin/statusline?session=s", headers=admin)).json()
    session = told["session"]
    assert (session["model"], session["open"], session["last"]["prompt"]) == ("m-text", 0, 1234)
    assert session["last"]["cost"] == 2 * (234 + 56)
    assert (session["total"]["requests"], session["total"]["cost"]) == (2, 3 * (234 + 56))


async def test_an_image_that_a_tool_gave(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), text("Red."))
    read = {"type": "tool_use", "id": "call_r", "name": "Bash", "input": {"command": "x"}}
    result = {"type": "tool_result", "tool_use_id": "call_r", "content": [picture()]}
    history = [user("Read it"), {"role": "assistant", "content": [read]}, user(result)]
    [message] = await eyes.ask(router, body(*history), stream=stream)
    assert words(message) == "Red."
    first, second = eyes.asked
    assert RED_ID in results(first)[0]
    assert results(second) == [*results(first), "It is red."]


async def test_the_next_turn_goes_on_from_the_same_bytes_and_pays_no_second_look(
    router: Router, eyes: Eyes, stream: bool
) -> None:
    eyes.blind.script = in_turn(
        Reply(text=("A",), calls=look(RED_ID).calls),
        look(RED_ID, task="Shape?"),
        text("Red."),
        text("You are welcome."),
    )
    asked = user("What?", picture())
    async with router(eyes.blind.endpoint, **eyes.config()) as client:

        async def once(request: dict[str, Any]) -> dict[str, Any]:
            reply = await client.post("/v1/messages", json={**request, "stream": stream})
            raw = await reply.read()
            return collected(raw) if stream else orjson.loads(raw)

        message = await once(body(asked))
        turn = {"role": "assistant", "content": message["content"]}
        await once(body(asked, turn, user("Thanks")))
    _, _, third, fourth = eyes.asked
    assert fourth.messages[: len(third.messages)] == third.messages
    assert fourth.messages[len(third.messages) :] == [
        {"role": "assistant", "content": "Red."},
        {"role": "user", "content": "Thanks"},
    ]
    assert len(eyes.seeing.requests) == 2


async def test_the_same_look_is_described_once(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), text("Red."), look(RED_ID), text("Red still."))
    asked = body(user("What?", picture()))
    await eyes.ask(router, asked, asked, stream=stream)
    assert len(eyes.seeing.requests) == 1
    assert results(eyes.asked[3]) == ["It is red."]


async def test_a_look_beside_the_clients_own_call(router: Router, eyes: Eyes, stream: bool) -> None:
    both = (
        Call("Bash", {"command": "ls"}, "call_b"),
        Call("analyzeImage", {"imageId": [RED_ID], "task": "?"}, "call_l"),
    )
    eyes.blind.script = in_turn(Reply(text=("I do both.",), calls=both), text("Done."))
    asked = user("What?", picture())
    [message] = await eyes.ask(router, body(asked), stream=stream)
    assert kinds(message) == ["text", "thinking", "tool_use"]
    assert message["stop_reason"] == "tool_use"
    assert message["content"][2]["id"] == "call_b"
    # Nothing is kept in the router: another one, with the history alone, tells the model both answers.
    result = {"type": "tool_result", "tool_use_id": "call_b", "content": "a.txt"}
    said = {"role": "assistant", "content": message["content"]}
    [after] = await eyes.ask(router, body(asked, said, user(result)), stream=stream)
    assert words(after) == "Done."
    last = eyes.asked[-1]
    assert sorted(results(last)) == ["It is red.", "a.txt"]
    [turn] = [message for message in last.messages if message["role"] == "assistant"]
    assert re.findall("'name': '(\\w+)'", str(turn)) == ["analyzeImage", "Bash"]


async def test_a_model_that_never_stops_looking_comes_to_an_end(router: Router, eyes: Eyes, stream: bool) -> None:
    count = iter(range(100))
    eyes.blind.script = lambda request: look(RED_ID, task=f"Look {next(count)}")
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    assert message["stop_reason"] == "end_turn"
    assert len(eyes.asked) == 11
    assert eyes.asked[-1].body["tool_choice"] == "none"
    assert len(eyes.seeing.requests) == 11


async def test_an_image_model_that_fails_is_told_honestly(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), text("I cannot see it."))
    eyes.seeing.script = lambda request: Failure(500, "the eyes are shut, sk-upstream")
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    assert words(message) == "I cannot see it."
    [result] = results(eyes.asked[1])
    assert "the eyes are shut" in result
    assert "sk-upstream" not in result


async def test_a_wrong_id_is_told_with_the_right_ones(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look("12345678"), look("image 2"), text("Blue."))
    await eyes.ask(router, body(user("What?", picture(), picture(BLUE))), stream=stream)
    assert BLUE_ID in results(eyes.asked[1])[0]
    [seen] = eyes.seeing.requests
    assert BLUE.encode() in seen.raw
    assert RED.encode() not in seen.raw


async def test_a_failure_before_the_first_word_goes_to_another_target(router: Router, eyes: Eyes, stream: bool) -> None:
    # The second round fails: nothing has gone out yet, and the other model finds the description at hand.
    eyes.blind.script = in_turn(look(RED_ID), Failure(500, "down"), look(RED_ID), text("Red."))
    providers = eyes.config()["providers"]
    eyes.changes = {
        "providers": (*providers, replace(providers[0], name="other", models=("m-other",))),
        "fallback": {"*": (Target("other", "m-other"),)},
    }
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    assert words(message) == "Red."
    assert [request.model for request in eyes.asked] == ["m-text", "m-text", "m-other", "m-other"]
    assert len(eyes.seeing.requests) == 1


async def test_the_look_tries_the_fallbacks_of_images_that_see(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), text("Red."))
    eyes.seeing.script = lambda request: Failure(503, "no") if request["model"] == "vision" else text("It is red.")
    eyes.changes = {"fallback": {"image": (TEXT, Target("eyes", "vision-2"))}}
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    assert words(message) == "Red."
    assert [request.model for request in eyes.seeing.requests] == ["vision", "vision-2"]
    assert results(eyes.asked[1]) == ["It is red."]


async def test_one_request_at_a_time_is_no_deadlock(router: Router, eyes: Eyes, stream: bool) -> None:
    """Text and image model of one provider that takes one request at a time."""
    seeing = Target("mock", "m-vision")
    eyes.limits = Limits(max_concurrent=1)

    def script(request: JsonObject) -> Reply | Failure:
        if request["model"] == "m-vision":
            return text("It is red.")
        return text("Red.") if '"tool"' in orjson.dumps(request).decode() else look(RED_ID)

    with OpenAIChatUpstream(script) as one:
        quirks = {"images": False}
        both = ProviderConfig("mock", one.endpoint, ("sk-upstream",), ("m-text",), quirks=quirks, limits=eyes.limits)
        eyes.changes = {"providers": (both,), "router": RouterConfig(TEXT, image=seeing)}
        [message] = await asyncio.wait_for(eyes.ask(router, body(user("What?", picture())), stream=stream), 10)
    assert [request.model for request in one.requests] == ["m-text", "m-vision", "m-text"]
    # Router.image names a model that sees, whatever else is said of its provider.
    assert [RED.encode() in request.raw for request in one.requests] == [False, True, False]
    assert words(message) == "Red."


async def test_an_image_in_the_current_turn_takes_the_image_route(router: Router, eyes: Eyes, stream: bool) -> None:
    asked = body(user("What?", picture()), model="claude-x")
    later = body(user("What?", picture()), {"role": "assistant", "content": "Red."}, user("Thanks"), model="claude-x")
    eyes.blind.script = in_turn(text("Welcome."))
    await eyes.ask(router, asked, later, stream=stream)
    assert RED.encode() in eyes.seeing.requests[0].raw
    assert "analyzeImage" not in eyes.seeing.requests[0].tool_names
    [request] = eyes.asked
    assert RED_ID in request.text


async def test_forced_the_turn_stays_with_its_model(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(look(RED_ID), text("Red."))
    eyes.changes = {"force_image_agent": True}
    [message] = await eyes.ask(router, body(user("What?", picture()), model="claude-x"), stream=stream)
    assert words(message) == "Red."
    assert len(eyes.asked) == 2


async def test_without_an_image_nothing_changes(router: Router, eyes: Eyes, stream: bool) -> None:
    await eyes.ask(router, body(user("Hi")), stream=stream)
    assert eyes.asked[0].tool_names == ["Bash"]


async def test_without_an_image_model_the_image_is_left_out(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.changes = {"router": RouterConfig(TEXT)}
    await eyes.ask(router, body(user("Hi", picture())), stream=stream)
    assert "this model takes no images" in eyes.asked[0].text
    assert eyes.asked[0].tool_names == ["Bash"]


async def test_looks_and_searches_in_one_message(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.script = in_turn(
        look(RED_ID), call("web_search", {"query": "red things"}, "call_s"), look(RED_ID, task="Again"), text("Done.")
    )
    with SearchEngines() as engines:
        eyes.changes = {"search": SearchConfig("searxng", f"{engines.url}/searxng", None, 5)}
        asked = body(user("What?", picture()), tools=[BASH, SEARCH])
        [message] = await eyes.ask(router, asked, stream=stream)
    assert kinds(message) == ["thinking", "server_tool_use", "web_search_tool_result", "thinking", "text"]
    assert engines.queries == ["red things"]
    assert len(eyes.asked) == 4
    assert len(results(eyes.asked[3])) == 3


async def test_the_reasoning_of_a_look_goes_back_to_those_who_insist(router: Router, eyes: Eyes, stream: bool) -> None:
    eyes.blind.strictness = Strictness(images=False, reasoning="required")
    eyes.blind.script = in_turn(Reply(reasoning=("I must look.",), calls=look(RED_ID).calls), text("Red."))
    config = eyes.config()
    mock, other = config["providers"]
    quirks = {"images": False, "reasoning_required": True}
    eyes.changes = {"providers": (replace(mock, quirks=quirks), other)}
    [message] = await eyes.ask(router, body(user("What?", picture())), stream=stream)
    assert kinds(message) == ["thinking", "thinking", "text"]
    [turn] = [message for message in eyes.asked[1].messages if message["role"] == "assistant"]
    assert turn["reasoning_content"] == "I must look."


async def test_a_failure_after_the_first_word_is_an_error_event(router: Router, eyes: Eyes) -> None:
    eyes.blind.script = in_turn(Reply(text=("I look.",), calls=look(RED_ID).calls), Failure(500, "down"))
    async with router(eyes.blind.endpoint, **eyes.config()) as client:
        reply = await client.post("/v1/messages", json={**body(user("What?", picture())), "stream": True})
        raw = await reply.read()
    assert b"I look." in raw
    assert raw.rstrip().splitlines()[-2] == b"event: error"
    assert b"message_stop" not in raw
