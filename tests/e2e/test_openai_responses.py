"""The real client with OpenAI's own facts (`preset: openai`): developer messages, images in outputs, its own search.

`test_dialects.py` has what every dialect must do; there the provider is nobody we know.
"""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY
from tests.e2e.daemon import Daemon
from tests.e2e.install import OLDER, binary
from tests.e2e.pictures import png
from tests.e2e.scripts import play
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.openai_responses_reply import Manner
from tests.upstreams.replies import Call, Failure, Reply, Search, call, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
QUESTION = "what do foxes eat"


@pytest.fixture(scope="module")
def openai() -> Iterator[OpenAIResponsesUpstream]:
    manner = Manner(late_arguments=True, reasoning_before_each=True, phase="commentary")
    with OpenAIResponsesUpstream(manner=manner, models=frozenset({"gpt-5.2", "gpt-5-mini"})) as running:
        yield running


@pytest.fixture(scope="module")
def routed(openai: OpenAIResponsesUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    config: JsonObject = {
        "APIKEY": KEY,
        "Providers": [
            {
                "name": "openai",
                "preset": "openai",
                "api_base_url": f"{openai.url}/v1",
                "api_key": "sk-upstream",
                "models": ["gpt-5.2", "gpt-5-mini"],
            }
        ],
        "Router": {"default": "openai,gpt-5.2", "background": "openai,gpt-5-mini"},
    }
    with Daemon(tmp_path_factory.mktemp("openai"), config) as running:
        yield running


@pytest.fixture
def user(version: str, client: ClaudeCode, routed: Daemon, openai: OpenAIResponsesUpstream) -> Iterator[ClaudeCode]:
    found = binary(version)
    assert found is not None
    yield ClaudeCode(version, found, client.folder, routed.url, KEY)
    assert not openai.refusals, openai.refusals


def test_reasoning_images_and_developer_messages(
    user: ClaudeCode, openai: OpenAIResponsesUpstream, version: str
) -> None:
    picture = user.folder / "fox.png"
    picture.write_bytes(png())
    calls = (
        Call("Read", {"file_path": str(picture)}, "call_a"),
        Call("Bash", {"command": "echo one-$((40+2))", "description": "Add"}, "call_b"),
    )
    openai.begin(
        play(
            Reply(text=("I look.",), reasoning=("Hm.",), calls=calls),
            Reply(reasoning=("And.",), calls=(Call("Bash", {"command": "true", "description": "No"}, "call_c"),)),
            text("Red."),
        )
    )
    answer = user.ask("What is in the picture?", ALLOW)
    assert answer.text == "Red.", answer
    turns = [request for request in openai.requests if request.body.get("tools")]
    assert [request.model for request in turns] == ["gpt-5.2"] * 3
    for before, after in pairwise(turns):
        assert after.items[: len(before.items)] == before.items
    last = turns[-1]
    assert len(last.of_type("reasoning")) == 4
    outputs = {str(item["call_id"]): item["output"] for item in last.of_type("function_call_output")}
    assert "one-42" in str(outputs["call_b"])
    assert "data:image/" in str(outputs["call_a"])
    said = [item for item in last.of_type("message") if item["role"] == "assistant"]
    assert [(item["id"], item["phase"]) for item in said] == [("msg_" + str(turns[0].number), "commentary")]
    if version != OLDER:
        assert any(item["role"] == "developer" for item in last.of_type("message"))


def test_web_search_is_openais_own(user: ClaudeCode, openai: OpenAIResponsesUpstream, version: str) -> None:
    search = call("WebSearch", {"query": QUESTION}, "call_search")
    load = call("ToolSearch", {"query": "select:WebSearch", "max_results": 5}, "call_load")
    conversation = play(*([] if version == OLDER else [load]), search, text("Berries."))
    found = Search(QUESTION, (("https://foxes.example/food", "What foxes eat"),))

    def script(body: JsonObject) -> Reply | Failure:
        if "web_search" in str(body.get("tools")) and "Perform a web search" in str(body["input"]):
            return Reply(text=("They eat berries.",), search=found)
        return conversation(body)

    openai.begin(script)
    answer = user.ask("What do foxes eat?", ALLOW)
    assert answer.text == "Berries.", answer
    results = answer.blocks("user", "tool_result")
    result = str(next(block["content"] for block in results if block["tool_use_id"] == "call_search"))
    assert "https://foxes.example/food" in result
    assert "What foxes eat" in result
    assert "They eat berries." in result
