"""The strict upstream refuses what it should: one body that is right, and each way of getting it wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.upstreams.gemini_rules import Issued, refusal

MODEL = "gemini-3.1-pro-preview"
SCHEMA: Any = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}


def good() -> dict[str, Any]:
    """Everything at once, as Google documents it."""
    schema = copy.deepcopy(SCHEMA)
    return {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
            {
                "role": "model",
                "parts": [
                    {"text": "Hm", "thought": True},
                    {"functionCall": {"name": "Bash", "args": {"command": "ls"}}, "thoughtSignature": "S"},
                    {"functionCall": {"name": "Bash", "args": {"command": "pwd"}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "Bash", "response": {"result": "a"}}},
                    {
                        "functionResponse": {
                            "name": "Bash",
                            "response": {"error": "b"},
                            "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}],
                        }
                    },
                    {"text": "Well?"},
                ],
            },
        ],
        "tools": [{"functionDeclarations": [{"name": "Bash", "description": "Run", "parametersJsonSchema": schema}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["Bash"]}},
        "generationConfig": {
            "maxOutputTokens": 32000,
            "temperature": 1,
            "topP": 0.9,
            "topK": 40,
            "stopSequences": ["x"],
            "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
        },
    }


def test_the_good_one_is_taken() -> None:
    assert refusal(good(), MODEL) is None


def parts(body: Any, turn: int) -> Any:
    return body["contents"][turn]["parts"]


def declared(body: Any) -> Any:
    return body["tools"][0]["functionDeclarations"][0]


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "unknown top-level field": (lambda body: body.update(model="m"), 'Unknown name "model"'),
    "stream": (lambda body: body.update(stream=True), 'Unknown name "stream"'),
    "no contents": (lambda body: body.pop("contents"), "contents is not specified"),
    "role assistant": (lambda body: body["contents"][1].update(role="assistant"), "valid role"),
    "role system": (lambda body: body["contents"][0].update(role="system"), "valid role"),
    "model first": (lambda body: body["contents"].pop(0), "alternate"),
    "two user turns": (lambda body: body["contents"].insert(0, copy.deepcopy(body["contents"][0])), "alternate"),
    "empty parts": (lambda body: body["contents"][0].update(parts=[]), "must not be empty"),
    "empty text": (lambda body: parts(body, 0)[0].update(text=""), "must have a text"),
    "part without data": (lambda body: parts(body, 0).append({}), "oneof"),
    "part with two": (lambda body: parts(body, 0)[0].update(inlineData={}), "oneof"),
    "cache mark": (lambda body: parts(body, 0)[0].update(cache_control={}), "cache_control"),
    "billing line": (lambda body: parts(body, 0)[0].update(text="x-anthropic-billing-header: x"), "billing"),
    "gif": (lambda body: parts(body, 0)[1]["inlineData"].update(mimeType="image/gif"), "Unsupported MIME"),
    "bad base64": (lambda body: parts(body, 0)[1]["inlineData"].update(data="a"), "Base64"),
    "thought of the user": (lambda body: parts(body, 0)[0].update(thought=True), "the model's"),
    "call of the user": (lambda body: parts(body, 0).append(parts(body, 1)[2]), "not for role user"),
    "args as text": (lambda body: parts(body, 1)[2]["functionCall"].update(args="{}"), "are objects"),
    "id of nobody": (lambda body: parts(body, 1)[2]["functionCall"].update(id="a"), "does not match"),
    "missing signature": (lambda body: parts(body, 1)[1].pop("thoughtSignature"), "missing a thought_signature"),
    "one response too few": (lambda body: parts(body, 2).pop(0), "number of function response parts"),
    "no responses": (lambda body: body["contents"].pop(), "immediately after a function call turn"),
    "responses of nothing": (lambda body: body["contents"].__setitem__(1, {"role": "model", "parts": [{"text": "x"}]}),
                             "immediately after a function call turn"),
    "response behind text": (lambda body: parts(body, 2).insert(0, {"text": "x"}), "come first"),
    "response of another": (lambda body: parts(body, 2)[0]["functionResponse"].update(name="Read"), "answers"),
    "empty system": (lambda body: body["systemInstruction"].update(parts=[]), "must not be empty"),
    "empty tools": (lambda body: body.update(tools=[]), "must not be empty"),
    "unknown tool": (lambda body: body["tools"].append({"webSearch": {}}), 'Unknown name "webSearch"'),
    "long name": (lambda body: declared(body).update(name="x" * 65), "Invalid function name"),
    "digit first": (lambda body: declared(body).update(name="1x"), "Invalid function name"),
    "same name twice": (lambda body: body["tools"].append(copy.deepcopy(body["tools"][0])), "Duplicate"),
    "input_schema": (lambda body: declared(body).update(input_schema={}), 'Unknown name "input_schema"'),
    "both kinds of schema": (lambda body: declared(body).update(parameters=SCHEMA), "mutually exclusive"),
    "schema no object": (lambda body: declared(body).update(parametersJsonSchema={"type": "string"}), "object"),
    "field beside $ref": (
        lambda body: declared(body)["parametersJsonSchema"].update(properties={"a": {"$ref": "#/x", "title": "T"}}),
        "takes no other fields",
    ),
    "search without asking": (lambda body: body["tools"].append({"googleSearch": {}}), "include_server_side"),
    "config without functions": (lambda body: body.pop("tools"), "without function_declarations"),
    "unknown mode": (lambda body: body["toolConfig"]["functionCallingConfig"].update(mode="any"), "mode"),
    "names with AUTO": (lambda body: body["toolConfig"]["functionCallingConfig"].update(mode="AUTO"), "mode ANY"),
    "too many tokens": (lambda body: body["generationConfig"].update(maxOutputTokens=65537), "supported range"),
    "no tokens": (lambda body: body["generationConfig"].update(maxOutputTokens=0), "supported range"),
    "six stops": (lambda body: body["generationConfig"].update(stopSequences=list("abcdef")), "stop sequences"),
    "max_tokens": (lambda body: body["generationConfig"].update(max_tokens=1), 'Unknown name "max_tokens"'),
    "level and budget": (
        lambda body: body["generationConfig"]["thinkingConfig"].update(thinkingBudget=128),
        "only one of thinking budget and thinking level",
    ),
    "level it has not": (
        lambda body: body["generationConfig"]["thinkingConfig"].update(thinkingLevel="MINIMAL"),
        "not supported for this model",
    ),
    "schema without mime type": (
        lambda body: body["generationConfig"].update(responseJsonSchema={"type": "object"}),
        "response_mime_type",
    ),
    "answer keyword": (
        lambda body: body["generationConfig"].update(
            responseMimeType="application/json", responseJsonSchema={"type": "object", "not": {}}
        ),
        "unsupported keyword",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(change: tuple[Callable[[Any], object], str]) -> None:
    spoil, words = change
    body = good()
    spoil(body)
    refused = refusal(body, MODEL)
    assert refused is not None
    assert words in refused.message


def older() -> dict[str, Any]:
    """The good one as Gemini 2.5 Pro takes it."""
    body = good()
    del parts(body, 1)[1]["thoughtSignature"]
    del parts(body, 2)[1]["functionResponse"]["parts"]
    body["generationConfig"]["thinkingConfig"] = {"includeThoughts": True, "thinkingBudget": 128}
    return body


def test_the_older_good_one_is_taken() -> None:
    assert refusal(older(), "gemini-2.5-pro") is None


OLDER: dict[str, tuple[Callable[[Any], object], str]] = {
    "level": (
        lambda body: body["generationConfig"].update(thinkingConfig={"thinkingLevel": "LOW"}),
        "Thinking level is not supported",
    ),
    "no budget of 0": (
        lambda body: body["generationConfig"].update(thinkingConfig={"thinkingBudget": 0}),
        "only works in thinking mode",
    ),
    "small budget": (lambda body: body["generationConfig"].update(thinkingConfig={"thinkingBudget": 1}), "128"),
    "nested media": (
        lambda body: parts(body, 2)[0]["functionResponse"].update(parts=[parts(body, 0)[1]]),
        "multimodal function responses",
    ),
    "JSON with functions": (
        lambda body: body["generationConfig"].update(responseMimeType="application/json"),
        "Function calling with a response mime type",
    ),
    "search with functions": (
        lambda body: body["tools"].append({"googleSearch": {}}),
        "Tool use with function calling is unsupported",
    ),
    "stand-in for a signature": (
        lambda body: parts(body, 1)[1].update(thoughtSignature="skip_thought_signature_validator"),
        "not valid",
    ),
}


@pytest.mark.parametrize("change", OLDER.values(), ids=OLDER)
def test_what_an_older_model_refuses(change: tuple[Callable[[Any], object], str]) -> None:
    spoil, words = change
    body = older()
    spoil(body)
    refused = refusal(body, "gemini-2.5-pro")
    assert refused is not None
    assert words in refused.message


def test_signatures_hold_for_the_very_part_they_stood_on() -> None:
    issued = Issued()
    call: Any = {"functionCall": {"name": "Bash", "args": {"command": "ls"}}}
    body = good()
    parts(body, 1)[1] = issued.sign(call)
    assert refusal(body, MODEL, issued) is None
    parts(body, 1)[1]["functionCall"]["args"] = {"command": "rm"}
    moved = refusal(body, MODEL, issued)
    assert moved is not None
    assert "another part" in moved.message
    foreign = refusal(good(), MODEL, issued)
    assert foreign is not None
    assert "not made here" in foreign.message
    stand_in = good()
    parts(stand_in, 1)[1]["thoughtSignature"] = "skip_thought_signature_validator"
    assert refusal(stand_in, MODEL, issued) is None
    parts(stand_in, 1)[0]["thoughtSignature"] = "skip_thought_signature_validator"
    assert refusal(stand_in, MODEL, issued) is not None  # for calls only


SUBSET: dict[str, tuple[Any, str]] = {
    "$schema": ({"$schema": "x", "type": "string"}, 'Unknown name "$schema"'),
    "additionalProperties": ({"type": "object", "additionalProperties": False}, "Unknown name"),
    "type array": ({"type": ["string", "null"]}, "not repeating"),
    "number enum": ({"type": "integer", "enum": [7]}, "STRING"),
    "empty enum": ({"type": "string", "enum": [""]}, "cannot be empty"),
    "array without items": ({"type": "array"}, "missing field"),
    "required without property": ({"type": "object", "properties": {}, "required": ["a"]}, "not defined"),
    "any_of with more": ({"anyOf": [{"type": "string"}], "type": "string"}, "only field set"),
    "no type": ({"description": "x"}, "TYPE_UNSPECIFIED"),
    "format": ({"type": "string", "format": "uri"}, "format"),
}


@pytest.mark.parametrize("case", SUBSET.values(), ids=SUBSET)
def test_what_the_subset_does_not_know_is_refused(case: tuple[Any, str]) -> None:
    schema, words = case
    body = good()
    del declared(body)["parametersJsonSchema"]
    declared(body)["parameters"] = {"type": "object", "properties": {"a": schema}}
    refused = refusal(body, MODEL)
    assert refused is not None
    assert words in refused.message
