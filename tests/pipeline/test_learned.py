"""Facts learned from refusals shape the next request and nothing else."""

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject
from ccrouter.pipeline.build import Pipeline, build_pipeline
from ccrouter.pipeline.learned import (
    NOTHING,
    Learned,
    from_json,
    shaped_pipeline,
    shaped_wire,
    to_json,
    with_cap,
    with_refused,
)

WIRE: JsonObject = {
    "model": "m",
    "max_tokens": 5,
    "reasoning": {"effort": "low"},
    "messages": [{"role": "assistant", "content": "x", "reasoning": "r"}],
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "parameters": {"properties": {"reasoning": {"type": "string"}}}},
            "strict": True,
        }
    ],
}


def test_a_refused_field_goes_from_top_and_messages_but_not_from_a_tools_schema() -> None:
    learned = with_refused(NOTHING, "reasoning", None)
    assert learned is not None
    shaped = shaped_wire(WIRE, learned)
    assert "reasoning" not in shaped
    assert shaped["messages"] == [{"role": "assistant", "content": "x"}]
    assert shaped["tools"] == WIRE["tools"]
    assert "reasoning" in WIRE


def test_a_field_is_renamed_where_the_provider_says_so() -> None:
    learned = with_refused(NOTHING, "max_tokens", "max_completion_tokens")
    assert learned is not None
    shaped = shaped_wire(WIRE, learned)
    assert shaped["max_completion_tokens"] == 5
    assert "max_tokens" not in shaped


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("messages.2.reasoning_content", "reasoning_content"),
        ("tools[0].strict", "strict"),
        ("a.b[1]", None),
        ("x", "x"),
    ],
)
def test_paths_name_their_last_part(path: str, name: str | None) -> None:
    learned = with_refused(NOTHING, path, None)
    assert (None if learned is None else sorted(learned.dropped)) == (None if name is None else [name])


@pytest.mark.parametrize("name", ["messages", "model", "tools", "contents", "messages.0.content", ""])
def test_what_a_request_cannot_do_without_is_not_dropped(name: str) -> None:
    assert with_refused(NOTHING, name, None) is None


def test_the_same_refusal_twice_means_that_dropping_did_not_help() -> None:
    once = with_refused(NOTHING, "reasoning", None)
    assert once is not None
    assert with_refused(once, "reasoning", None) is None


def pipeline(quirks: Quirks) -> Pipeline:
    return build_pipeline(ProviderConfig("p", "http://h/v1"), "m", dialect=OPENAI_CHAT, quirks=quirks, transformers={})


def test_the_lowest_cap_counts() -> None:
    learned = with_cap(with_cap(with_cap(NOTHING, 8192), 4096), 16384)
    assert learned.max_tokens_cap == 4096
    plain, capped = pipeline(Quirks()), pipeline(Quirks(max_tokens_cap=100))
    assert shaped_pipeline(plain, learned).quirks == Quirks(max_tokens_cap=4096)
    assert shaped_pipeline(capped, learned) is capped
    assert shaped_pipeline(plain, NOTHING) is plain


def test_a_learned_cap_gives_the_same_pipeline_each_time() -> None:
    """What was encoded before is found by the very same facts (decision 19)."""
    plain = pipeline(Quirks())
    once = shaped_pipeline(plain, Learned(8192))
    assert shaped_pipeline(plain, Learned(8192, frozenset({"a"}))) is once
    lower = shaped_pipeline(plain, Learned(4096))
    assert (lower.quirks.max_tokens_cap, once.quirks.max_tokens_cap) == (4096, 8192)
    seeing = once.knowing("images", value=False)
    assert (seeing.quirks.images, seeing.quirks.max_tokens_cap) == (False, 8192)
    assert (plain.quirks.images, plain.quirks.max_tokens_cap) == (True, None)


def test_on_disk_and_back() -> None:
    learned = Learned(8192, frozenset({"a", "b"}), {"c": "d"})
    assert from_json(to_json(learned)) == learned


@pytest.mark.parametrize("value", [None, 7, [], {}, {"dropped": "x", "renamed": [], "max_tokens_cap": "many"}])
def test_what_is_damaged_on_disk_is_forgotten(value: Json) -> None:
    assert from_json(value) == NOTHING
