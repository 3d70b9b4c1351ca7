"""The search backends against loopback engines."""

from collections.abc import AsyncGenerator

import pytest

from ccrouter.config.types import SearchBackendName, SearchConfig
from ccrouter.dialects.web_search import SearchResult
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.search import SearchError, make_backend
from ccrouter.upstream.search.backend import is_wanted
from tests.upstreams.search import SearchEngines

NAMES: tuple[SearchBackendName, ...] = ("searxng", "tavily", "brave")
AGES = {"searxng": "2026-01-02T00:00:00", "tavily": None, "brave": "2 days ago"}


@pytest.fixture
async def client() -> AsyncGenerator[UpstreamClient]:
    made = UpstreamClient()
    yield made
    await made.close()


def config(engines: SearchEngines, name: SearchBackendName, key: str | None = "search-key") -> SearchConfig:
    return SearchConfig(name, f"{engines.url}/{name}", key)


@pytest.mark.parametrize("name", NAMES)
async def test_results_come_plain_unique_and_as_many_as_asked_for(
    client: UpstreamClient, name: SearchBackendName
) -> None:
    with SearchEngines() as engines:
        backend = make_backend(config(engines, name), client)
        found = await backend.search("what do foxes eat", max_results=5)
        assert await backend.search("foxes", max_results=1) == found[:1]
    assert found == [
        SearchResult("https://foxes.example/diet", "What foxes eat", "Foxes eat berries & mice.", AGES[name]),
        SearchResult(
            "https://www.wildlife.example/red-fox", "The red fox", "An omnivore of the family Canidae.", AGES[name]
        ),
        SearchResult("https://spam.example/buy", "Buy fox food", "Cheap fox food.", AGES[name]),
    ]
    assert engines.queries == ["what do foxes eat", "foxes"]
    assert not [asked for asked in engines.asked if "search-key" in asked.url]


@pytest.mark.parametrize("name", NAMES)
async def test_domains(client: UpstreamClient, name: SearchBackendName) -> None:
    with SearchEngines() as engines:
        backend = make_backend(config(engines, name), client)
        allowed = await backend.search("foxes", max_results=2, allowed=("wildlife.example",))
        blocked = await backend.search("foxes", max_results=2, blocked=("foxes.example",))
    assert [result.url for result in allowed] == ["https://www.wildlife.example/red-fox"]
    assert [result.url for result in blocked] == ["https://www.wildlife.example/red-fox", "https://spam.example/buy"]
    if name == "tavily":
        assert engines.asked[0].parameters["include_domains"] == ["wildlife.example"]
    else:
        assert engines.queries[0] == "foxes (site:wildlife.example)"


@pytest.mark.parametrize(
    ("url", "domain", "within"),
    [
        ("https://a.example/x", "a.example", True),
        ("https://www.a.example/x", "a.example", True),
        ("https://www.a.example/x", "*.a.example", True),
        ("https://nota.example/x", "a.example", False),
        ("https://a.example/docs/x", "a.example/docs", True),
        ("https://a.example/blog", "https://a.example/docs", False),
        ("https://a.example/", "", False),
        ("http://[", "a.example", False),
    ],
)
def test_what_is_within_a_domain(url: str, domain: str, within: bool) -> None:
    assert is_wanted(url, (domain,), ()) is within
    assert is_wanted(url, (), (domain,)) is not within


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ((401, b'{"detail": {"error": "no such key"}}'), "unavailable", "refused access (401: no such key)"),
        ((429, b'{"error": {"detail": "slow down"}}'), "too_many_requests", "no more searches"),
        ((500, b"<html>nginx</html>"), "unavailable", "answered 500"),
        ((200, b"<html>"), "unavailable", "did not answer with JSON"),
        ((200, b"[]"), "unavailable", "did not answer with JSON"),
        ((302, b""), "unavailable", "answered 302"),
    ],
)
async def test_failures_are_told_in_words(
    client: UpstreamClient, name: SearchBackendName, answer: tuple[int, bytes], code: str, words: str
) -> None:
    with SearchEngines(refuse=lambda query: answer) as engines, pytest.raises(SearchError) as failed:
        await make_backend(config(engines, name), client).search("secret foxes", max_results=5)
    assert failed.value.code == code
    assert words in str(failed.value)
    assert "search-key" not in str(failed.value)


async def test_a_searxng_without_json_says_what_to_change(client: UpstreamClient) -> None:
    with (
        SearchEngines(refuse=lambda query: (403, b"<html>")) as engines,
        pytest.raises(SearchError, match=r"formats: \[html, json\]"),
    ):
        await make_backend(config(engines, "searxng", None), client).search("x", max_results=5)


@pytest.mark.parametrize("name", ["tavily", "brave"])
async def test_a_wrong_key(client: UpstreamClient, name: SearchBackendName) -> None:
    with SearchEngines() as engines, pytest.raises(SearchError, match="invalid"):
        await make_backend(config(engines, name, "wrong"), client).search("x", max_results=5)


async def test_nobody_there(client: UpstreamClient) -> None:
    backend = make_backend(SearchConfig("searxng", "http://127.0.0.1:9"), client)
    with pytest.raises(SearchError, match=r"could not connect to 127\.0\.0\.1:9"):
        await backend.search("x", max_results=5)


async def test_brave_takes_no_long_queries(client: UpstreamClient) -> None:
    with SearchEngines() as engines:
        found = await make_backend(config(engines, "brave"), client).search("fox " * 200, max_results=2)
    assert len(found) == 2


async def test_entries_that_are_none_do_not_hurt(client: UpstreamClient) -> None:
    body = b'{"results": [null, 3, {"url": 5}, {"url": "https://a.example", "title": null, "content": []}], "web": []}'
    with SearchEngines(refuse=lambda query: (200, body)) as engines:
        found = await make_backend(config(engines, "searxng"), client).search("x", max_results=5)
        nothing = await make_backend(config(engines, "brave"), client).search("x", max_results=5)
    assert found == [SearchResult("https://a.example", "https://a.example")]
    assert nothing == []
