"""From a neutral request to a `generateContent` body."""

from typing import Final

from ccrouter.dialects.gemini.content import PROTOCOL
from ccrouter.dialects.gemini.effort import encode_thinking
from ccrouter.dialects.gemini.families import Family, family_of
from ccrouter.dialects.gemini.messages import Encoding, encode_contents, encode_system
from ccrouter.dialects.gemini.schema import answer_format
from ccrouter.dialects.gemini.tools import EncodedTools, encode_tools
from ccrouter.dialects.gemini.wire import USER, content
from ccrouter.dialects.lenient_json import object_list
from ccrouter.dialects.output_format import asked_in_words, wanted_schema
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.stop_sequences import stop_sequences
from ccrouter.model.json import Json, JsonObject, as_object
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SILENT_EXTRAS: Final = frozenset({"metadata", "output_config"})
"""`metadata.user_id` names the user to Anthropic and is nobody else's business; `output_config` is taken apart here."""
MOST_STOPS: Final = 5


def encode_request(request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body for `model`, which stands in the URL, as does whether a stream is wanted."""
    family = family_of(model)
    tools = encode_tools(request, family, quirks, notes)
    form, instruction = _output_format(request, family, quirks, tools, notes)
    contents = encode_contents(request, Encoding(origin, family, quirks, notes, request.tools or ()))
    system = encode_system(request, notes, instruction)
    body: JsonObject = {}
    if system and family.system_instruction:
        body["systemInstruction"] = {"parts": list[Json](system)}
    elif system:
        first = contents[0]
        contents = [content(USER, [*system, *object_list(first["parts"])]), *contents[1:]]
    body["contents"] = list[Json](contents)
    body.update(tools.body)
    generation = {**_generation(request, family, quirks, notes), **form}
    if generation:
        body["generationConfig"] = generation
    for name in request.extras:
        if name not in SILENT_EXTRAS:
            notes.add(name, f"/{name}", f"has no counterpart in {PROTOCOL}")
    return _with_defaults(body, quirks.extra_body)


def _generation(request: Request, family: Family, quirks: Quirks, notes: Notes) -> JsonObject:
    thinking, extra_tokens = encode_thinking(request, family, notes)
    config: JsonObject = {}
    if request.max_tokens is not None:
        config["maxOutputTokens"] = _capped(request.max_tokens, extra_tokens, family, quirks, notes)
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.top_p is not None:
        config["topP"] = request.top_p
    if request.top_k is not None:
        config["topK"] = request.top_k
    stop = _stop(request, quirks, notes)
    if stop:
        config["stopSequences"] = stop
    if thinking:
        config["thinkingConfig"] = thinking
    return config


def _capped(max_tokens: int, extra_tokens: int, family: Family, quirks: Quirks, notes: Notes) -> int:
    cap = family.output_limit if quirks.max_tokens_cap is None else quirks.max_tokens_cap
    if max_tokens > cap:
        notes.add("max_tokens", "/max_tokens", f"{max_tokens} is more than the upstream allows: {cap}")
    elif extra_tokens:
        notes.add("max_tokens", "/max_tokens", f"{extra_tokens} more for thinking that cannot be switched off")
    return min(max_tokens + extra_tokens, cap)


def _stop(request: Request, quirks: Quirks, notes: Notes) -> list[Json]:
    limit = MOST_STOPS if quirks.stop_limit is None else min(quirks.stop_limit, MOST_STOPS)
    return stop_sequences(request, limit, notes)


def _output_format(
    request: Request, family: Family, quirks: Quirks, tools: EncodedTools, notes: Notes
) -> tuple[JsonObject, str]:
    """`output_config.format` as `generationConfig` fields, or as words for the system instruction."""
    schema = wanted_schema(request, notes, protocol=PROTOCOL)
    if schema is None:
        return {}, ""
    flavour = family.answer_schema
    with_tools = tools.has_functions or tools.has_server_tools
    if flavour != "none" and (family.answer_schema_with_tools or not with_tools):
        return answer_format(schema, "gemini" if quirks.schema_flavour == "gemini" else flavour), ""
    return {}, asked_in_words(schema, notes)


def _with_defaults(body: JsonObject, defaults: object) -> JsonObject:
    """`body` with what it lacks of `defaults`, also inside objects that both have (`generationConfig`)."""
    merged = dict(body)
    for name, value in (as_object(defaults) or {}).items():
        mine, theirs = as_object(merged.get(name)), as_object(value)
        if mine is not None and theirs is not None:
            merged[name] = _with_defaults(mine, theirs)
        else:
            merged.setdefault(name, value)
    return merged
