"""Taking Anthropic's `cache_control` marks out of a wire body.

The walk goes by position, never by key name alone: a tool may well take an argument called `cache_control`. Nothing is
changed in place: blocks that the model does not know are shared with the request, which the next attempt needs whole.
"""

from ccrouter.model.json import Json, JsonObject

MARK = "cache_control"


def without_cache_control(body: JsonObject) -> JsonObject:
    """An Anthropic or OpenAI-chat body without its marks."""
    result = _unmarked(body)
    if "system" in result:
        result["system"] = _parts(result["system"])
    messages, tools = result.get("messages"), result.get("tools")
    if isinstance(messages, list):
        result["messages"] = [_message(message) for message in messages]
    if isinstance(tools, list):
        result["tools"] = [_tool(tool) for tool in tools]
    return result


def _message(message: Json) -> Json:
    if not isinstance(message, dict):
        return message
    result = _unmarked(message)
    if "content" in result:
        result["content"] = _parts(result["content"])
    return result


def _parts(content: Json) -> Json:
    """Content parts, and the parts inside a `tool_result`."""
    return [_message(part) for part in content] if isinstance(content, list) else content


def _tool(tool: Json) -> Json:
    if not isinstance(tool, dict):
        return tool
    result = _unmarked(tool)
    function = result.get("function")
    if isinstance(function, dict):
        result["function"] = _unmarked(function)
    return result


def _unmarked(fields: JsonObject) -> JsonObject:
    return {key: value for key, value in fields.items() if key != MARK}
