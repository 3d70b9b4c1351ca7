"""What goes out: hooks in order, bytes untouched where they may be, the same bytes for the same history."""

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import RequestError
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Request
from ccrouter.pipeline.build import Pipeline, TransformerError, build_pipeline
from ccrouter.pipeline.outbound import Outbound, prepare, with_model
from ccrouter.runtime import DIALECTS
from ccrouter.transformers.anthropic import Anthropic
from ccrouter.transformers.base import Context, Transformer

RAW = b'{ "model" : "claude-x",\n"max_tokens":5, "messages":[{"role":"user","content":"h\\u00efi"}], "new_field": 1.0}'


class Mark(Transformer):
    """Writes down in the wire body that it was there."""

    name: ClassVar[str] = "mark"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        trail = body.get("trail")
        return {**body, "trail": [*(trail if isinstance(trail, list) else []), self.options["as"]]}


class Fails(Transformer):
    """Raises what its options say, where they say."""

    name: ClassVar[str] = "fails"

    def request(self, request: Request, context: Context) -> Request:
        if self.options.get("refuse"):
            raise RequestError("not with me")
        if self.options.get("at") == "request":
            raise ValueError("secret /path")
        return request

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        if self.options.get("at") == "wire":
            raise KeyError("k")
        return body


class InPlace(Transformer):
    """Changes whatever it finds, in place."""

    name: ClassVar[str] = "in place"

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        waiting: list[Any] = [body]
        while waiting:
            found = waiting.pop()
            if isinstance(found, dict):
                waiting += list(found.values())
                found["touched"] = True
            elif isinstance(found, list):
                waiting += found
        return body


def pipeline(
    dialect: Dialect, *use: TransformerUse, model_use: tuple[TransformerUse, ...] = (), **more: Any
) -> Pipeline:
    provider = ProviderConfig("p", "http://127.0.0.1:1/v1", use=use, model_use={"m": model_use}, **more)
    return build_pipeline(
        provider,
        "m",
        dialect=dialect,
        quirks=Quirks(),
        transformers={"mark": Mark, "fails": Fails, "in place": InPlace},
    )


def send(
    made: Pipeline, raw: bytes = RAW, key: str | None = "sk", headers: Mapping[str, str] | None = None
) -> Outbound:
    request = decode_request(parse_body(raw).value)
    return prepare(made, request, raw=raw, api_key=key, client_headers=headers or {})


def test_an_anthropic_upstream_gets_every_byte_but_the_model() -> None:
    assert send(pipeline(ANTHROPIC)).body == RAW.replace(b'"claude-x"', b'"m"')


def test_a_model_that_is_not_the_first_field_is_found_all_the_same() -> None:
    raw = b'{"max_tokens":5,"model":"x","messages":[]}'
    assert with_model(raw, "m") is None
    assert orjson.loads(send(pipeline(ANTHROPIC), raw).body) == {"max_tokens": 5, "model": "m", "messages": []}


def test_a_model_name_is_written_as_json() -> None:
    assert with_model(b'{"model":"a\\"b","x":"model"}', 'q"\\') == b'{"model":"q\\"\\\\","x":"model"}'


def test_foreign_state_does_not_pass() -> None:
    signature = seal(Envelope("deepseek", "reasoning_content"))
    messages = [
        {"role": "user", "content": "a"},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "t", "signature": signature}, {"type": "text", "text": "b"}],
        },
        {"role": "user", "content": "c"},
    ]
    raw = orjson.dumps({"model": "x", "messages": messages})
    outbound = send(pipeline(ANTHROPIC), raw)
    assert signature.encode() not in outbound.body
    assert outbound.context.notes.entries


def test_half_a_surrogate_pair_from_a_transformer_does_not_crash() -> None:
    body = send(pipeline(OPENAI_CHAT, TransformerUse("mark", {"as": "x\ud83d"}))).body
    assert orjson.loads(body)["trail"] == ["x�"]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_hook_that_changes_the_body_in_place_changes_this_requests_own_body_alone(dialect: Dialect) -> None:
    """The same messages and tools come again with the next request, as the very same objects."""
    body = {
        "model": "m",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "Bash", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "Bash", "input": {"a": {}}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "out"}]},
        ],
    }
    request = decode_request(parse_body(orjson.dumps(body)).value)

    def sent(made: Pipeline) -> bytes:
        return prepare(made, request, raw=None, api_key="sk", client_headers={}).body

    plain, changing = pipeline(dialect), pipeline(dialect, TransformerUse("in place"))
    before, first = sent(plain), sent(changing)
    assert b"touched" in first
    assert sent(changing) == first
    assert sent(plain) == before
    assert b"touched" not in before


