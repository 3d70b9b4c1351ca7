"""Taking Anthropic's `cache_control` marks out of a wire body.

The walk goes by position, never by key name alone: a tool may well take an argument called `cache_control`.
"""

from ccrouter.model.json import Json, JsonObject, as_list, as_object

MARK = "cache_control"


def strip_cache_control(body: JsonObject) -> None:
    """Remove every mark from an Anthropic or OpenAI-chat body, in place."""
    body.pop(MARK, None)
    _strip_parts(body.get("system"))
    for entry in as_list(body.get("messages")) or []:
        message = as_object(entry)
        if message is not None:
            message.pop(MARK, None)
            _strip_parts(message.get("content"))
    for entry in as_list(body.get("tools")) or []:
        tool = as_object(entry)
        if tool is not None:
            tool.pop(MARK, None)
            function = as_object(tool.get("function"))
            if function is not None:
                function.pop(MARK, None)


def _strip_parts(content: Json) -> None:
    for entry in as_list(content) or []:
        part = as_object(entry)
        if part is not None:
            part.pop(MARK, None)
            _strip_parts(part.get("content"))  # a tool_result's own parts
