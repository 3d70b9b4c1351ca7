"""What is mended in every converted reply, whichever dialect it came in, before transformers see it.

Models break tool arguments, write calls and reasoning into their text, and their servers repeat ids (`Quirks` says
which). What a request cannot suffer from is not looked for: no filter is in the chain without need.
"""

from collections.abc import Container, Iterator, Mapping

from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import PLACEHOLDER, callable_tools
from ccrouter.model.events import Event, TextDelta, ThinkingDelta, ToolInputDelta
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Request
from ccrouter.model.runs import DeltaRun
from ccrouter.transformers.argument_repair import ArgumentRepair
from ccrouter.transformers.base import Context
from ccrouter.transformers.leaked_calls import LeakedCalls
from ccrouter.transformers.leaked_forms import FORMS
from ccrouter.transformers.tag_splitter import THINK_TAGS, TagSplitter
from ccrouter.transformers.tool_ids import UniqueIds


def relays_untouched(quirks: Quirks) -> bool:
    """True when a reply of Anthropic's own protocol has nothing to be mended: only what a config asks for counts."""
    return not quirks.leaked_tool_calls and not _splits(quirks) and quirks.repair_arguments != "schema"


def mending(quirks: Quirks, context: Context, used_ids: Container[str]) -> "Mending | None":
    """The filter for one reply; None when nothing in it can need mending. `used_ids`: see `HistoryIds`."""
    own = context.dialect in ANTHROPIC_REPLIES
    leaks = splitter = repair = ids = None
    if quirks.think_tags != "never" and (not own or _splits(quirks)):
        tags = THINK_TAGS if quirks.think_tags == "start" else THINK_TAGS[:1]
        splitter = TagSplitter(tags, context.provider, where=quirks.think_tags)
    if context.request.tools and may_call(context.request):
        schemas = OfferedSchemas(context.request)
        if quirks.leaked_tool_calls:
            forms = [form for name, form in FORMS.items() if name in quirks.leaked_tool_calls]
            leaks = LeakedCalls(forms, schemas, context.notes)
        if quirks.repair_arguments == "schema" or (quirks.repair_arguments == "syntax" and not own):
            repair = ArgumentRepair(schemas, quirks.repair_arguments)
        if not own:  # Anthropic's safety review goes by the ids: they are never rewritten
            ids = UniqueIds(used_ids)
    if leaks is None and splitter is None and repair is None and ids is None:
        return None
    return Mending(leaks, splitter, repair, ids)


def _splits(quirks: Quirks) -> bool:
    return quirks.think_tags in ("anywhere", "implicit")


def may_call(request: Request) -> bool:
    """True where there is a tool that the model may call and the client runs."""
    if any(tool.type is None and not tool.deferred and tool.name != PLACEHOLDER for tool in request.tools or ()):
        return True  # the first one, nearly always
    return any(not tool.is_server_tool for tool in callable_tools(request))


class OfferedSchemas(Mapping[str, JsonObject]):
    """Of the tools that the model may call, by name. They are gathered when the first call comes."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._schemas: dict[str, JsonObject] | None = None

    def _gathered(self) -> dict[str, JsonObject]:
        if self._schemas is None:
            tools = callable_tools(self._request)
            self._schemas = {tool.name: tool.input_schema or {} for tool in tools if not tool.is_server_tool}
        return self._schemas

    def __getitem__(self, name: str) -> JsonObject:
        return self._gathered()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._gathered())

    def __len__(self) -> int:
        return len(self._gathered())


class Mending:
    """The menders of one reply, leaked calls first: a call inside of `<think>` ends it.

    While none of the others waits for text, tokens take a short way.
    """

    def __init__(
        self,
        leaks: LeakedCalls | None,
        splitter: TagSplitter | None,
        repair: ArgumentRepair | None,
        ids: UniqueIds | None,
    ) -> None:
        self._leaks = leaks
        self._splitter = splitter
        self._repair = repair
        self._menders = [mender for mender in (splitter, repair, ids) if mender is not None]
        self._idle = splitter is None
        """None of them has anything to do until a call comes."""

    @property
    def idle(self) -> bool:
        """True while text and reasoning go on as they are, until the next batch."""
        return self._idle and self._leaks is None

    def passes(self, run: DeltaRun) -> bool:
        """Take in a run that goes on as it is; False, and nothing taken in, where something may have to be mended."""
        if self._leaks is not None or not (self._idle or self._lets_pass(run)):
            return False
        return run.kind is not ToolInputDelta or self._repair is None or self._repair.passes(run.texts)

    def _lets_pass(self, run: DeltaRun) -> bool:
        """True where those that are not idle wait for something else."""
        if self._repair is not None and not self._repair.idle:
            return False
        return self._splitter is None or self._splitter.lets_pass(run)

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        if self._leaks is not None:
            batch = self._leaks(batch)
        if self._idle and len(batch) == 1:
            kind = type(batch[0])
            if kind is TextDelta or kind is ThinkingDelta:
                return batch
            if kind is ToolInputDelta:
                return batch if self._repair is None else self._repair(batch)
        for mender in self._menders:
            batch = mender(batch)
        self._idle = (self._splitter is None or self._splitter.idle) and (self._repair is None or self._repair.idle)
        return batch
