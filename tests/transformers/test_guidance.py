"""The hints as a transformer, and the texts that ship with the package."""

from importlib.resources import files
from pathlib import Path

import pytest

from ccrouter.api import context_for, run_request
from ccrouter.config.types import HINT_FAMILIES
from ccrouter.model.blocks import Text
from ccrouter.model.request import Message, Request
from ccrouter.transformers.guidance import Guidance

TEXTS = {Path(entry.name).stem: entry.read_text("utf-8") for entry in (files("ccrouter") / "data" / "hints").iterdir()}


def test_the_text_ends_the_system_prompt_and_messages_stay() -> None:
    request = Request("m", (Message("user", "Hi"),), system="You are a test.")
    guidance = Guidance("gemini", "Mind the tools.")
    out = run_request(guidance, request, context_for(request, provider="p"))
    assert out.system == (Text("You are a test."), Text("Mind the tools."))
    assert out.messages == request.messages
    assert guidance.tokens == 5


def test_the_source_is_told() -> None:
    assert str(Guidance("gemini", "x")) == "gemini (built in)"
    assert str(Guidance("qwen", "x", Path("/me/hints/qwen.md"))) == "qwen (/me/hints/qwen.md)"


def test_there_is_a_text_for_every_family_but_other() -> None:
    assert set(TEXTS) == {*HINT_FAMILIES} - {"other"}


@pytest.mark.parametrize("family", TEXTS)
def test_each_text_is_short_and_says_what_goes_wrong_most(family: str) -> None:
    text = TEXTS[family]
    # Every request carries it, the smallest have about 13,000 tokens.
    assert 100 < Guidance("gemini", text).tokens < 500
    assert max(map(len, text.splitlines())) <= 120
    words = " ".join(text.split())
    for needed in ("`old_string`", "line numbers", "absolute path", "Write"):
        assert needed in words.replace("paths are absolute", "absolute path"), needed
    # What is a special token to a model's own tokenizer must not stand in its prompt.
    assert not [mark for mark in ("<|", "<｜", "|>", "<tool_call", "<think", "[INST", "<start_of") if mark in text]
    assert text.startswith("# ")
    assert text.endswith(".\n")


def test_no_two_texts_are_the_same() -> None:
    assert len(set(TEXTS.values())) == len(TEXTS)
