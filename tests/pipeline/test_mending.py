"""What models do wrong, mended on the way from an upstream's bytes to the client's: streamed and whole alike."""

import random
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import LeakedForm, Quirks
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.errors import upstream_failure
from ccrouter.model.blocks import ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import BlockStart, Event, Failed, Finish, Start, TextBlock, TextDelta, ToolUseBlock
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, Tool
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.pipeline.mending import mending, relays_untouched
from ccrouter.transformers.base import Context, EventFilter
from ccrouter.transformers.registry import BUILT_IN
from ccrouter.transformers.tool_ids import HistoryIds
from tests.transformers.filters import every_cut
from tests.transformers.replies import call, reply, text, thinking

DEFAULTS = ReplyDefaults("msg_d", "m")
BASH = Tool("Bash", input_schema={"properties": {"command": {"type": "string"}, "timeout": {"type": "number"}}})
SEARCH = Tool("web_search", type="web_search_20250305")
THOUGHT = seal(Envelope("p", "text"))


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    body = {"id": "c", "model": "up", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + orjson.dumps(body) + b"\n\n"


def stream(
    *, content: str = "", reasoning: str = "", calls: list[tuple[str, str, str]] | None = None, finish: str
) -> bytes:
    """A chat stream, each text in pieces of three characters."""
    out = [chunk({"role": "assistant"})]
    out += [chunk({"reasoning_content": reasoning[at : at + 3]}) for at in range(0, len(reasoning), 3)]
    out += [chunk({"content": content[at : at + 3]}) for at in range(0, len(content), 3)]
    for index, (id_, name, arguments) in enumerate(calls or []):
        out.append(chunk({"tool_calls": [{"index": index, "id": id_, "function": {"name": name, "arguments": ""}}]}))
        for at in range(0, len(arguments), 3):
            out.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + 3]}}]}))
    return b"".join([*out, chunk({}, finish), b"data: [DONE]\n\n"])


def answer(
    body: bytes,
    quirks: Quirks | None = None,
    *,
    history: tuple[Message, ...] = (),
    tools: tuple[Tool, ...] = (BASH, SEARCH),
    use: tuple[str, ...] = (),
    dialect: Dialect = OPENAI_CHAT,
) -> Any:
    """The message that the client gets, the same streamed and whole, in any cut."""
    provider = ProviderConfig("p", "http://127.0.0.1:1", use=tuple([TransformerUse(name) for name in use]))
    transformers = {name: BUILT_IN[name] for name in use}
    pipeline = build_pipeline(provider, "m", dialect=dialect, quirks=quirks or Quirks(), transformers=transformers)
    messages: list[Any] = []
    for streamed in (True, False):
        for size in (1, 100, len(body)):
            request = Request("m", history, stream=streamed, tools=tools or None)
            context = Context("p", "m", dialect.name, pipeline.quirks, request, Notes())
            reply = Reply(pipeline, context, DEFAULTS, streamed=streamed)
            out = b"".join(reply.feed(body[at : at + size]) for at in range(0, len(body), size)) + reply.end()
            assert reply.progress.failure is None
            messages.append(folded(out) if streamed else orjson.loads(out))
            message = messages[-1]
            assert (message["content"], message["stop_reason"]) == (messages[0]["content"], messages[0]["stop_reason"])
    return messages[0]


def folded(out: bytes) -> Any:
    """A stream as the whole message, read as a client reads it."""
    message: Any = {}
    for line in out.splitlines():
        event: Any = orjson.loads(line[6:]) if line.startswith(b"data: ") else {}
        match event.get("type"):
            case "message_start":
                message = event["message"]
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append(event["content_block"])
            case "content_block_delta":
                block, delta = message["content"][-1], event["delta"]
                for name in ("text", "thinking", "signature"):
                    if name in delta:
                        block[name] += delta[name]
                block["json"] = block.get("json", "") + delta.get("partial_json", "")
            case "content_block_stop":
                text = message["content"][-1].pop("json", "")
                if message["content"][-1]["type"] == "tool_use":
                    try:
                        message["content"][-1]["input"] = orjson.loads(text)
                    except orjson.JSONDecodeError:
                        message["content"][-1]["input"] = {"invalid_json": text}
            case "message_delta":
                message |= event["delta"]
            case _:
                pass
    return message


