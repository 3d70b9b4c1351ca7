"""`sampling`: sampling parameters from the config."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Request
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.options import WHOLE_NUMBER, only, whole_number


class Sampling(Transformer):
    """`max_tokens` caps; `temperature`, `top_p`, `top_k` and `repetition_penalty` are set, whatever the client sent."""

    name = "sampling"
    options_schema = only(
        {
            "max_tokens": WHOLE_NUMBER,
            "temperature": {"type": "number", "minimum": 0},
            "top_p": {"type": "number", "minimum": 0, "maximum": 1},
            "top_k": {"type": "integer", "minimum": 0},
            "repetition_penalty": {"type": "number", "minimum": 0},
        }
    )

    def quirks(self, quirks: Quirks) -> Quirks:
        """Set the cap, if there is one."""
        cap = whole_number(self.options, "max_tokens")
        return quirks if cap is None else replace(quirks, max_tokens_cap=cap)

    def request(self, request: Request, context: Context) -> Request:
        """Set what the neutral request has a field for."""
        # The chat protocol has no top_k: there it is `wire`'s business.
        top_k = None if context.dialect == "openai_chat" else whole_number(self.options, "top_k")
        return replace(
            request,
            temperature=_number(self.options.get("temperature"), request.temperature),
            top_p=_number(self.options.get("top_p"), request.top_p),
            top_k=request.top_k if top_k is None else top_k,
        )

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Set what OpenAI's API has no field for but its imitators take."""
        if context.dialect == "openai_chat":
            for name in ("top_k", "repetition_penalty"):
                if name in self.options:
                    body[name] = self.options[name]
        return body


def _number(value: Json, otherwise: float | None) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
