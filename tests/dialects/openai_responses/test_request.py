"""The request side: golden cases, a strict upstream's rules, what goes back, and the prefix that caches live on."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request
from ccrouter.sse import Frame
from tests.dialects.conversations import TOOLS, blocks_of, conversation
from tests.dialects.golden_cases import assert_golden, cases
from tests.dialects.openai_responses.golden import GOLDEN, run, sealed
from tests.upstreams.openai_responses_reply import Manner, whole
from tests.upstreams.openai_responses_rules import ALL_EFFORTS, Strictness, refusal
from tests.upstreams.replies import Call, Reply

CASES = cases(OPENAI_RESPONSES)
STRICT = Strictness()
PLAIN = Strictness(efforts=frozenset())
REASONING: dict[str, Any] = {"encrypted_reasoning": True, "efforts": ALL_EFFORTS, "sampling": False}

NOT_STRICT = {
    "reasoning-kept": "could not be verified",  # sealed by nobody
    "reasoning-readable": "not found",  # OpenAI has no such items
    "sampling": "temperature",
    "json-schema-in-words": "temperature",
}
"""Cases that ask for something OpenAI itself refuses, and the words that its refusal must hold."""


def test_there_are_golden_cases() -> None:
    assert len(CASES) > 40
    assert {path.stem for path in CASES} >= NOT_STRICT.keys()


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_golden(path: Path) -> None:
    assert_golden(path, run)


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_strict_upstream_takes_it(path: Path) -> None:
    refused = refusal(run(orjson.loads(path.read_bytes()))[0], STRICT)
    words = NOT_STRICT.get(path.stem)
    if words is None:
        assert refused is None
    else:
        assert refused is not None
        assert words in refused.message


@pytest.mark.parametrize("name", ["sampling", "json-schema-in-words", "tools", "limits"])
def test_models_that_do_not_reason_take_it(name: str) -> None:
    assert refusal(run(orjson.loads((GOLDEN / f"{name}.json").read_bytes()))[0], PLAIN) is None


def test_deepseek_takes_calls_last() -> None:
    case = orjson.loads((GOLDEN / "calls-last.json").read_bytes())
    adjacent = Strictness(outputs_adjacent=True)
    assert refusal(run(case)[0], adjacent) is None
    case["quirks"] = {}
    assert refusal(run(case)[0], adjacent) is not None


def encode(request: Request, origin: str = "acme", **quirks: Any) -> JsonObject:
    return OPENAI_RESPONSES.encode(request, model="gpt-5.2", origin=origin, quirks=Quirks(**quirks), notes=Notes())


def items(request: Request, **more: Any) -> Any:
    return encode(request, **more)["input"]


def test_input_that_is_no_object_and_lone_surrogates_do_not_crash() -> None:
    uses = (
        ToolUse("a", "Bash", "text"),
        ToolUse("b", "Bash", None),
        ToolUse("c", "Bash", {"x": "\ud83d", "n": 10**30}),
    )
    sent = items(Request("m", (Message("user", "hi"), Message("assistant", uses))))
    arguments = [item["arguments"] for item in sent if item["type"] == "function_call"]
    assert arguments == ['{"input":"text"}', "{}", '{"x":"�","n":1000000000000000000000000000000}']


def test_cache_key_is_the_sessions_and_tells_nothing() -> None:
    def key(user_id: str) -> Any:
        return encode(Request("m", (Message("user", "x"),), extras={"metadata": {"user_id": user_id}})).get(
            "prompt_cache_key"
        )

    one = key('{"device_id":"a","session_id":"s-1"}')
    assert one == key('{"session_id":"s-1","device_id":"b"}') == key("user_x_account__session_s-1")
    assert one != key('{"session_id":"s-2"}')
    assert "s-1" not in one
    assert len(one) <= 64
    for nothing in ("", "{", '{"session_id":""}', '{"session_id":7}', "user_x", '"text"'):
        assert key(nothing) is None


MANNERS = [Manner(), Manner(reasoning_before_each=True, phase="final_answer"), Manner(summaries=False)]
REPLIES = [
    Reply(text=("Let me look.",), reasoning=("Hm.",), calls=(Call("Bash", {"x": 1}, "c1"), Call("Read", {}, "c2"))),
    Reply(text=("Said.",), reasoning=("Hm.",)),
    Reply(reasoning=("Hm.",), calls=(Call("Bash", {}, "c1"),)),
]


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("reply", REPLIES)
def test_what_a_provider_said_it_gets_back_as_it_was(reply: Reply, manner: Manner) -> None:
    """Round trip: output items through Claude Code's history are the input items of the next request, reasoning
    with its id and seal, each directly before what followed it."""
    said: Any = whole({"model": "gpt-5.2"}, reply, 1, manner)
    decoder = OPENAI_RESPONSES.decoder(ReplyContext(origin="acme", model="gpt-5.2"))
    history = blocks_of(decoder.whole(orjson.dumps(said)))
    request = Request("m", (Message("user", "hi"), Message("assistant", history), Message("user", "on")))
    sent = [item for item in items(request, **REASONING) if item.get("role") not in ("user", "developer")]
    sent = [item for item in sent if item["type"] != "function_call_output"]
    assert [item["type"] for item in sent] == [item["type"] for item in said["output"]]
    after_reasoning = {index + 1 for index, item in enumerate(said["output"]) if item["type"] == "reasoning"}
    for index, (got, item) in enumerate(zip(sent, said["output"], strict=True)):
        match item["type"]:
            case "reasoning":
                assert got == item
            case "function_call":
                assert (got["call_id"], got["name"]) == (item["call_id"], item["name"])
                assert orjson.loads(got["arguments"]) == orjson.loads(item["arguments"])
            case _:
                assert got["content"][0]["text"] == item["content"][0]["text"]
        if item["type"] != "reasoning" and index in after_reasoning:
            assert (got.get("id"), got.get("phase")) == (item["id"], item.get("phase"))
    assert refusal(encode(request, **REASONING)) is None
    others = [item["type"] for item in items(request, origin="other", **REASONING)]
    assert "reasoning" not in others


def test_readable_reasoning_goes_back_too() -> None:
    """LM Studio, DeepSeek, OpenRouter with gpt-oss: reasoning_text, nothing encrypted."""
    content = [{"type": "reasoning_text", "text": "Well."}]
    output = [
        {"id": "rs_1", "type": "reasoning", "status": "completed", "summary": [], "content": content},
        {"id": "fc_1", "type": "function_call", "call_id": "c", "name": "Bash", "arguments": "{}"},
    ]
    reply = orjson.dumps({"id": "r", "status": "completed", "output": output})
    history = blocks_of(OPENAI_RESPONSES.decoder(ReplyContext(origin="acme", model="m")).whole(reply))
    sent = items(Request("m", (Message("assistant", history),)))
    assert sent[0] == {"id": "rs_1", "type": "reasoning", "summary": [], "content": content}


def test_an_id_that_changed_on_the_way_is_no_use() -> None:
    """Behind Copilot ids are rewritten from event to event (can1357/oh-my-pi#290)."""
    decoder = OPENAI_RESPONSES.decoder(ReplyContext(origin="acme", model="m"))
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": "blob"}
    call = {"type": "function_call", "call_id": "c", "name": "Bash", "arguments": "{}"}
    output = [{**reasoning, "id": "b"}, call]
    frames = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**reasoning, "id": "a"}},
        {"type": "response.output_item.done", "output_index": 0, "item": {**reasoning, "id": "b"}},
        {"type": "response.output_item.added", "output_index": 1, "item": call},
        {"type": "response.output_item.done", "output_index": 1, "item": call},
        {"type": "response.completed", "response": {"status": "completed", "output": output}},
    ]
    events: Any = [event for frame in frames for event in decoder.frame(Frame(None, orjson.dumps(frame)))]
    sent = items(Request("m", (Message("assistant", blocks_of(events)),)), **REASONING)
    assert [item["type"] for item in sent] == ["function_call", "function_call_output"]


