"""`tooluse`: make a model that would rather talk use its tools ("tool mode").

Every turn must call a tool, and one more tool, `ExitTool(response)`, is the way to answer in words. Its call becomes
text again before the client sees it.
"""

from dataclasses import replace

import orjson

from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.model.events import (
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    TextBlock,
    TextDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.json import as_object
from ccrouter.model.request import Request, Tool, ToolChoice
from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.json_field import StringFieldReader
from ccrouter.transformers.json_repair import repair
from ccrouter.transformers.system_prompt import with_instruction

INSTRUCTION = """<system-reminder>
Tool mode is active. In each turn call the tool that brings the task forward best; don't describe a step that a tool \
can take. When the task is done, or no tool on offer fits, call ExitTool and put your whole answer to the user into \
its `response`. ExitTool ends the turn: call it alone, and never before the work is finished.
</system-reminder>"""

EXIT_TOOL = Tool(
    name="ExitTool",
    description=(
        "Leave tool mode and answer the user. Call it when the task is done or when no other tool fits; "
        "never in place of a tool that could still make progress."
    ),
    input_schema={
        "type": "object",
        "properties": {"response": {"type": "string", "description": "The answer, shown to the user as it is."}},
        "required": ["response"],
    },
)


class ToolUse(Transformer):
    """Adds the instruction, the extra tool and `tool_choice: required`, and turns an ExitTool call back into text.

    Leaves a request alone that offers no callable tool, that already says which tool to call or none, or that has a
    tool of that name. Where the upstream takes no `required` the dialect sends auto (`Quirks.tool_choice_required`).
    """

    name = "tooluse"

    def request(self, request: Request, context: Context) -> Request:
        """Put the request into tool mode."""
        tools = request.tools or ()
        choice = request.tool_choice
        callable_tools = [tool for tool in tools if not tool.is_server_tool and not tool.deferred]
        if not callable_tools or any(tool.name == EXIT_TOOL.name for tool in tools):
            return request
        if choice is not None and choice.type != "auto":
            return request
        thinking = request.thinking is not None and request.thinking.type != "disabled"
        if not (context.dialect in ANTHROPIC_REPLIES and thinking):  # Anthropic refuses to force tools while thinking
            choice = ToolChoice("any", extras=choice.extras if choice else {})
        return replace(with_instruction(request, INSTRUCTION), tools=(*tools, EXIT_TOOL), tool_choice=choice)

    def events(self, context: Context) -> EventFilter | None:
        """Turn ExitTool calls into text; None when the request was left alone."""
        return _ExitCalls() if EXIT_TOOL in (context.request.tools or ()) else None


class _ExitCalls:
    def __init__(self) -> None:
        self._key: BlockKey | None = None  # of the ExitTool call that is open
        self._reader = StringFieldReader("response")
        self._raw: list[str] = []
        self._text_open = False
        self._exited = False
        self._other_calls = False

    def __call__(self, batch: list[Event]) -> list[Event]:
        out: list[Event] = []
        for event in batch:
            self._see(event, out)
        return out

    def _see(self, event: Event, out: list[Event]) -> None:
        match event:
            case BlockStart(key, ToolUseBlock(name=EXIT_TOOL.name)):
                self._key, self._exited, self._text_open = key, True, False
                self._reader, self._raw = StringFieldReader("response"), []
            case ToolInputDelta() if self._key is not None:
                self._raw.append(event.json)
                self._emit(self._reader.feed(event.json), out)
            case BlockStop() if self._key is not None:
                self._stop(event, out)
            case Failed() if self._key is not None:
                self._unread(out)
                out.append(event)
            case Finish() if event.stop_reason == "tool_use" and self._exited and not self._other_calls:
                out.append(replace(event, stop_reason="end_turn"))
            case _:
                if isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock):
                    self._other_calls = True
                out.append(event)

    def _emit(self, text: str, out: list[Event]) -> None:
        if not text or self._key is None:
            return
        if not self._text_open:
            out.append(BlockStart(self._key, TextBlock()))
            self._text_open = True
        out.append(TextDelta(self._key, text))

    def _unread(self, out: list[Event]) -> None:
        """Where no `response` string came, give out what did come."""
        if not self._reader.found:
            self._emit(answer_in("".join(self._raw)), out)

    def _stop(self, event: BlockStop, out: list[Event]) -> None:
        self._unread(out)
        if self._text_open:
            out.append(event)
        self._key = None


def answer_in(raw: str) -> str:
    """What the model wanted to say with ExitTool arguments that hold no plain `response` string.

    Mended JSON's `response`, else its only string, else the arguments as they came: an answer is never thrown away.
    """
    repaired = repair(raw)
    if repaired is None:
        return raw.strip()
    if isinstance(repaired.value, str):
        inner = repair(repaired.value)
        return answer_in(repaired.value) if inner is not None and as_object(inner.value) else repaired.value
    arguments = as_object(repaired.value)
    if not arguments:
        return ""
    if "response" in arguments:
        response = arguments["response"]
        return response if isinstance(response, str) else orjson.dumps(response).decode()
    texts = [value for value in arguments.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else raw.strip()