def calls_of(message: Any) -> list[Any]:
    return [(block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use"]


def test_broken_arguments_are_repaired_for_every_upstream() -> None:
    body = stream(calls=[("a", "Bash", "{'command': 'say \"hi\"',}")], finish="tool_calls")
    assert calls_of(answer(body)) == [("Bash", {"command": 'say "hi"'})]
    assert calls_of(answer(body, Quirks(repair_arguments="none"))) == [
        ("Bash", {"invalid_json": "{'command': 'say \"hi\"',}"})
    ]


def test_what_cannot_be_repaired_arrives_raw() -> None:
    body = stream(calls=[("a", "Bash", '{"command": "rm -rf /home/me')], finish="tool_calls")
    assert calls_of(answer(body)) == [("Bash", {"invalid_json": '{"command": "rm -rf /home/me'})]


def test_a_call_cut_by_max_tokens_stays_cut() -> None:
    body = stream(calls=[("a", "Bash", '{"command": "ls"')], finish="length")
    message = answer(body)
    assert calls_of(message) == [("Bash", {"invalid_json": '{"command": "ls"'})]
    assert message["stop_reason"] == "max_tokens"
    assert calls_of(answer(stream(calls=[("a", "Bash", '{"command": "ls"')], finish="stop"))) == [
        ("Bash", {"command": "ls"})
    ]


@pytest.mark.parametrize("by", ["quirk", "enhancetool"])
def test_arguments_are_fitted_to_the_schema_where_asked_for(by: str) -> None:
    body = stream(calls=[("a", "Bash", '{"command ": "ls", "timeout": "5"}')], finish="tool_calls")
    assert calls_of(answer(body)) == [("Bash", {"command ": "ls", "timeout": "5"})]
    quirks, use = (Quirks(repair_arguments="schema"), ()) if by == "quirk" else (Quirks(), ("enhancetool",))
    assert calls_of(answer(body, quirks, use=use)) == [("Bash", {"command": "ls", "timeout": 5})]


LEAK = "<tool_call>\n<function=Bash>\n<parameter=command>\nls\n</parameter>\n</function>\n</tool_call>"
QWEN = Quirks(leaked_tool_calls=frozenset({"qwen", "hermes"}))


def test_leaked_calls_run() -> None:
    message = answer(stream(content=f"I look.\n{LEAK}", finish="stop"), QWEN)
    assert message["content"][0] == {"type": "text", "text": "I look.\n"}
    assert calls_of(message) == [("Bash", {"command": "ls"})]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.parametrize("tools", [(), (SEARCH,), (Tool("Read"),), (Tool("Bash", extras={"defer_loading": True}),)])
def test_leaks_are_text_where_the_tool_is_not_on_offer(tools: tuple[Tool, ...]) -> None:
    message = answer(stream(content=LEAK, finish="stop"), QWEN, tools=tools)
    assert message["content"] == [{"type": "text", "text": LEAK}]
    assert message["stop_reason"] == "end_turn"


def test_leaks_are_text_where_the_model_is_not_known_to_leak() -> None:
    assert answer(stream(content=LEAK, finish="stop"))["content"] == [{"type": "text", "text": LEAK}]


def test_a_call_within_think_ends_it() -> None:
    message = answer(stream(content=f"<think>\nI look.\n{LEAK}\n</think>\n", finish="stop"), QWEN)
    assert message["content"][0] == {"type": "thinking", "thinking": "I look.\n", "signature": THOUGHT}
    assert calls_of(message) == [("Bash", {"command": "ls"})]
    assert len(message["content"]) == 2


def test_a_call_at_the_end_of_a_reasoning_field_runs() -> None:
    message = answer(stream(reasoning=f"I look.\n{LEAK}", finish="stop"), QWEN)
    assert [block["type"] for block in message["content"]] == ["thinking", "tool_use"]
    assert message["stop_reason"] == "tool_use"


def test_an_answer_that_begins_with_think_is_thinking_for_everybody() -> None:
    body = stream(content="<think>\nhm\n</think>\n\nYes <think>.", finish="stop")
    assert answer(body, tools=())["content"] == [
        {"type": "thinking", "thinking": "hm\n", "signature": THOUGHT},
        {"type": "text", "text": "Yes <think>."},
    ]
    plain = answer(body, Quirks(think_tags="never"))["content"]
    assert plain == [{"type": "text", "text": "<think>\nhm\n</think>\n\nYes <think>."}]


def test_extrathinktag_finds_it_anywhere() -> None:
    content = answer(stream(content="Well. <think>hm</think>Yes.", finish="stop"), use=("extrathinktag",))["content"]
    assert [block["type"] for block in content] == ["text", "thinking", "text"]


def test_ids_are_unlike_those_of_earlier_turns_and_the_same_on_a_replay() -> None:
    history: tuple[Message, ...] = ()
    ids: list[str] = []
    body = stream(calls=[("call_0", "Bash", "{}"), ("call_0", "Bash", "{}"), ("", "Bash", "{}")], finish="tool_calls")
    for _ in range(3):
        new = [block["id"] for block in answer(body, history=history)["content"]]
        assert new == [block["id"] for block in answer(body, history=history)["content"]]
        ids += new
        history = (*history, Message("assistant", tuple([ToolUse(id_, "Bash", {}) for id_ in new])))
    assert len(set(ids)) == 9
    assert ids[0] == "call_0"


def anthropic_stream(text: str) -> bytes:
    events: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": {"id": "msg_1", "model": "m", "content": [], "usage": {"input_tokens": 1}}}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        ("message_stop", {}),
    ]
    return b"".join(b"event: %b\ndata: %b\n\n" % (k.encode(), orjson.dumps({"type": k, **f})) for k, f in events)


def test_anthropics_own_replies_are_relayed_unless_a_config_asks() -> None:
    assert relays_untouched(Quirks())
    assert not relays_untouched(QWEN)
    body = anthropic_stream(f"<think>hm</think>{LEAK}")
    text = {"type": "text", "text": f"<think>hm</think>{LEAK}"}
    assert answer(body, dialect=ANTHROPIC)["content"] == [text]
    message = answer(body, QWEN, dialect=ANTHROPIC)
    assert message["content"][0] == {"type": "text", "text": "<think>hm</think>"}
    assert calls_of(message) == [("Bash", {"command": "ls"})]


def test_what_a_request_cannot_suffer_from_is_not_looked_for() -> None:
    def made(quirks: Quirks, tools: tuple[Tool, ...], dialect: str = "openai_chat") -> object:
        request = Request("m", (), tools=tools)
        return mending(quirks, Context("p", "m", dialect, quirks, request, Notes()), HistoryIds(request))

    assert made(Quirks(think_tags="never"), ()) is None
    assert made(Quirks(), (BASH,), "anthropic") is None
    assert made(Quirks(), (BASH,)) is not None
    quirks = Quirks(think_tags="never")
    later, named_so = replace(BASH, extras={"defer_loading": True}), replace(BASH, type="custom")
    assert made(quirks, (SEARCH, later)) is None
    assert made(quirks, (SEARCH, later, named_so)) is None  # the first of a name counts
    assert made(quirks, (SEARCH, named_so)) is not None


def test_the_tools_that_may_be_called_are_gathered_when_the_first_call_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def counted(request: Request) -> tuple[Tool, ...]:
        asked.append(request)
        return callable_tools(request)

    monkeypatch.setattr("ccrouter.pipeline.mending.callable_tools", counted)
    request = Request("m", (), tools=(BASH,))
    mends = mending(Quirks(), Context("p", "m", "openai_chat", Quirks(), request, Notes()), HistoryIds(request))
    assert mends is not None
    mends([Start(None, None), *text(0, "Hi")])
    assert asked == []
    mends([*call(1, "Bash ", "{}", "x"), *call(2, "Bash", "{}", "y")])
    assert asked == [request]


def test_text_takes_the_short_way_once_it_has_begun() -> None:
    request = Request("m", (), tools=(BASH,))
    mends = mending(Quirks(), Context("p", "m", "openai_chat", Quirks(), request, Notes()), HistoryIds(request))
    assert mends is not None
    mends([Start(None, None), BlockStart(0, TextBlock()), TextDelta(0, "Hi")])
    batch: list[Any] = [TextDelta(0, " there <think>")]
    assert mends(batch) is batch


PIECES = [
    "<think>",
    "</think>",
    "Hi ",
    "\n",
    "`",
    "```\n",
    "<tool_call>",
    "</tool_call>",
    "é😀",
    '{"name": "Bash"}',
    LEAK,
    "<",
]
ARGUMENTS = [
    "",
    "{}",
    '{"command": "ls"}',
    "{'command': 'ls',}",
    '{"command": "ls',
    '{"command": "ls"',
    "null",
    '{"a": "\\ud83d"}',
]


@pytest.mark.parametrize("turn", range(300))
def test_fuzz_all_menders_keep_the_grammar_and_do_not_mind_cuts(turn: int) -> None:
    chance = random.Random(f"mending/{turn}")
    blocks: list[list[Event]] = []
    for key in range(chance.randint(1, 4)):
        kind, said = (
            chance.choice(["text", "text", "thinking", "call"]),
            "".join(chance.choices(PIECES, k=chance.randint(1, 6))),
        )
        if kind == "call":
            blocks.append(
                call(
                    key, chance.choice(["Bash", "Bash ", "Other"]), chance.choice(ARGUMENTS), chance.choice(["x", "y"])
                )
            )
        else:
            blocks.append(text(key, said) if kind == "text" else thinking(key, said, "signed"))
    end = chance.choice([Finish("end_turn"), Finish("tool_use"), Finish("max_tokens"), Failed(upstream_failure("cut"))])
    if isinstance(end, Failed) and chance.random() < 0.7:
        blocks[-1].pop()
    quirks = Quirks(
        leaked_tool_calls=chance.choice([QWEN.leaked_tool_calls, frozenset[LeakedForm]()]),
        think_tags=chance.choice(["start", "anywhere", "implicit", "never"]),
        repair_arguments=chance.choice(["none", "syntax", "schema"]),
    )
    request = Request("m", (), tools=(BASH,))

    def make() -> EventFilter:
        found = mending(quirks, Context("p", "m", "openai_chat", quirks, request, Notes()), HistoryIds(request))
        assert found is not None
        return found

    out = every_cut(make, reply(*blocks, end=end))
    ids = [event.block.id for event in out if isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock)]
    assert len(set(ids)) == len(ids)
    assert isinstance(out[-1], Failed) == isinstance(end, Failed)
