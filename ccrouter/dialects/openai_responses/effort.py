"""How hard the model shall think, in the words that this model knows."""

from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SCALE: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Every word that `reasoning.effort` is known to take anywhere, from least to most."""


def encode_effort(request: Request, quirks: Quirks, notes: Notes, *, searches: bool) -> JsonObject | None:
    """The body's `reasoning`, or None: the model has no such field, or the client asked for nothing.

    `searches` says that the provider's own web search is among the tools, which `minimal` does not go with
    (`The following tools cannot be used with reasoning.effort 'minimal': web_search`).
    """
    wanted = _wanted(request)
    if wanted is None:
        return None
    known = [word for word in SCALE if word in quirks.efforts and not (searches and word == "minimal")]
    if not known:
        if wanted != "none":
            notes.add("effort", "/output_config/effort", "the model has no field for it")
        return None
    effort = _nearest(wanted, known)
    if wanted == "none" and effort != "none":
        notes.add("thinking", "/thinking", f"this model cannot be told not to think: effort {effort!r}")
    elif effort != wanted:
        notes.add("effort", "/output_config/effort", f"{wanted!r} is none of the model's words: {effort!r}")
    if effort == "none" or _is_hidden(request):
        return {"effort": effort}
    return {"effort": effort, "summary": "auto"}


def _is_hidden(request: Request) -> bool:
    """The client does not want to see the reasoning (`display: omitted`): Anthropic tells it encrypted only, then."""
    return request.thinking is not None and request.thinking.extras.get("display") == "omitted"


def _wanted(request: Request) -> str | None:
    """The effort asked for; an old-style thinking budget counts as one. None: the client did not say."""
    thinking = request.thinking
    if thinking is not None and thinking.type == "disabled":
        return "none"
    if request.effort is not None:
        return request.effort if request.effort in SCALE else "high"
    if thinking is None:
        return None
    budget = thinking.budget_tokens
    # Some models think only when they are told how hard (gpt-5.1's default is none): whoever asks for thinking gets it.
    if budget is None:
        return "medium"
    return "low" if budget <= 4096 else "medium" if budget <= 16384 else "high"


def _nearest(wanted: str, known: list[str]) -> str:
    """The strongest word that asks for no more than `wanted`, else the weakest there is."""
    limit = SCALE.index(wanted)
    return next((word for word in reversed(known) if SCALE.index(word) <= limit), known[0])
