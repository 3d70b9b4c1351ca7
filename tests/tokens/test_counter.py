"""Counting requests: every kind of block, odd input, the memory of counts, and time."""

import random
import time
from dataclasses import replace

import pytest

from ccrouter.model.blocks import (
    Block,
    Document,
    Image,
    Opaque,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    ToolUse,
)
from ccrouter.model.json import Json
from ccrouter.model.request import Message, Request, Tool
from ccrouter.tokens import TokenCounter, ceiling, count_text, estimate
from ccrouter.tokens import counter as counter_module
from ccrouter.tokens.counter import CALL_TOKENS, MESSAGE_TOKENS, TOOL_TOKENS
from ccrouter.tokens.encoding import PIECE_CHARACTERS, encoding


def request(*blocks: Block) -> Request:
    return Request(model="m", messages=(Message("user", blocks),))


def cost(*blocks: Block) -> int:
    """Tokens of the blocks alone."""
    return TokenCounter().count(request(*blocks)) - MESSAGE_TOKENS


WORDS = "the quick brown fox jumps over the lazy dog"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),  # both are words of cl100k_base
        (WORDS, 9),  # as is each of these
    ],
)
def test_counts_what_the_tokenizer_says(text: str, tokens: int):
    assert count_text(text) == tokens


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|fim_prefix|> and <|endofprompt|>", "a<|endoftext|>b"])
def test_special_tokens_are_text(text: str):
    # As text they are several tokens; as the special token it would be one.
    assert count_text(text) > 3
    assert cost(Text(text)) == count_text(text)


