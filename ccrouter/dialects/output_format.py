"""`output_config.format`: the JSON that an answer must be."""

from ccrouter.dialects.lenient_json import compact_json
from ccrouter.model.json import JsonObject, as_object
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


def wanted_schema(request: Request, notes: Notes, *, protocol: str) -> JsonObject | None:
    """The JSON schema that the answer must match; None where none is asked for, or nothing that can be passed on."""
    config = as_object(request.extras.get("output_config")) or {}
    for name in config:
        if name not in ("effort", "format"):
            notes.add(f"output_config.{name}", "/output_config", f"has no counterpart in {protocol}")
    wanted = as_object(config.get("format"))
    if wanted is None:
        return None
    schema = as_object(wanted.get("schema"))
    if wanted.get("type") != "json_schema" or schema is None:
        notes.add("output_config.format", "/output_config/format", "of a kind that cannot be asked for")
        return None
    return schema


def asked_in_words(schema: JsonObject, notes: Notes) -> str:
    """What to say to the model where the upstream has no form for it (Claude Code's titles ask for JSON)."""
    notes.add("output_config.format", "/output_config/format", "asked for in words: the upstream may not hold to it")
    return (
        "Answer with a single JSON object and nothing else: no code fence, no text before or after it. "
        f"It must match this JSON Schema:\n{compact_json(schema)}"
    )
