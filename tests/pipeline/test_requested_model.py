"""The client's own name for the model comes back to it, whatever the upstream calls itself.

Claude Code 2.1.197 drops the thinking of messages whose model is not the one it asks for (measured end to end).
"""

import re
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.transformers.base import Context
from tests.upstreams import anthropic, openai_chat
from tests.upstreams.replies import Call
from tests.upstreams.replies import Reply as Scripted

SCRIPTED = Scripted(text=('"model":"up" ',), calls=(Call("Bash", {"model": "up"}),))
"""The upstream's name also stands in the content, where it must stay."""
UP: JsonObject = {"model": "up", "stream_options": {"include_usage": True}}
WIRES: dict[tuple[str, bool], bytes] = {
    ("anthropic", True): b"".join(anthropic.pieces(UP, SCRIPTED)),
    ("anthropic", False): orjson.dumps(anthropic.whole(UP, SCRIPTED)),
    ("openai_chat", True): b"".join(openai_chat.pieces(UP, SCRIPTED)),
    ("openai_chat", False): orjson.dumps(openai_chat.whole(UP, SCRIPTED)),
}


def reply(dialect: Dialect, requested: str | None, *, streamed: bool) -> Reply:
    provider = ProviderConfig("p", "http://127.0.0.1:1")
    pipeline = build_pipeline(provider, "up", dialect=dialect, quirks=Quirks(), transformers={})
    request = Request(model="strict,up", stream=streamed, messages=())
    context = Context("p", "up", dialect.name, Quirks(), request, Notes())
    return Reply(pipeline, context, ReplyDefaults("msg_1", "up", requested_model=requested), streamed=streamed)


def passed(to: Reply, wire: bytes, size: int) -> bytes:
    out = b"".join(to.feed(wire[start : start + size]) for start in range(0, len(wire), size))
    return out + to.end()


def message(out: bytes, *, streamed: bool) -> Any:
    return orjson.loads(out.split(b"data: ")[1].splitlines()[0])["message"] if streamed else orjson.loads(out)


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("upstream_streams", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT], ids=["anthropic", "openai_chat"])
def test_the_reply_carries_the_requested_name(
    dialect: Dialect, streamed: bool, upstream_streams: bool, size: int
) -> None:
    wire = WIRES[dialect.name, upstream_streams]
    out = passed(reply(dialect, "strict,up", streamed=streamed), wire, size)
    assert message(out, streamed=streamed)["model"] == "strict,up"
    assert out.count(b"strict,up") == 1


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("requested", ["up", "strict,up", None])
def test_a_relayed_reply_changes_in_nothing_else(requested: str | None, streamed: bool, size: int) -> None:
    wire = WIRES["anthropic", streamed]
    out = passed(reply(ANTHROPIC, requested, streamed=streamed), wire, size)
    assert out == (re.sub(b'"model":"up"', b'"model":"strict,up"', wire, count=1) if requested == "strict,up" else wire)


@pytest.mark.parametrize("streamed", [True, False])
def test_only_anthropics_own_message_ids_are_kept(streamed: bool) -> None:
    """Claude Code joins messages of one id, and the ids of others repeat."""
    theirs = b"".join(openai_chat.pieces(UP, SCRIPTED, 9))
    assert message(passed(reply(OPENAI_CHAT, None, streamed=streamed), theirs, 7), streamed=streamed)["id"] == "msg_1"
    # Whole where a stream was asked for, or the other way round: converted, not relayed.
    whole = orjson.dumps(anthropic.whole(UP, SCRIPTED, 9))
    wire = whole if streamed else b"".join(anthropic.pieces(UP, SCRIPTED, 9))
    assert message(passed(reply(ANTHROPIC, None, streamed=streamed), wire, 7), streamed=streamed)["id"] == "msg_9"
