"""Names and shapes of OpenAI's Responses wire (platform.openai.com/docs/api-reference/responses, November 2026)."""

from typing import Final, NotRequired, TypedDict

from ccrouter.model.json import Json

REASONING_ITEM: Final = "reasoning_item"
"""Our name for what a thinking block carries: a reasoning item to be given back (`reasoning.carried`)."""

ENCRYPTED_REASONING: Final = "reasoning.encrypted_content"
SEARCH_SOURCES: Final = "web_search_call.action.sources"
"""Entries of `include`."""

MIN_OUTPUT_TOKENS: Final = 16
"""`Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16` (BerriAI/litellm#31536)."""


class FunctionCall(TypedDict):
    """An output or input item: a call of one of the request's functions."""

    type: str
    id: NotRequired[str]
    call_id: str
    name: str
    arguments: str


class FunctionCallOutput(TypedDict):
    """An input item: what a function answered, as text or as a list of input parts."""

    type: str
    call_id: str
    output: str | list[Json]


class MessageItem(TypedDict):
    """An output or input item: what somebody said. `phase` (commentary, final_answer) wants to be given back."""

    type: str
    id: NotRequired[str]
    role: str
    content: list[Json]
    phase: NotRequired[str]


class ReasoningItem(TypedDict):
    """An output or input item: reasoning, as a summary, as readable `content`, encrypted, or several of these."""

    type: str
    id: str
    summary: list[Json]
    content: NotRequired[list[Json]]
    encrypted_content: NotRequired[str]