def with_reasoning(messages: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """The conversation with reasoning items before some of what the assistant said; some of them lost their item."""
    for turn, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        said: list[Any] = []
        for number, block in enumerate(message["content"]):
            if block["type"] == "thinking":
                continue
            if rng.random() < 0.6:
                kind = "message" if block["type"] == "text" else "function_call"
                following: Any = {"type": kind, "id": f"{'msg' if kind == 'message' else 'fc'}_{turn}_{number}"}
                if kind == "function_call":
                    following["name"] = block["name"]
                if rng.random() < 0.2:
                    following["type"] = "web_search_call"
                item: Any = {"id": f"rs_{turn}_{number}", "type": "reasoning", "summary": [], "encrypted_content": "x"}
                envelope = Envelope("acme", "reasoning_item", {"item": item, "following": following})
                said.append({"type": "thinking", "thinking": "", "signature": seal(envelope)})
            said.append(block)
        message["content"] = said
    return messages


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize(
    "quirks",
    [{}, {"mid_system": True, "tool_result_images": True}, {"images": False, "calls_last": True}],
    ids=["plain", "openai", "no_images"],
)
def test_one_more_turn_is_a_strict_prefix_extension(seed: int, quirks: Any) -> None:
    """Rule 7. What was sent up to any assistant message stands at the start of everything sent later."""
    rng = random.Random(f"prefix/{seed}")
    messages = with_reasoning(conversation(rng), rng)
    known: Any = {"model": "claude", "max_tokens": 50, "system": "S", "tools": TOOLS}

    def sent(until: int) -> Any:
        request = decode_request(sealed({**known, "messages": messages[:until]}))
        return encode(request, **REASONING, **quirks)

    everything = sent(len(messages))
    for position, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        part = sent(position)
        size = len(part["input"])
        assert everything["input"][:size] == part["input"]
        assert everything["tools"][: len(part["tools"])] == part["tools"]
        for name in set(part) - {"input", "tools"}:
            assert everything[name] == part[name]
        unsealed = {**part, "input": [item for item in part["input"] if item["type"] != "reasoning"]}
        assert refusal(unsealed) is None
