"""A history with searches that Anthropic did not run, on its way to Anthropic."""

from typing import Any

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.anthropic.upstream import may_hold_foreign_state
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.web_search import SearchResult, citation_event, result_block
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.pipeline.outbound import to_bytes

USE: JsonObject = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "foxes"}}
OURS = result_block("srvtoolu_1", [SearchResult("https://a.example", "A", "Berries.")])
ANTHROPICS: JsonObject = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "title": "A",
            "url": "https://a.example",
            "encrypted_content": "EuoD",
            "page_age": None,
        }
    ],
}


def sent(*blocks: Any, thinking: JsonObject | None = None) -> tuple[Any, Notes]:
    """The assistant turn as it goes out, and the notes."""
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": list(blocks)}]
    body: Any = {"model": "m", "max_tokens": 9000, "messages": [*messages, {"role": "user", "content": "go on"}]}
    if thinking is not None:
        body["thinking"] = thinking
    notes = Notes()
    wire: Any = ANTHROPIC.encode(decode_request(body), model="m", origin="claude", quirks=Quirks(), notes=notes)
    return wire["messages"][1]["content"], notes


def test_ours_goes_as_text() -> None:
    blocks, notes = sent(USE, OURS, {"type": "text", "text": "Berries."})
    assert blocks == [
        {"type": "text", "text": "[web_search: foxes]"},
        {"type": "text", "text": "[web search results]\n- A: https://a.example\n  Berries."},
        {"type": "text", "text": "Berries."},
    ]
    assert notes.entries


def test_its_bytes_are_recognised() -> None:
    assert may_hold_foreign_state(to_bytes(OURS))
    assert not may_hold_foreign_state(to_bytes(ANTHROPICS))


def test_anthropics_own_and_errors_stay() -> None:
    error: JsonObject = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    for result in (ANTHROPICS, {**ANTHROPICS, "content": error}, {**ANTHROPICS, "content": []}):
        blocks, notes = sent(USE, result)
        assert blocks == [USE, result]
        assert notes.entries == []


def test_citations_of_ours_are_left_out_and_others_stay() -> None:
    ours = citation_event(0, SearchResult("https://a.example", "A", "Berries.")).raw["citation"]
    own: JsonObject = {"type": "web_search_result_location", "url": "u", "title": "t", "encrypted_index": "Eo8B"}
    page: JsonObject = {"type": "char_location", "cited_text": "x", "document_index": 0}
    blocks, _ = sent(USE, OURS, {"type": "text", "text": "x", "citations": [ours, own, page]})
    assert blocks[2] == {"type": "text", "text": "x", "citations": [own, page]}
    blocks, _ = sent(USE, OURS, {"type": "text", "text": "x", "citations": [ours]})
    assert blocks[2] == {"type": "text", "text": "x"}


def test_thinking_is_not_switched_off_for_it() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    own = {"type": "thinking", "thinking": "hm", "signature": "EuwJ"}
    enabled: JsonObject = {"type": "enabled", "budget_tokens": 2000}
    _, notes = sent(own, USE, OURS, call, thinking=enabled)
    assert [note.what for note in notes.entries] == ["web_search_tool_result"]
