"""How an answer ended: the wire's `finish_reason` in Anthropic's words."""

from typing import Final, Literal

from ccrouter.model.events import StopReason

Ending = StopReason | Literal["failed"]

FINISH: Final[dict[str, Ending]] = {
    "stop": "end_turn",
    "end_turn": "end_turn",
    "eos": "end_turn",
    "eos_token": "end_turn",
    "completed": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "model_length": "max_tokens",  # Mistral
    "tool_calls": "tool_use",
    "tool_call": "tool_use",
    "tool_use": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "sensitive": "refusal",  # Z.ai
    "safety": "refusal",  # Gemini behind an OpenAI shim, with the next three
    "recitation": "refusal",
    "prohibited_content": "refusal",
    "blocklist": "refusal",
    "model_context_window_exceeded": "model_context_window_exceeded",  # Z.ai
    "error": "failed",  # OpenRouter
    "network_error": "failed",  # Z.ai
    "abort": "failed",  # vLLM: the engine dropped the request
    "insufficient_system_resource": "failed",  # DeepSeek
    "malformed_function_call": "failed",  # Gemini behind a shim: a call nobody can read
    "unexpected_tool_call": "failed",
}

FAILURE_STATUS: Final[dict[str, int]] = {"insufficient_system_resource": 503}
"""The HTTP status that a failed ending is like, where it is not 502."""

STRONG: Final = frozenset({"max_tokens", "refusal", "model_context_window_exceeded"})
"""Endings that a later, milder finish_reason of the same reply does not undo."""


def ending_of(finish_reason: str) -> Ending | None:
    """Anthropic's stop reason for `finish_reason`, `failed`, or None for a word nobody knows."""
    return FINISH.get(finish_reason.lower())


def stronger(old: str | None, new: str) -> str:
    """Which of two endings holds when a reply tells more than one (OpenRouter repeats it beside the usage)."""
    return old if old in STRONG else new


def stop_reason(ending: str, *, has_tool_use: bool) -> str:
    """The stop reason to tell: a call that was made must be run, whatever the wire calls the end of the turn.

    Gemini, Ollama and some OpenAI models say `stop` after tool calls; Copilot says `tool_calls` without any.
    """
    if has_tool_use and ending in ("end_turn", "stop_sequence"):
        return "tool_use"
    if ending == "tool_use" and not has_tool_use:
        return "end_turn"
    return ending