def test_provider_chain_then_model_chain() -> None:
    chain = pipeline(
        OPENAI_CHAT,
        TransformerUse("mark", {"as": "provider 1"}),
        TransformerUse("mark", {"as": "provider 2"}),
        model_use=(TransformerUse("mark", {"as": "model"}),),
    )
    assert orjson.loads(send(chain).body)["trail"] == ["provider 1", "provider 2", "model"]


def test_hooks_that_a_class_does_not_override_are_not_there() -> None:
    chain = pipeline(OPENAI_CHAT, TransformerUse("mark", {"as": "x"}))
    assert (len(chain.wire_hooks), chain.request_hooks, chain.event_hooks, chain.wire_reply_hooks) == (1, (), (), ())


@pytest.mark.parametrize("at", ["request", "wire"])
def test_a_failing_hook_is_named(at: str) -> None:
    with pytest.raises(TransformerError, match="'fails' failed on the"):
        send(pipeline(OPENAI_CHAT, TransformerUse("fails", {"at": at})))


def test_a_hook_may_refuse_a_request() -> None:
    with pytest.raises(RequestError, match="not with me"):
        send(pipeline(OPENAI_CHAT, TransformerUse("fails", {"refuse": True})))


def test_only_an_anthropic_upstream_sees_the_clients_headers_and_never_its_credentials() -> None:
    client = {
        "anthropic-beta": "b",
        "user-agent": "claude-cli",
        "x-claude-code-session-id": "s",
        "authorization": "Bearer client",
        "x-api-key": "client",
        "cookie": "c",
        "host": "h",
    }
    headers = send(pipeline(ANTHROPIC), headers=client).headers
    assert {"anthropic-beta", "user-agent", "x-claude-code-session-id"} <= set(headers)
    assert "client" not in repr(headers)
    assert not {"cookie", "host"} & set(headers)
    other = send(pipeline(OPENAI_CHAT), headers=client).headers
    assert not set(client) - {"authorization"} & set(other)
    assert other["authorization"] == "Bearer sk"


def test_a_key_as_bearer_alone() -> None:
    provider = ProviderConfig("p", "https://relay.test", use=(TransformerUse("Anthropic", {"UseBearer": True}),))
    made = build_pipeline(provider, "m", dialect=ANTHROPIC, quirks=Quirks(), transformers={"Anthropic": Anthropic})
    headers = send(made, key="k").headers
    assert headers["authorization"] == "Bearer k"
    assert "x-api-key" not in headers
    assert send(made).body == RAW.replace(b'"claude-x"', b'"m"')


def test_a_transformer_that_cannot_be_made_is_named() -> None:
    class Unmakable(Transformer):
        def __init__(self, options: Any = None) -> None:
            raise KeyError("needed")

    provider = ProviderConfig("p", "https://relay.test", use=(TransformerUse("mine"),))
    with pytest.raises(TransformerError, match="'mine' failed on its options: KeyError"):
        build_pipeline(provider, "m", dialect=OPENAI_CHAT, quirks=Quirks(), transformers={"mine": Unmakable})


def test_the_providers_headers_are_sent_as_given() -> None:
    assert send(pipeline(OPENAI_CHAT, headers={"x-title": "mine"})).headers["x-title"] == "mine"


@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT], ids=lambda dialect: dialect.name)
def test_the_same_history_gives_the_same_bytes_and_one_more_turn_extends_them(dialect: Dialect) -> None:
    """Rule 7: what the provider's prompt cache lives on."""
    turns: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "look"}]},
        {"role": "system", "content": "an agent list"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I will"},
                {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls", "b": 1}},
                {"type": "tool_use", "id": "t2", "name": "Read", "input": {"file": "x"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "a\nb"},
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "is_error": True,
                    "content": [{"type": "text", "text": "no"}],
                },
                {"type": "text", "text": "<system-reminder>x</system-reminder>"},
            ],
        },
        {"role": "system", "content": "123 tokens left"},
        {"role": "assistant", "content": [{"type": "text", "text": "done"}]},
        {"role": "user", "content": "thanks"},
    ]
    sent: list[bytes] = []
    for end in (2, 5, 7):  # where Claude Code's requests end: system messages come with the turn before them
        raw = orjson.dumps({"model": "x", "max_tokens": 9, "messages": turns[:end], "system": "s"})
        assert send(pipeline(dialect), raw).body == send(pipeline(dialect), raw).body
        sent.append(orjson.dumps(orjson.loads(send(pipeline(dialect), raw).body)["messages"]))
    for shorter, longer in itertools.pairwise(sent):
        assert longer.startswith(shorter.removesuffix(b"]") + b",")
