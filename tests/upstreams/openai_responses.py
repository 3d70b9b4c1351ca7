"""A strict, scripted Responses upstream: refuses what OpenAI refuses, answers what the test says, records all.

with OpenAIResponsesUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.endpoint
    assert not upstream.refusals
    assert upstream.requests[0].body["model"] == "gpt-5.2"

Reasoning comes as items with a summary and a seal; given back with another id, with another seal or without the item
that followed it, it is refused. Nothing is remembered between requests.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aiohttp import web

from ccrouter.model.json import JsonObject, as_list, as_object, as_str
from tests.upstreams import scripted
from tests.upstreams.openai import OpenAIUpstream
from tests.upstreams.openai_responses_reply import Manner, pieces, whole
from tests.upstreams.openai_responses_rules import Strictness, refusal
from tests.upstreams.openai_rules import RefusedError
from tests.upstreams.replies import Reply
from tests.upstreams.scripted import Script, texts

__all__ = ["OpenAIResponsesUpstream", "Recorded", "Script"]

PATHS = ("/v1/responses", "/openai/v1/responses", "/openai/responses")
TEXTS = frozenset({"content", "text", "output", "summary"})


@dataclass(slots=True)
class Recorded(scripted.Recorded):
    """One request."""

    @property
    def items(self) -> list[JsonObject]:
        return [item for entry in as_list(self.body.get("input")) or [] if (item := as_object(entry))]

    def of_type(self, kind: str) -> list[JsonObject]:
        """The input items of one type."""
        return [item for item in self.items if item.get("type") == kind]

    @property
    def tool_names(self) -> list[str]:
        """Names of the functions that were offered, in order; other tools by their type."""
        tools = [as_object(tool) or {} for tool in as_list(self.body.get("tools")) or []]
        return [as_str(tool.get("name")) or str(tool.get("type")) for tool in tools]

    @property
    def text(self) -> str:
        """The instructions and all text of all items, for `in` assertions."""
        return "\n".join([as_str(self.body.get("instructions")) or "", *texts(self.body.get("input"), TEXTS)])


@dataclass
class OpenAIResponsesUpstream(OpenAIUpstream[Recorded]):
    """See OpenAIUpstream. `manner` is how answers are told."""

    ENDPOINTS = PATHS

    strictness: Strictness = field(default_factory=Strictness)
    manner: Manner = field(default_factory=Manner)

    def _record(self, request: web.Request, raw: bytes, body: JsonObject) -> Recorded:
        return Recorded.of(request, raw, body, next(self._numbers))

    def _gives(self, record: Recorded, key: str) -> bool:
        given = record.headers.get("api-key") or record.headers.get("authorization", "").removeprefix("Bearer ")
        return given == key

    def _invalid(self, body: JsonObject) -> RefusedError | None:
        return refusal(body, self.strictness)

    def _whole(self, record: Recorded, reply: Reply) -> JsonObject:
        return whole(record.body, reply, record.number, self.manner)

    def _pieces(self, record: Recorded, reply: Reply) -> Iterable[bytes]:
        return pieces(record.body, reply, record.number, self.manner)
