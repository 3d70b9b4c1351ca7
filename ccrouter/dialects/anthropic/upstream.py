"""A request towards an Anthropic upstream, where it can't go out as the bytes that came in.

What Anthropic did not sign it refuses (`Invalid signature in thinking block`), so thinking that another provider made
stays here: Claude Code's history carries it in our envelope (`model/envelope.py`). Likewise the results of web searches
that it did not run and encrypt itself: they go as text.
"""

from dataclasses import replace

from ccrouter.dialects.anthropic.effort import MIN_BUDGET, fitted
from ccrouter.dialects.anthropic.foreign_searches import with_own_searches_only
from ccrouter.dialects.anthropic.request import encode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import Block, Thinking, ToolResult, ToolUse
from ccrouter.model.envelope import MARK, is_sealed
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, ThinkingConfig

MARK_BYTES = MARK.encode()
USUAL_MAX_TOKENS = 32_000
"""For clients of other APIs, which need not say how long an answer may be; Anthropic must be told. Claude Code's own
number: every model since Claude 4 takes it, and a refusal by an older one names its cap, which is learned."""


def may_hold_foreign_state(raw: bytes) -> bool:
    """False when no envelope can be in the body: then it may go out untouched. Cheap: one substring search."""
    return MARK_BYTES in raw


def encode(request: Request, *, model: str, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body for `model`: foreign thinking left out, limits and extra fields of the upstream applied."""
    request = fitted(request, quirks, notes)
    request = replace(request, messages=with_own_searches_only(request.messages, notes))
    messages = tuple([_own_state_only(message, position, notes) for position, message in enumerate(request.messages)])
    thinking = request.thinking
    if thinking is not None and thinking.type == "enabled" and _tool_loop_lost_thinking(request.messages, messages):
        # "Expected `thinking` or `redacted_thinking`, but found `text`" (anthropics/claude-code#10751): with thinking
        # on, the tool turn that is being answered must begin with thinking of Anthropic's own.
        thinking = ThinkingConfig("disabled")
        notes.add("thinking", "/thinking", "switched off: the open tool turn was made by another provider's model")
    request = replace(request, model=model, messages=messages, thinking=thinking)
    if request.max_tokens is None:
        request = replace(request, max_tokens=USUAL_MAX_TOKENS)
    if request.temperature is not None and request.temperature > 1:
        notes.add("temperature", "/temperature", f"{request.temperature:g} is more than Anthropic takes: 1")
        request = replace(request, temperature=1.0)
    body = encode_request(_within_cap(request, quirks.max_tokens_cap, notes))
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)
    return body


def _within_cap(request: Request, cap: int | None, notes: Notes) -> Request:
    if cap is None or request.max_tokens is None or request.max_tokens <= cap:
        return request
    notes.add("max_tokens", "/max_tokens", f"{request.max_tokens} is more than the upstream allows: {cap}")
    thinking = request.thinking
    if thinking is not None and thinking.budget_tokens is not None and thinking.budget_tokens >= cap:
        # "`max_tokens` must be greater than `thinking.budget_tokens`" (CLIProxyAPI#413)
        thinking = replace(thinking, budget_tokens=cap - 1) if cap > MIN_BUDGET else ThinkingConfig("disabled")
    return replace(request, max_tokens=cap, thinking=thinking)


def _own_state_only(message: Message, position: int, notes: Notes) -> Message:
    if message.role != "assistant" or isinstance(message.content, str):
        return message
    kept = tuple([block for block in message.content if not _is_foreign(block)])
    if len(kept) == len(message.content):
        return message
    notes.add("thinking", f"/messages/{position}", "left out: another provider made it")
    # A turn of thinking alone would be left empty, which Anthropic refuses too.
    return replace(message, content=kept) if kept else replace(message, content="(no content)")


def _is_foreign(block: Block) -> bool:
    return isinstance(block, Thinking) and is_sealed(block.signature)


def _tool_loop_lost_thinking(before: tuple[Message, ...], after: tuple[Message, ...]) -> bool:
    for position in range(len(before) - 1, -1, -1):
        message = before[position]
        if message.role == "assistant":
            if not any(isinstance(block, ToolUse) for block in message.blocks):
                return False
            if message is not after[position]:
                return True
        elif message.role == "user" and not any(isinstance(block, ToolResult) for block in message.blocks):
            return False
    return False
