"""The web search blocks that all dialects share."""

from typing import Any

import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.web_search import (
    SearchResult,
    block_text,
    citation_event,
    domains,
    helper_query,
    is_anthropics,
    max_uses,
    result_block,
    results_of,
    results_text,
    search_events,
    search_id,
    search_query,
    web_search_tool,
)
from ccrouter.model.events import Finish, Start
from ccrouter.model.grammar import violations
from ccrouter.model.request import Request

SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
CLIENT_TOOL = {"name": "web_search", "input_schema": {"type": "object", "properties": {}}}
ASKED = "Perform a web search for the query: what do foxes eat"
RESULTS = [
    SearchResult("https://a.example", "A", "Berries\nand mice.", "2 days ago"),
    SearchResult("https://b.example", "", ""),
]


def request(text: Any = ASKED, tools: Any = (SEARCH,)) -> Request:
    return decode_request(
        {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": text}], "tools": list(tools)}
    )


@pytest.mark.parametrize(
    ("text", "tools", "query", "offered"),
    [
        (ASKED, [SEARCH], "what do foxes eat", "what do foxes eat"),
        ([{"type": "text", "text": ASKED}], [SEARCH], "what do foxes eat", "what do foxes eat"),
        (
            [{"type": "text", "text": "<system-reminder>x</system-reminder>"}, {"type": "text", "text": ASKED}],
            [{**SEARCH, "type": "web_search_20260209"}],
            "what do foxes eat",
            "what do foxes eat",
        ),
        ("Perform a web search for the query:", [SEARCH], "", ""),
        ("What do foxes eat?", [SEARCH], None, ""),
        (ASKED, [SEARCH, CLIENT_TOOL], None, ""),
        (ASKED, [CLIENT_TOOL], None, None),
        (ASKED, [{"type": "code_execution_20250522", "name": "code_execution"}], None, None),
    ],
)
def test_claude_codes_search_request_is_recognised(
    text: Any, tools: Any, query: str | None, offered: str | None
) -> None:
    assert helper_query(request(text, tools)) == query
    assert search_query(request(text, tools)) == offered


def test_a_query_of_an_earlier_turn_is_none() -> None:
    messages = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": "Berries."},
        {"role": "user", "content": "Thanks"},
    ]
    body: Any = {"model": "m", "max_tokens": 1, "messages": messages, "tools": [SEARCH]}
    assert helper_query(decode_request(body)) is None


def test_what_the_tool_says() -> None:
    tool = web_search_tool(request(tools=[{**SEARCH, "allowed_domains": ["a.example", 3]}]))
    assert tool is not None
    assert max_uses(tool) == 8
    assert domains(tool, "allowed_domains") == ("a.example",)
    assert domains(tool, "blocked_domains") == ()


def test_the_events_are_a_sentence_of_the_grammar_as_anthropic_streams_them() -> None:
    events = search_events(4, "srvtoolu_1", 'a "quoted" query', RESULTS)
    assert violations([Start(None, None), *events, Finish("end_turn")]) == []
    # recordings/anthropic/*web-search*: the head with an empty input, the query as input_json_delta, the result whole.
    use, query, _, result, _ = [repr(event) for event in events]
    assert "'server_tool_use'" in use
    assert "'input': {}" in use
    assert r'{"query":"a \\"quoted\\" query"}' in query
    assert "'web_search_tool_result'" in result


def test_results_keep_their_text_on_the_way_through_a_client() -> None:
    block = result_block("srvtoolu_1", RESULTS)
    assert results_of(block) == [RESULTS[0], SearchResult("https://b.example", "https://b.example")]
    assert result_block("srvtoolu_1", RESULTS) == block
    assert not is_anthropics(block)
    assert "Berries" not in repr(block)


def test_results_of_others_have_links_only() -> None:
    content = [{"type": "web_search_result", "title": "A", "url": "https://a.example", "encrypted_content": "EuoD"}]
    block: Any = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    assert results_of(block) == [SearchResult("https://a.example", "A")]
    assert is_anthropics(block)
    assert not is_anthropics({**block, "content": [{**content[0], "encrypted_content": ""}]})


def test_words_for_history() -> None:
    use: Any = {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {"query": "foxes"}}
    assert block_text(use) == "[web_search: foxes]"
    assert block_text({**use, "input": {}}) == "[web_search was used]"
    assert block_text(result_block("1", RESULTS)) == (
        "[web search results]\n- A: https://a.example\n  Berries and mice.\n- https://b.example: https://b.example"
    )
    assert block_text(result_block("1", "unavailable")) == "[web search failed: unavailable]"
    assert block_text({"type": "redacted_thinking", "data": "x"}) is None


def test_words_for_the_model() -> None:
    text = results_text("foxes", RESULTS)
    assert text.splitlines() == [
        "Web search results for 'foxes':",
        "",
        "1. A (2 days ago)",
        "   https://a.example",
        "   Berries and mice.",
        "",
        "2. https://b.example",
        "   https://b.example",
    ]
    assert "found nothing" in results_text("foxes", [])


def test_a_citation() -> None:
    citation = citation_event(3, SearchResult("https://a.example", "A", "x" * 500)).raw["citation"]
    assert isinstance(citation, dict)
    assert citation["cited_text"] == "x" * 150
    assert str(citation["encrypted_index"]).startswith("ccr1.")


def test_ids() -> None:
    assert search_id("a") == search_id("a") != search_id("b")
    assert len(search_id("a")) <= 40
    assert search_id("lone \ud800").startswith("srvtoolu_")


@pytest.mark.parametrize(
    "content", [None, 5, "x", {}, [None], [{"url": 5, "title": [], "encrypted_content": "ccr1.!"}]]
)
def test_damaged_blocks_do_not_hurt(content: Any) -> None:
    block: Any = {"type": "web_search_tool_result", "tool_use_id": "1", "content": content}
    assert block_text(block)
    is_anthropics(block)
