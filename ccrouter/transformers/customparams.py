"""`customparams`: the options become fields of the wire body."""

import copy

from ccrouter.model.json import JsonObject, as_object
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.options import ANY_OPTIONS


class CustomParams(Transformer):
    """Adds the keys that are absent, deep-merges objects, and leaves alone the scalars and lists that are there."""

    name = "customparams"
    options_schema = ANY_OPTIONS

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Merge the options into the body."""
        return merged(body, dict(self.options))


def merged(body: JsonObject, additions: JsonObject) -> JsonObject:
    """`body` with what it lacks of `additions`; neither is changed."""
    result = dict(body)
    for key, value in additions.items():
        if key not in result:
            result[key] = copy.deepcopy(value)
            continue
        present, added = as_object(result[key]), as_object(value)
        if present is not None and added is not None:
            result[key] = merged(present, added)
    return result
