"""What is mended in every converted reply, whichever dialect it came in, before transformers see it.

Models break tool arguments, write calls and reasoning into their text, and their servers repeat ids (`Quirks` says
which). What a request cannot suffer from is not looked for: no filter is in the chain without need.
"""

from collections.abc import Container
from typing import Protocol

from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import callable_tools
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


class Mender(Protocol):
    """An event filter that knows when there is nothing to do for it."""

    @property
    def idle(self) -> bool:
        """True when text and thinking pass through as they are."""
        ...

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        ...


def relays_untouched(quirks: Quirks) -> bool:
    """True when a reply of Anthropic's own protocol has nothing to be mended: only what a config asks for counts."""
    return not quirks.leaked_tool_calls and not _splits(quirks) and quirks.repair_arguments != "schema"


def mending(quirks: Quirks, context: Context, used_ids: Container[str]) -> "Mending | None":
    """The filter for one reply; None when nothing in it can need mending. `used_ids`: see `HistoryIds`."""
    own = context.dialect in ANTHROPIC_REPLIES
    schemas = _schemas(context.request)
    leaks = None
    if schemas and quirks.leaked_tool_calls:
        forms = [form for name, form in FORMS.items() if name in quirks.leaked_tool_calls]
        leaks = LeakedCalls(forms, schemas, context.notes)
    menders: list[Mender] = []
    if quirks.think_tags != "never" and (_splits(quirks) or not own):
        tags = THINK_TAGS if quirks.think_tags == "start" else THINK_TAGS[:1]
        menders.append(TagSplitter(tags, context.provider, where=quirks.think_tags))
    if schemas and (quirks.repair_arguments == "schema" or (quirks.repair_arguments == "syntax" and not own)):
        menders.append(ArgumentRepair(schemas, quirks.repair_arguments))
    if schemas and not own:  # Anthropic's safety review goes by the ids: they are never rewritten
        menders.append(UniqueIds(used_ids))
    return Mending(leaks, menders) if leaks is not None or menders else None


def _splits(quirks: Quirks) -> bool:
    return quirks.think_tags in ("anywhere", "implicit")


def _schemas(request: Request) -> dict[str, JsonObject]:
    """The tools that the model may call, by name."""
    if not request.tools:
        return {}
    return {tool.name: tool.input_schema or {} for tool in callable_tools(request) if not tool.is_server_tool}


class Mending:
    """The menders of one reply, leaked calls first: a call inside of `<think>` ends it.

    While none of the others waits for text, tokens take a short way.
    """

    def __init__(self, leaks: LeakedCalls | None, menders: list[Mender]) -> None:
        self._leaks = leaks
        self._menders = menders
        self._repair = next((mender for mender in menders if isinstance(mender, ArgumentRepair)), None)
        self._splitter = next((mender for mender in menders if isinstance(mender, TagSplitter)), None)
        self._idle = all(mender.idle for mender in menders)

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
        idle = True
        for mender in self._menders:
            batch = mender(batch)
            idle = idle and mender.idle
        self._idle = idle
        return batch
