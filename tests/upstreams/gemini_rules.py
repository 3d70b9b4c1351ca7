"""What a strict Gemini upstream refuses, as one pure function over the request body.

Every rule is one that Google's `generateContent` (or a well-known host of the protocol) really has; the words are its
own where an issue tells them."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.gemini_models import ModelRules, rules_of
from tests.upstreams.gemini_tool_rules import NAME, check_generation, check_tools
from tests.upstreams.refused import RefusedError, known, object_at, require

TOP_LEVEL = frozenset(
    {
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "safetySettings",
        "generationConfig",
        "cachedContent",
        "serviceTier",
    }
)
PART_DATA: Mapping[str, frozenset[str]] = {
    "text": frozenset(),
    "inlineData": frozenset({"mimeType", "data", "displayName"}),
    "fileData": frozenset({"mimeType", "fileUri"}),
    "functionCall": frozenset({"id", "name", "args"}),
    "functionResponse": frozenset({"id", "name", "response", "parts"}),
    "toolCall": frozenset({"toolType", "id", "args"}),
    "toolResponse": frozenset({"toolType", "id", "response"}),
    "executableCode": frozenset({"language", "code", "id"}),
    "codeExecutionResult": frozenset({"outcome", "output", "id"}),
}
PART_EXTRAS = frozenset({"thought", "thoughtSignature"})
USER_PARTS = frozenset({"text", "inlineData", "fileData", "functionResponse"})
MODEL_PARTS = frozenset(PART_DATA) - {"functionResponse"}
MEDIA = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "application/pdf"})
SKIP = "skip_thought_signature_validator"
BILLING = "x-anthropic-billing-header"


@dataclass
class Issued:
    """What an upstream gave out: each signature with the part it stood on, and the ids of its calls."""

    signatures: dict[str, bytes] = field(default_factory=dict[str, bytes])
    ids: set[str] = field(default_factory=set[str])

    def sign(self, part: JsonObject) -> JsonObject:
        """`part` with a signature of its own, remembered."""
        signature = base64.b64encode(f"signature {len(self.signatures)} of this upstream".encode()).decode()
        self.signatures[signature] = signed_form(part)
        return {**part, "thoughtSignature": signature}


def signed_form(part: JsonObject) -> bytes:
    """What a signature is bound to."""
    bare = {name: value for name, value in part.items() if name != "thoughtSignature"}
    return orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)


def refusal(
    body: JsonObject, model: str = "gemini-3.1-pro-preview", issued: Issued | None = None
) -> RefusedError | None:
    """Why `body` would be answered 400, or None. `issued` None: any signature and id will do."""
    try:
        _check(body, rules_of(model), issued)
    except RefusedError as refused:
        return refused
    return None


def _check(body: JsonObject, rules: ModelRules, issued: Issued | None) -> None:
    known(body, TOP_LEVEL, "")
    _check_foreign(body)
    system = body.get("systemInstruction")
    if system is not None:
        _check_system(as_object(system))
    names = check_tools(body, rules)
    _check_contents(as_list(body.get("contents")), rules, issued)
    check_generation(body, rules, has_functions=bool(names))


def _check_system(system: JsonObject | None) -> None:
    require(system is not None, "Invalid value at 'system_instruction'")
    assert system is not None
    known(system, frozenset({"role", "parts"}), "system_instruction")
    parts = as_list(system.get("parts"))
    require(parts, "system_instruction.parts must not be empty")
    for part in parts or ():
        require(as_str(object_at(part, "system_instruction.parts").get("text")), "system_instruction takes text only")


def _check_contents(contents: list[Json] | None, rules: ModelRules, issued: Issued | None) -> None:
    require(contents, "* GenerateContentRequest.contents: contents is not specified")
    assert contents is not None
    before = "model"
    waiting: list[JsonObject] = []
    for position, entry in enumerate(contents):
        where = f"contents[{position}]"
        turn = object_at(entry, where)
        known(turn, frozenset({"role", "parts"}), where)
        role = as_str(turn.get("role"))
        require(role in ("user", "model"), f"Please use a valid role: user, model. ({role!r} at {where})")
        assert role is not None
        require(role != before, f"Please ensure that multiturn requests alternate between user and model ({where})")
        before = role
        parts = as_list(turn.get("parts"))
        require(parts, f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
        checked = [
            _check_part(object_at(part, where), role, f"{where}.parts[{number}]", rules, issued)
            for number, part in enumerate(parts or ())
        ]
        if role == "user":
            _check_responses(checked, waiting, where, rules)
            waiting = []
        else:
            waiting = [part for part in checked if "functionCall" in part]
            _check_signed(waiting, position, rules)
    require(not waiting, "Please ensure that function response turn comes immediately after a function call turn.")


def _check_part(part: JsonObject, role: str, where: str, rules: ModelRules, issued: Issued | None) -> JsonObject:
    known(part, frozenset(PART_DATA) | PART_EXTRAS, where)
    kinds = part.keys() & PART_DATA.keys()
    require(len(kinds) == 1, f"{where}: required oneof field 'data' must have one initialized field")
    kind = next(iter(kinds))
    require(kind in (USER_PARTS if role == "user" else MODEL_PARTS), f"{where}: {kind} is not for role {role}")
    signature = part.get("thoughtSignature")
    if kind == "text":
        text = as_str(part["text"])
        require(text is not None, f"Invalid value at '{where}.text' (TYPE_STRING)")
        require(text or signature, f"Unable to submit request because {where} must have a text parameter")
    else:
        _check_data(object_at(part[kind], where), kind, where, rules, issued)
    if "thoughtSignature" in part or "thought" in part:
        require(role == "model", f"{where}: thoughts are the model's")
    if signature is not None:
        _check_signature(part, where, rules, issued)
    return part


def _check_data(data: JsonObject, kind: str, where: str, rules: ModelRules, issued: Issued | None) -> None:
    known(data, PART_DATA[kind], f"{where}.{kind}")
    if kind == "inlineData":
        mime_type = as_str(data.get("mimeType"))
        require(mime_type in MEDIA, f"Unsupported MIME type: {mime_type} ({where})")
        try:
            require(base64.b64decode(as_str(data.get("data")) or "", validate=True), f"{where}: no data")
        except binascii.Error as error:
            raise RefusedError(f"{where}.inline_data.data: Base64 decoding failed: {error}") from error
    if kind == "fileData":
        require(as_str(data.get("fileUri")) and as_str(data.get("mimeType")), f"{where}: incomplete file_data")
    if kind in ("functionCall", "functionResponse"):
        require(NAME.match(as_str(data.get("name")) or ""), f"{where}.{kind}.name is not a function's name")
        content = data.get("args") if kind == "functionCall" else data.get("response")
        require(as_object(content) is not None, f"{where}.{kind}: args and response are objects")
        if "id" in data:
            own = issued is None or data["id"] in issued.ids
            require(rules.ids and own, f"Unknown name \"id\" at '{where}.{kind}': Cannot find field.")
    nested = as_list(data.get("parts")) or []
    require(not nested or rules.nested_media, f"{where}: multimodal function responses are for Gemini 3 and later")
    for entry in nested:
        inner = object_at(entry, where)
        require(list(inner) == ["inlineData"], f"{where}.function_response.parts take inline_data only")
        _check_data(object_at(inner["inlineData"], where), "inlineData", where, rules, issued)


def _check_responses(parts: list[JsonObject], waiting: list[JsonObject], where: str, rules: ModelRules) -> None:
    responses = [object_at(part["functionResponse"], where) for part in parts if "functionResponse" in part]
    calls = [object_at(part["functionCall"], where) for part in waiting]
    if responses and not calls:
        raise RefusedError(
            f"Please ensure that function response turn comes immediately after a function call turn. ({where})"
        )
    require(
        len(responses) == len(calls),
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        f"function call turn. ({where})",
    )
    first = [number for number, part in enumerate(parts) if "functionResponse" in part]
    require(first == list(range(len(first))), f"function responses come first in their turn ({where})")
    for call, response in zip(calls, responses, strict=True):
        require(call["name"] == response["name"], f"function response {response['name']} answers {call['name']}")
        require(call.get("id") == response.get("id"), "functionResponse.id does not match functionCall.id")


def _check_signed(calls: list[JsonObject], position: int, rules: ModelRules) -> None:
    if not calls or not rules.signatures:
        return
    name = object_at(calls[0]["functionCall"], "contents").get("name")
    require(
        calls[0].get("thoughtSignature"),
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
        f"correctly. Additional data, function call `default_api:{name}`, position {position}",
    )


def _check_signature(part: JsonObject, where: str, rules: ModelRules, issued: Issued | None) -> None:
    signature = as_str(part["thoughtSignature"]) or ""
    if signature == SKIP:
        require(rules.signatures and "functionCall" in part, f"Thought signature is not valid ({where})")
        return
    if issued is not None:
        require(signature in issued.signatures, f"Thought signature is not valid ({where}: not made here)")
        right = issued.signatures[signature] == signed_form(part)
        require(right, f"Thought signature is not valid ({where}: it belongs to another part)")


def _check_foreign(body: JsonObject) -> None:
    """Anthropic's own things do not belong in a Gemini body: the billing line, cache marks."""
    for path, value in _walk(body, "body"):
        if isinstance(value, dict):
            require("cache_control" not in value, f'Unknown name "cache_control" at {path!r}: Cannot find field.')
        if isinstance(value, str):
            require(BILLING not in value, f"text at {path} contains {BILLING}")


def _walk(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            # A tool's schema and a call's arguments may use any name.
            if key not in ("parameters", "parametersJsonSchema", "args"):
                yield from _walk(inner, f"{path}.{key}")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{number}]")
