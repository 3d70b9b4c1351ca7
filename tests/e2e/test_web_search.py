"""Claude Code's WebSearch through models that know nothing of search: the links come from a loopback SearXNG."""

from collections.abc import Iterator

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import Answer, ClaudeCode
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import OLDER, binary
from tests.e2e.scripts import play
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.replies import Failure, Reply, call, text
from tests.upstreams.search import SearchEngines

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
QUESTION = "what do foxes eat"


@pytest.fixture(scope="module")
def engines() -> Iterator[SearchEngines]:
    with SearchEngines() as running:
        yield running


@pytest.fixture(scope="module")
def searching(
    upstream: OpenAIChatUpstream, engines: SearchEngines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    config: JsonObject = {
        **strict_config(upstream),
        "search": {"backend": "searxng", "url": f"{engines.url}/searxng"},
    }
    with Daemon(tmp_path_factory.mktemp("searching"), config) as running:
        yield running


def turns(version: str) -> list[Reply | Failure]:
    """The main model asks for a search; 2.1.328 has to load the tool first."""
    search = call("WebSearch", {"query": QUESTION}, "call_search")
    load = call("ToolSearch", {"query": "select:WebSearch", "max_results": 5}, "call_load")
    return [search, text("Berries.")] if version == OLDER else [load, search, text("Berries.")]


def ask(
    client: ClaudeCode, upstream: OpenAIChatUpstream, helper: Reply | Failure, version: str
) -> tuple[Answer, list[Recorded]]:
    """One run in which the model m-search answers the helper request; the requests that it got."""
    conversation = play(*turns(version))

    def script(body: JsonObject) -> Reply | Failure:
        return helper if body["model"] == "m-search" else conversation(body)

    upstream.begin(script)
    return client.ask("What do foxes eat?", ALLOW), upstream.to("m-search")


def result_of_search(answer: Answer) -> str:
    """What the client gave its main model as the result of WebSearch."""
    results = answer.blocks("user", "tool_result")
    return str(next(result["content"] for result in results if result["tool_use_id"] == "call_search"))


@pytest.fixture
def searcher(version: str, client: ClaudeCode, searching: Daemon) -> ClaudeCode:
    found = binary(version)
    assert found is not None
    return ClaudeCode(version, found, client.folder, searching.url, KEY)


def test_links_come_from_the_search_engine(
    searcher: ClaudeCode, upstream: OpenAIChatUpstream, engines: SearchEngines, version: str
) -> None:
    engines.asked.clear()
    answer, helpers = ask(searcher, upstream, text("They eat ", "berries."), version)
    assert answer.text == "Berries.", answer
    assert engines.queries == [QUESTION], answer
    result = result_of_search(answer)
    assert "https://foxes.example/diet" in result, result
    assert "What foxes eat" in result
    assert "https://www.wildlife.example/red-fox" in result
    assert "They eat berries." in result
    # One request with what was found, and nothing that a model without tools would refuse.
    [helper] = helpers
    assert "tools" not in helper.body
    assert "Foxes eat berries & mice." in helper.text
    assert not upstream.refusals


def test_without_a_search_engine_the_client_is_told_so(
    client: ClaudeCode, upstream: OpenAIChatUpstream, version: str
) -> None:
    answer, helpers = ask(client, upstream, text("https://made-up.example"), version)
    assert answer.text == "Berries.", answer
    assert helpers == []
    result = result_of_search(answer)
    assert "unavailable" in result, result
    assert 'configure "search"' in result.replace("\\", "")
    assert "made-up" not in result
    assert not upstream.refusals
