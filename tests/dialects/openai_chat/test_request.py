"""The request side: golden cases, a strict upstream's rules, and the prefix that the prompt cache lives on."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import ToolUse
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request
from tests.dialects.conversations import TOOLS, blocks_of, conversation
from tests.dialects.golden_cases import assert_golden, cases, folder
from tests.dialects.openai_chat.golden import run
from tests.upstreams.openai_chat_rules import Strictness, refusal

GOLDEN = folder(OPENAI_CHAT)
CASES = cases(OPENAI_CHAT)
STRICT = Strictness(max_tokens_limit=1_000_000)

NOT_STRICT = {
    "cache-control-kept": "cache_control",
    "effort-enable_thinking": "enable_thinking",
    "effort-enable_thinking-whole": "enable_thinking",
    "effort-disabled-enable_thinking": "enable_thinking",
    "effort-openrouter": "reasoning",
    "effort-disabled-openrouter": "reasoning",
    "effort-thinking": "thinking",
    "effort-disabled-thinking": "thinking",
    "effort-thinking-fields": "thinking",
    "effort-disabled-thinking-fields": "thinking",
    "limits": "provider",
    "system-messages-in-place": "beginning",
    "thinking-details": "unsupported",
    "thinking-named-field-required": "reasoning",
    "thinking-parts": "thinking",
}
"""Cases that ask for something OpenAI itself refuses, and the word that its refusal must hold."""


def test_there_are_golden_cases() -> None:
    assert len(CASES) > 30
    assert {path.stem for path in CASES} >= NOT_STRICT.keys()


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_golden(path: Path) -> None:
    assert_golden(path, run)


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_strict_upstream_takes_it(path: Path) -> None:
    refused = refusal(run(orjson.loads(path.read_bytes()))[0], STRICT)
    word = NOT_STRICT.get(path.stem)
    if word is None:
        assert refused is None
    else:
        assert refused is not None
        assert word in refused.message


def test_deepseek_like_upstream_takes_required_reasoning() -> None:
    case = orjson.loads((GOLDEN / "thinking-same-field.json").read_bytes())
    strict = Strictness(reasoning="required", max_tokens_limit=1_000_000)
    assert refusal(run(case)[0], strict) is not None
    case["quirks"] = {"reasoning_required": True}
    assert refusal(run(case)[0], strict) is None


def test_upstream_that_refuses_reasoning_gets_none() -> None:
    case = orjson.loads((GOLDEN / "thinking-never.json").read_bytes())
    assert refusal(run(case)[0], Strictness(reasoning="refused", max_tokens_limit=1_000_000)) is None


def decoded(body: Any) -> Request:
    return decode_request(body)


def encode(request: Request, **quirks: Any) -> JsonObject:
    return OPENAI_CHAT.encode(request, model="m-1", origin="acme", quirks=Quirks(**quirks), notes=Notes())


def test_input_that_is_no_object_and_lone_surrogates_do_not_crash() -> None:
    uses = (
        ToolUse("a", "Bash", "text"),
        ToolUse("b", "Bash", None),
        ToolUse("c", "Bash", {"x": "\ud83d", "n": 10**30}),
    )
    body = encode(Request("m", (Message("user", "hi"), Message("assistant", uses))))
    message: Any = body["messages"]
    arguments = [call["function"]["arguments"] for call in message[1]["tool_calls"]]
    assert arguments == ['{"input":"text"}', "{}", '{"x":"�","n":1000000000000000000000000000000}']


STATE = {
    "DeepSeek": {"content": "ok", "reasoning_content": "hm"},
    "Groq": {"content": None, "reasoning": "hm"},
    "Copilot": {"content": None, "reasoning_text": "hm", "reasoning_opaque": "xyz"},
    "OpenRouter": {
        "content": "ok",
        "reasoning_details": [
            {"type": "reasoning.summary", "summary": "hm", "format": "openai-responses-v1", "index": 0},
            {"type": "reasoning.encrypted", "data": "blob", "format": "openai-responses-v1", "id": "rs_1", "index": 0},
        ],
    },
    "Mistral": {
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "ok"}]
    },
    "Gemini": {"content": None, "tool_calls": [{"extra_content": {"google": {"thought_signature": "sig"}}}]},
}


@pytest.mark.parametrize("said", STATE.values(), ids=STATE)
def test_what_a_provider_said_it_gets_back_as_it_was(said: Any) -> None:
    """Round trip: a reply through Claude Code's history and back to the provider that made it (pains 29 to 36)."""
    function = {"name": "Bash", "arguments": '{"command":"ls"}'}
    call = {"id": "call_1", "type": "function", "function": function, **said.get("tool_calls", [{}])[0]}
    message = {"role": "assistant", **said, "tool_calls": [call]}
    reply = orjson.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    history = blocks_of(OPENAI_CHAT.decoder(ReplyContext(origin="acme", model="m-1")).whole(reply))
    body: Any = encode(Request("m", (Message("user", "hi"), Message("assistant", history))))
    assert body["messages"][1] == message
    other = OPENAI_CHAT.encode(
        Request("m", (Message("assistant", history),)), model="m", origin="other", quirks=Quirks(), notes=Notes()
    )
    plain = said["content"] if isinstance(said["content"], str) else "ok" if said["content"] else None
    told: Any = other["messages"]
    plain_call = {"id": "call_1", "type": "function", "function": function}
    assert told[0] == {"role": "assistant", "content": plain, "tool_calls": [plain_call]}


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize(
    "quirks",
    [{}, {"mid_system": True}, {"images": False}, {"tool_id_pattern": "mistral", "reasoning_out": "<think>"}],
    ids=["plain", "mid_system", "no_images", "mistral_ids"],
)
def test_one_more_turn_is_a_strict_prefix_extension(seed: int, quirks: Any) -> None:
    """Rule 7. What was sent up to any assistant message stands at the start of everything sent later."""
    messages = conversation(random.Random(f"prefix/{seed}"))
    known: Any = {"model": "claude", "max_tokens": 5, "system": "S", "tools": TOOLS}
    whole: Any = encode(decoded({**known, "messages": messages}), **quirks)
    for position, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        part: Any = encode(decoded({**known, "messages": messages[:position]}), **quirks)
        size = len(part["messages"])
        assert whole["messages"][:size] == part["messages"]
        assert len(whole["messages"]) > size
        assert whole["tools"][: len(part["tools"])] == part["tools"]
        if not quirks.get("mid_system"):
            assert refusal(part, STRICT) is None
