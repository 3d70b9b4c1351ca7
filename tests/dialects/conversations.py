"""Conversations as Claude Code may send them, and what it keeps of a reply: for the request tests of every dialect."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from ccrouter.model.blocks import Block, Text, Thinking, ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Signature,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)

TOOLS: list[dict[str, Any]] = [
    {"name": "Bash", "input_schema": {"type": "object", "properties": {}}},
    {"name": "WebFetch", "input_schema": {"type": "object", "properties": {}}, "defer_loading": True},
]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}


def thought(rng: random.Random, calls: list[str]) -> dict[str, Any]:
    """A thinking block of the provider `acme`, in front of the calls of these ids."""
    return {"type": "thinking", "thinking": "hm", "signature": seal(Envelope("acme", "reasoning_content"))}


def conversation(
    rng: random.Random, thinking: Callable[[random.Random, list[str]], dict[str, Any]] = thought
) -> list[dict[str, Any]]:
    """A conversation as Claude Code may send it: system messages anywhere, calls answered in any order or not."""
    messages: list[dict[str, Any]] = []
    waiting: list[str] = []
    for turn in range(rng.randint(1, 8)):
        blocks: list[dict[str, Any]] = []
        rng.shuffle(waiting)
        for id_ in waiting:
            if rng.random() < 0.9:
                content = rng.choice(["out", "", None, [IMAGE], [{"type": "tool_reference", "tool_name": "WebFetch"}]])
                result = {"type": "tool_result", "tool_use_id": id_, "content": content, "is_error": rng.random() < 0.3}
                blocks.append({name: value for name, value in result.items() if value is not None})
        blocks += [rng.choice([{"type": "text", "text": f"u{turn}"}, IMAGE]) for _ in range(rng.randint(0, 2))]
        if rng.random() < 0.4:
            messages.append({"role": "system", "content": f"before {turn}"})
        messages.append({"role": "user", "content": blocks or f"user {turn}"})
        if rng.random() < 0.4:
            text = f"<total_tokens>{turn}</total_tokens>"
            messages.append({"role": "system", "content": [{"type": "text", "text": text}]})
        waiting = [f"call_{turn}_{number}" for number in range(rng.randint(0, 3))]
        said: list[dict[str, Any]] = []
        if rng.random() < 0.5:
            said.append(thinking(rng, waiting))
        if rng.random() < 0.7:
            said.append({"type": "text", "text": f"a{turn}"})
        said += [{"type": "tool_use", "id": id_, "name": "Bash", "input": {"n": id_}} for id_ in waiting]
        messages.append({"role": "assistant", "content": said})
    return messages


def blocks_of(events: list[Event]) -> tuple[Block, ...]:
    """The blocks that Claude Code keeps of a reply, empty thinking with a signature among them."""
    blocks: list[Block] = []
    said = signature = ""
    for event in events:
        match event:
            case BlockStart(_, head):
                said = signature = ""
                if isinstance(head, ToolUseBlock):
                    blocks.append(ToolUse(head.id, head.name, None))
                elif isinstance(head, TextBlock):
                    blocks.append(Text(""))
                elif isinstance(head, ThinkingBlock):
                    blocks.append(Thinking(""))
            case TextDelta() | ThinkingDelta():
                said += event.text
            case ToolInputDelta():
                said += event.json
            case Signature():
                signature = event.signature
            case BlockStop():
                last = blocks[-1]
                if isinstance(last, ToolUse):
                    blocks[-1] = replace(last, input=orjson.loads(said))
                elif isinstance(last, Thinking):
                    blocks[-1] = Thinking(said, signature)
                else:
                    blocks[-1] = Text(said)
            case _:
                pass
    return tuple(blocks)