def test_lone_surrogates_are_counted():
    assert count_text("a \ud800 b") > 2
    assert cost(ToolUse("t", "Bash", {"command": "echo \udfff"})) > CALL_TOKENS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 1_000_000, id="letters"),
        pytest.param(" " * 1_000_000, id="spaces"),
        pytest.param("\n" * 1_000_000, id="newlines"),
        pytest.param("!" * 1_000_000, id="punctuation"),
        pytest.param("中" * 300_000, id="chinese"),
        pytest.param("7" * 1_000_000, id="digits"),
    ],
)
def test_a_megabyte_without_spaces_takes_linear_time(text: str):
    count_text("warm")
    start = time.perf_counter()
    whole = count_text(text)
    took = time.perf_counter() - start
    # Measured at 0.05 to 0.2 s; quadratic time would be minutes.
    assert took < 5
    assert whole <= len(text.encode())
    assert whole == pytest.approx(count_text(text[: len(text) // 2]) * 2, rel=0.01)


def test_cutting_long_texts_costs_next_to_nothing():
    text = " ".join(f"{WORDS} {n}" for n in range(2_000))
    uncut = len(encoding().encode_ordinary(text))
    cuts = len(text) // PIECE_CHARACTERS
    assert uncut <= count_text(text) <= uncut + 3 * cuts


def test_every_block_counts():
    text = count_text(WORDS)
    assert cost(Text(WORDS)) == text
    assert cost(Thinking(WORDS, signature="x" * 4_000)) == text
    assert cost(ToolUse("t", "Bash", {"command": WORDS})) >= text + CALL_TOKENS
    assert cost(ToolResult("t", WORDS)) == text + CALL_TOKENS
    assert cost(ToolResult("t", (Text(WORDS), Text(WORDS)))) == 2 * text + CALL_TOKENS
    assert cost(ToolResult("t")) == CALL_TOKENS
    assert cost(ToolResult("t", (ToolReference("WebSearch"),))) == CALL_TOKENS
    assert cost(Image({"type": "url", "url": "https://example.com/a.png"})) == 1_600
    assert cost(ToolResult("t", (Image({"type": "url", "url": "https://example.com/a.png"}),))) == 1_600 + CALL_TOKENS
    assert cost(Document({"type": "text", "media_type": "text/plain", "data": WORDS})) == text
    assert cost(Document({"type": "content", "content": WORDS})) == text
    assert cost(Document({"type": "content", "content": [{"type": "text", "text": WORDS}]})) == text
    assert cost(Document({"type": "content", "content": [{"type": "image", "source": {"type": "url"}}]})) == 1_600
    assert cost(Document({"type": "base64", "data": "A" * 400_000})) == 3 * 3_000
    assert cost(Document({"type": "file", "file_id": "f"})) == 3_000
    assert cost(Opaque({"type": "redacted_thinking", "data": "A" * 4_000})) == pytest.approx(1_000, rel=0.05)


@pytest.mark.parametrize(
    "block",
    [
        Opaque({}),
        Opaque({"type": None}),
        Image({}),
        Image({"type": "base64", "data": 5}),
        Image({"type": "base64", "data": "not base64 at all!"}),
        Document({}),
        Document({"type": "text", "data": None}),
        Document({"type": "content", "content": [None, 3, {"type": "text"}]}),
        ToolUse("", "", None),
        ToolUse("t", "n", {"a": 2**70}),
        ToolUse("t", "n", [1, "two", None, 3.5]),
        ToolResult("t", ()),
        ToolResult("t", ""),
    ],
)
def test_odd_blocks_never_fail(block: Block):
    assert cost(block) >= 0


def test_deep_nesting_never_fails():
    deep: Json = "bottom"
    for _ in range(5_000):
        deep = [deep]
    assert cost(ToolUse("t", "n", deep)) >= CALL_TOKENS


def test_system_and_tools_count():
    bare = Request(model="m", messages=())
    assert TokenCounter().count(bare) == 0
    assert TokenCounter().count(replace(bare, system=WORDS)) == count_text(WORDS)
    assert TokenCounter().count(replace(bare, system=(Text(WORDS), Text(WORDS)))) == 2 * count_text(WORDS)
    tool = Tool("Bash", WORDS, {"type": "object"})
    assert TokenCounter().count(replace(bare, tools=(tool,))) == (
        TOOL_TOKENS + count_text("Bash") + count_text(WORDS) + count_text('{"type":"object"}')
    )
    search = Tool("web_search", type="web_search_20250305")
    assert TokenCounter().count(replace(bare, tools=(search,))) > TOOL_TOKENS


def test_deferred_tools_count_once_something_refers_to_them():
    tool = Tool("WebFetch", WORDS * 10, {"type": "object"}, extras={"defer_loading": True})
    before = replace(request(Text("hi")), tools=(tool,))
    referred = ToolResult("t", (ToolReference("WebFetch"),))
    after = replace(request(Text("hi"), referred), tools=(tool,))
    assert TokenCounter().count(before) == TokenCounter().count(request(Text("hi")))
    assert TokenCounter().count(after) > TokenCounter().count(before) + count_text(WORDS)


def test_a_growing_conversation_costs_only_its_new_message(monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    def counting(text: str) -> int:
        seen.append(text)
        return count_text(text)

    monkeypatch.setattr(counter_module, "count_text", counting)
    counter = TokenCounter()
    first = Request(model="m", system="be brief", messages=(Message("user", "one"),), tools=(Tool("Bash", "runs"),))
    grown = replace(first, messages=(Message("user", "one"), Message("assistant", (Text("two"),))))
    before = counter.count(first)
    assert seen == ["be brief", "one", "Bash", "runs"]
    seen.clear()
    assert counter.count(grown) == before + MESSAGE_TOKENS + count_text("two")
    assert seen == ["two"]
    seen.clear()
    counter.count(grown)
    assert seen == []


def test_the_memory_is_bounded_and_does_not_change_the_result():
    small, large = TokenCounter(capacity=4), TokenCounter()
    rng = random.Random(7)
    print("seed 7")
    for _ in range(300):
        messages = tuple(Message("user", rng.choice(WORDS.split()) * rng.randrange(1, 5)) for _ in range(6))
        asked = Request(model="m", messages=messages)
        assert small.count(asked) == large.count(asked) == TokenCounter().count(asked)
    assert len(small._counts) == 4


def test_the_least_recently_used_counts_go_first(monkeypatch: pytest.MonkeyPatch):
    counter = TokenCounter(capacity=2)
    for text in ("one", "two", "one", "three"):
        counter.count(request(Text(text)))
    seen: list[str] = []
    monkeypatch.setattr(counter_module, "count_text", lambda text: seen.append(text) or 1)
    counter.count(request(Text("one")))
    assert seen == []
    counter.count(request(Text("two")))
    assert seen == ["two"]


def test_estimate_is_a_quarter_of_the_bytes():
    assert estimate(0) == 0
    assert estimate(1) == 1
    assert estimate(4_000) == 1_000


def test_ceiling_is_not_below_the_count():
    text = (WORDS + "\n") * 500
    asked = request(Text(text), Image({"type": "url", "url": "https://example.com/a.png"}), Document({"type": "file"}))
    body_bytes = len(text) + 300
    assert ceiling(asked, body_bytes) == body_bytes // 2 + 1_600 + 3_000
    assert ceiling(asked, body_bytes) >= TokenCounter().count(asked)
    nested = request(ToolResult("t", (Image({"type": "url"}),)))
    assert ceiling(nested, 100) == 50 + 1_600
    assert ceiling(Request(model="m", messages=(Message("user", "hi"),)), 100) == 50
