"""Refusals as providers word them."""

import pytest

from ccrouter.upstream.refusals import (
    ContextTooSmall,
    FieldRefused,
    OutputTooLarge,
    Refusal,
    read_refusal,
    too_long_wording,
)

WORDINGS: list[tuple[str, Refusal | None]] = [
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", OutputTooLarge(8192)),
    ("<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]", OutputTooLarge(8192)),
    ("integer above maximum value, expected a value <= 32768, but got 64000", OutputTooLarge(32768)),
    ("max_tokens must be less than or equal to 16384", OutputTooLarge(16384)),
    (
        "`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the "
        "`context_window` for this model",
        OutputTooLarge(32768),
    ),
    (
        "max_tokens is too large: 64000. This model supports at most 16384 completion tokens, whereas you gave 64000.",
        OutputTooLarge(16384),
    ),
    (
        "max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens for claude-opus-4",
        OutputTooLarge(32000),
    ),
    (
        "Unable to submit request because it has a maxOutputTokens value of 128000 but the supported range is from 1 "
        "(inclusive) to 65537 (exclusive). Update the value and try again.",
        OutputTooLarge(65536),
    ),
    (
        "This model's maximum context length is 131072 tokens. However, you requested 131329 tokens (123137 in the "
        "messages, 8192 in the completion). Please reduce the length of the messages or completion.",
        ContextTooSmall(131072, 123137, 8192),
    ),
    (
        "This endpoint's maximum context length is 200000 tokens. However, you requested about 250123 tokens (180123 "
        "of text input, 5000 of tool input, 65000 in the output). Please reduce the length of either one.",
        ContextTooSmall(200000, 180123, 65000),
    ),
    (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        ContextTooSmall(8192, 9000),
    ),
    ("This model's maximum context length is 8192 tokens.", ContextTooSmall(8192)),
    ("prompt token count of 74490 exceeds the limit of 72000", ContextTooSmall(72000, 74490)),
    ("prompt is too long: 219898 tokens > 200000 maximum", ContextTooSmall(200000, 219898)),
    (
        "input length and `max_tokens` exceed context limit: 186433 + 20000 > 200000, decrease input length or "
        "`max_tokens` and try again",
        ContextTooSmall(200000, 186433, 20000),
    ),
    ("Input is too long for requested model.", ContextTooSmall()),
    (
        "The input token count (1,200,000) exceeds the maximum number of tokens allowed (1048576).",
        ContextTooSmall(1048576, 1200000),
    ),
    (
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        ContextTooSmall(131072, 537812),
    ),
    ("n_keep: 13055 >= n_ctx: 4096", ContextTooSmall(4096, 13055)),
    (
        "request (11434 tokens) exceeds the available context size (8192 tokens), try increasing it",
        ContextTooSmall(8192, 11434),
    ),
    ("Invalid request: Your request exceeded model token limit: 131072", ContextTooSmall(131072)),
    ("Range of input length should be [1, 129024]", ContextTooSmall(129024)),
    ("Your input exceeds the context window of this model. Please adjust your input.", ContextTooSmall()),
    ("Prompt exceeds max length", ContextTooSmall()),
    ("Please reduce the length of the messages or completion.", ContextTooSmall()),
    (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        FieldRefused("max_tokens", "max_completion_tokens"),
    ),
    ("property 'reasoning_content' is unsupported", FieldRefused("reasoning_content")),
    (
        "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property "
        "'reasoning' is unsupported)]",
        FieldRefused("reasoning"),
    ),
    (
        "Invalid JSON payload received. Unknown name \"$schema\" at 'tools[0].function_declarations[0].parameters': "
        "Cannot find field.",
        FieldRefused("$schema"),
    ),
    ("Unknown parameter: 'reasoning'.", FieldRefused("reasoning")),
    ("Unrecognized request argument supplied: reasoning_effort", FieldRefused("reasoning_effort")),
    ("Additional properties are not allowed ('cache_control' was unexpected)", FieldRefused("cache_control")),
    ("grok-4.20-0309-non-reasoning does not support parameter reasoningEffort.", FieldRefused("reasoningEffort")),
    (
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) is supported.",
        FieldRefused("temperature"),
    ),
    ("context_management: Extra inputs are not permitted", FieldRefused("context_management")),
    ("messages: text content blocks must be non-empty", None),
    ("Invalid schema for function 'x': In context=(), 'required' is required to be supplied", None),
    ("invalid model name", None),
    ("", None),
]


@pytest.mark.parametrize(("message", "refusal"), WORDINGS)
def test_wordings(message: str, refusal: Refusal | None) -> None:
    assert read_refusal(message) == refusal


@pytest.mark.parametrize("code", ["context_length_exceeded", "model_max_prompt_tokens_exceeded", "1261"])
def test_a_code_says_enough(code: str) -> None:
    assert read_refusal("no words at all", code) == ContextTooSmall()


@pytest.mark.parametrize(
    ("refusal", "room"),
    [
        (ContextTooSmall(200000, 186433, 20000), 13567),
        (ContextTooSmall(200000, 219898, 20000), None),
        (ContextTooSmall(200000, 219898), None),
        (ContextTooSmall(), None),
    ],
)
def test_room_for_an_answer(refusal: ContextTooSmall, room: int | None) -> None:
    assert refusal.room == room


@pytest.mark.parametrize(
    ("refusal", "counted", "words"),
    [
        (ContextTooSmall(200000, 219898), None, "prompt is too long: 219898 tokens > 200000 maximum"),
        (ContextTooSmall(131072), 140000, "prompt is too long: 140000 tokens > 131072 maximum"),
        (ContextTooSmall(131072), 90000, "prompt is too long: 131073 tokens > 131072 maximum"),
        (ContextTooSmall(131072), None, "prompt is too long: 131073 tokens > 131072 maximum"),
        (ContextTooSmall(), 5000, "prompt is too long: 5000 tokens > 4999 maximum"),
        (ContextTooSmall(), None, "prompt is too long"),
    ],
)
def test_the_words_that_make_claude_code_compact(refusal: ContextTooSmall, counted: int | None, words: str) -> None:
    assert too_long_wording(refusal, counted) == words
