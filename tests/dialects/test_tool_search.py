"""Tool search for upstreams without tool references."""

from ccrouter.dialects.tool_search import callable_tools, functions_text, referenced_names
from ccrouter.model.blocks import Text, ToolReference, ToolResult
from ccrouter.model.request import Message, Request, Tool

BASH = Tool("Bash", "Run", {"type": "object", "properties": {}})
PLACEHOLDER = Tool("DeferredToolPlaceholder", "never", {"type": "object"}, extras={"defer_loading": True})
FETCH = Tool("WebFetch", "Fetch", {"type": "object", "properties": {"u": {}}}, extras={"defer_loading": True})
SEARCH = Tool("WebSearch", "Search", {"type": "object"}, extras={"defer_loading": True})
WRITE = Tool("Write", "Write", {"type": "object"})


def request(*named: str, tools: tuple[Tool, ...] | None = (BASH, PLACEHOLDER, FETCH, SEARCH, WRITE)) -> Request:
    messages = [Message("user", (ToolResult("t", (Text("found"), ToolReference(name))),)) for name in named]
    return Request("m", (Message("user", "hi"), *messages), tools=tools)


def test_deferred_tools_are_left_out_until_named() -> None:
    assert callable_tools(request()) == (BASH, WRITE)


def test_named_tools_are_appended_in_the_order_of_their_first_reference() -> None:
    one = callable_tools(request("WebSearch"))
    two = callable_tools(request("WebSearch", "WebFetch", "WebSearch"))
    assert one == (BASH, WRITE, SEARCH)
    assert two == (*one, FETCH)


def test_unknown_and_plain_names_change_nothing() -> None:
    assert callable_tools(request("Gone", "Bash", "DeferredToolPlaceholder")) == (BASH, WRITE)
    assert referenced_names(request("Gone", "Bash", "Gone")) == ("Gone", "Bash")


def test_no_tools() -> None:
    assert callable_tools(request("WebFetch", tools=None)) == ()
    assert callable_tools(request("WebFetch", tools=())) == ()


def test_second_tool_of_a_name_is_left_out() -> None:
    assert callable_tools(request(tools=(BASH, Tool("Bash", "other"), WRITE))) == (BASH, WRITE)


def test_functions_block() -> None:
    assert functions_text(["WebFetch", "Gone"], (BASH, FETCH)) == (
        "<functions>\n"
        '<function>{"description":"Fetch","name":"WebFetch","parameters":{"type":"object","properties":{"u":{}}}}</function>\n'
        "(the tool Gone is not available any more)\n"
        "</functions>"
    )
    assert '"name":"wf"' in functions_text(["WebFetch"], (FETCH,), lambda name: "wf")
