"""Anthropic's usage object, both ways."""

from ccrouter.dialects.told_cost import told_cost
from ccrouter.model.events import Usage
from ccrouter.model.json import NO_EXTRAS, JsonObject, as_int, as_object

NAMES = frozenset({"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"})


def decode_usage(raw: object) -> Usage:
    """What a usage object tells; empty for anything else."""
    found = as_object(raw)
    if found is None:
        return Usage()
    extras = {name: value for name, value in found.items() if name not in NAMES}
    return Usage(
        input=as_int(found.get("input_tokens")),
        output=as_int(found.get("output_tokens")),
        cache_read=as_int(found.get("cache_read_input_tokens")),
        cache_write=as_int(found.get("cache_creation_input_tokens")),
        extras=extras or NO_EXTRAS,
        cost=told_cost(found),
    )


def encode_usage(usage: Usage) -> JsonObject:
    """A whole usage object; what nobody told is 0, since Claude Code adds the numbers up without asking."""
    return {
        "input_tokens": usage.input or 0,
        "cache_creation_input_tokens": usage.cache_write or 0,
        "cache_read_input_tokens": usage.cache_read or 0,
        "output_tokens": usage.output or 0,
        **usage.extras,
    }
