"""Scripts for the strict upstreams: what one answers to the turns of one Claude Code conversation."""

from ccrouter.model.json import JsonObject, as_list, as_object
from tests.upstreams.openai_chat import Script
from tests.upstreams.replies import Failure, Reply, text

CLASSIFIER = "You are a security monitor for autonomous AI coding agents."


def play(*turns: Reply | Failure, verdict: Reply | Failure | None = None) -> Script:
    """The conversation's turns (requests that offer tools) get `turns` in order, the last one again and again.

    Title requests get a title, the auto-mode classifier gets `verdict`, every other request without tools `ok`."""
    waiting = list(turns)

    def script(body: JsonObject) -> Reply | Failure:
        if as_list(body.get("tools")):
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if verdict is not None and CLASSIFIER in str(body.get("messages")):
            return verdict
        if _wants_json(body):
            return text('{"title": "A test"}')
        return text("ok")

    return script


def _wants_json(body: JsonObject) -> bool:
    """Whether the answer is to fit a schema, in whichever dialect."""
    places = (body, *(as_object(body.get(name)) or {} for name in ("text", "output_config", "generationConfig")))
    return any(place.get(name) for place in places for name in ("response_format", "format", "responseMimeType"))
