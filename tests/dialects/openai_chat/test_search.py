"""Web search that a chat upstream runs itself: what is sent, and what its answers become."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.message import MessageCollector
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks, WebSearchStyle
from ccrouter.dialects.web_search import results_of
from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.model.notes import Notes
from tests.conformance.compare import RECORDINGS, decode_stream, entries

BASH = {"name": "Bash", "input_schema": {"type": "object", "properties": {}}}


def body(style: WebSearchStyle, *tools: Any, text: str = "What is new?", **search: Any) -> tuple[Any, Notes]:
    """The wire body of a request that offers a web search, and its notes."""
    tool = {"type": "web_search_20250305", "name": "web_search", **search}
    request: Any = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": text}],
        "tools": [*tools, tool],
        "tool_choice": {"type": "auto"},
    }
    notes = Notes()
    decoded = decode_request(request)
    return OPENAI_CHAT.encode(decoded, model="m", origin="p", quirks=Quirks(web_search_style=style), notes=notes), notes


def test_openrouter_searches_where_the_model_wants_it() -> None:
    wire, notes = body("openrouter", BASH, max_uses=3, allowed_domains=["a.example"])
    assert [tool["type"] for tool in wire["tools"]] == ["function", "openrouter:web_search"]
    assert wire["tools"][1]["parameters"] == {"max_uses": 3, "allowed_domains": ["a.example"]}
    assert wire["tool_choice"] == "auto"
    assert "plugins" not in wire
    assert notes.entries == []
    wire, _ = body("openrouter")
    assert wire["tools"] == [{"type": "openrouter:web_search"}]


def test_openrouter_searches_for_sure_where_a_search_is_all_that_is_asked_for() -> None:
    query = "Perform a web search for the query: foxes"
    wire, notes = body("openrouter", text=query, max_uses=8, blocked_domains=["b.example"])
    assert wire["plugins"] == [{"id": "web", "exclude_domains": ["b.example"]}]
    assert "tools" not in wire
    assert notes.entries == []


@pytest.mark.parametrize(
    ("style", "fields"),
    [
        ("web_search_options", {"web_search_options": {}}),
        ("perplexity", {"search_domain_filter": ["a.example"]}),
        ("compound", {"search_settings": {"include_domains": ["a.example"]}}),
        ("always", {}),
    ],
)
def test_others_have_fields_for_it(style: WebSearchStyle, fields: dict[str, Any]) -> None:
    wire, notes = body(style, allowed_domains=["a.example"])
    assert {name: value for name, value in wire.items() if name not in ("model", "messages", "max_tokens")} == fields
    assert notes.entries == []


def test_without_a_search_the_tool_is_left_out_with_a_note() -> None:
    wire, notes = body("none", BASH)
    assert len(wire["tools"]) == 1
    assert [note.what for note in notes.entries] == ["web_search_20250305"]


# --- Replies


def message_of(events: list[Event]) -> Any:
    assert violations(events) == []
    collector = MessageCollector(ReplyDefaults("msg_1", "m"))
    collector.collect(events)
    assert collector.message is not None
    return collector.message


def context(query: str | None = "foxes") -> ReplyContext:
    return ReplyContext("p", "m", search_query=query)


def stream(*chunks: Any) -> bytes:
    return b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


def delta(content: str | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": content, **fields}, "finish_reason": finish}],
    }


def citation(url: str, start: int = 0, end: int = 0) -> dict[str, Any]:
    inner = {"url": url, "title": f"About {url}", "content": "Text.", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": inner}


def kinds(message: Any) -> list[str]:
    return [block["type"] for block in message["content"]]


def urls(block: Any) -> list[str]:
    return [result["url"] for result in block["content"]]


@pytest.mark.parametrize("read_size", [None, 7, 1])
def test_annotations_before_the_text_are_one_search_before_it(read_size: int | None) -> None:
    wire = stream(
        delta("", annotations=[citation("https://a.example")]),
        delta("", annotations=[citation("https://b.example"), citation("https://a.example")]),
        delta("They eat "),
        delta("berries."),
        delta("", "stop"),
    )
    message = message_of(decode_stream(OPENAI_CHAT.decoder(context()), wire, read_size))
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    use, result, text = message["content"]
    assert use["input"] == {"query": "foxes"}
    assert result["tool_use_id"] == use["id"]
    assert urls(result) == ["https://a.example", "https://b.example"]
    assert result["content"][0]["title"] == "About https://a.example"
    found = results_of(result)
    assert found is not None
    assert found[0].text == "Text."
    assert text == {"type": "text", "text": "They eat berries."}
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}


def test_annotations_with_offsets_cite_the_text() -> None:
    cited = [citation("https://a.example", 5, 12)]
    wire = stream(delta("They eat berries."), delta("", annotations=cited), delta("", "stop"))
    streamed = message_of(decode_stream(OPENAI_CHAT.decoder(context()), wire, None))
    choice = {"index": 0, "finish_reason": "stop"}
    reply = {"content": "They eat berries.", "annotations": cited}
    body = orjson.dumps({"id": "c", "model": "m", "choices": [{**choice, "message": reply}]})
    whole = message_of(OPENAI_CHAT.decoder(context()).whole(body))
    assert streamed == whole
    assert kinds(whole) == ["text", "server_tool_use", "web_search_tool_result"]
    [found] = whole["content"][0]["citations"]
    assert (found["type"], found["url"], found["cited_text"]) == (
        "web_search_result_location",
        "https://a.example",
        "Text.",
    )
    assert found["encrypted_index"]


def test_perplexitys_results_are_of_the_body() -> None:
    found = [
        {"title": "A", "url": "https://a.example", "date": "2026-01-01", "snippet": "Berries."},
        {"title": "B", "url": "https://b.example", "date": None},
    ]
    fields = {"citations": ["https://a.example", "https://c.example"], "search_results": found}
    chunks = [{**delta(part), **fields} for part in ("They eat ", "berries.[1]")]
    message = message_of(
        decode_stream(OPENAI_CHAT.decoder(context()), stream(*chunks, {**delta("", "stop"), **fields}), 7)
    )
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    results = message["content"][1]["content"]
    assert [(result["url"], result["title"], result["page_age"]) for result in results] == [
        ("https://a.example", "A", "2026-01-01"),
        ("https://b.example", "B", None),
        ("https://c.example", "https://c.example", None),
    ]
    assert message["content"][2]["text"] == "They eat berries.[1]"


def test_results_that_come_last_are_shown_last() -> None:
    wire = stream(
        delta("Berries."), {**delta("", "stop"), "search_results": [{"title": "A", "url": "https://a.example"}]}
    )
    message = message_of(decode_stream(OPENAI_CHAT.decoder(context()), wire, None))
    assert kinds(message) == ["text", "server_tool_use", "web_search_tool_result"]


def test_nothing_is_shown_to_a_client_that_offered_no_search() -> None:
    wire = stream(delta("Berries.", annotations=[citation("https://a.example")]), delta("", "stop"))
    given = context(None)
    message = message_of(decode_stream(OPENAI_CHAT.decoder(given), wire, None))
    assert kinds(message) == ["text"]
    assert [note.what for note in given.notes.entries] == ["annotations"]


@pytest.mark.parametrize(
    "broken",
    [None, [], "x", [None], [{"url_citation": None}], [{"url_citation": {"url": 5}}], {"url": "https://a.example"}],
)
def test_broken_annotations_do_not_hurt(broken: Any) -> None:
    wire = stream({**delta("ok", annotations=broken), "citations": broken, "search_results": broken}, delta("", "stop"))
    message = message_of(decode_stream(OPENAI_CHAT.decoder(context()), wire, None))
    assert message["content"][0] == {"type": "text", "text": "ok"}


# --- Recordings


def recorded(part: str) -> list[Any]:
    return entries("openai-chat", lambda entry: part in entry["file"])


@pytest.mark.parametrize("read_size", [None, 7, 1])
@pytest.mark.parametrize("entry", recorded("openrouter-web-search-annotations"))
def test_openrouters_recording(entry: Any, read_size: int | None) -> None:
    data = (RECORDINGS / entry["file"]).read_bytes()
    message = message_of(decode_stream(OPENAI_CHAT.decoder(context()), data, read_size))
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    assert urls(message["content"][1])[:2] == [
        "https://github.com/pydantic/pydantic-ai",
        "https://pydantic.dev/pydantic-ai",
    ]
    assert len(set(urls(message["content"][1]))) == len(urls(message["content"][1]))
    assert message["content"][2]["text"] == entry["expected"]["text"]


@pytest.mark.parametrize("read_size", [None, 7, 1])
@pytest.mark.parametrize("entry", recorded("groq-model-web-search-tool"))
def test_groqs_recording(entry: Any, read_size: int | None) -> None:
    data = (RECORDINGS / entry["file"]).read_bytes()
    message = message_of(decode_stream(OPENAI_CHAT.decoder(context("")), data, read_size))
    assert kinds(message) == ["thinking", "server_tool_use", "web_search_tool_result", "text"]
    assert message["content"][1]["input"] == {"query": "What is the weather in San Francisco today?"}
    assert "https://www.weatherapi.com/" in urls(message["content"][2])
    assert message["content"][3]["text"] == entry["expected"]["text"]
