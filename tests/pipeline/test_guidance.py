"""A request with hints in each dialect, and without them the bytes that it always had.

Golden files in tests/golden/guidance, one a target: the wire body of REQUEST, with the family's text as `(hints)`.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.config.types import Config, RouterConfig, Target
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.gateway.types import Service
from ccrouter.model.json import Json, JsonObject
from ccrouter.pipeline.outbound import Outbound, prepare
from ccrouter.runtime import assemble
from tests.pipeline.guided import PROVIDERS

FOLDER = Path(__file__).parents[1] / "golden" / "guidance"
GOLDEN = sorted(FOLDER.glob("*.json"))
ALL = [Target(provider.name, provider.models[0]) for provider in PROVIDERS]
PLAIN = [target for target in ALL if target.provider in {"anthropic", "openrouter", "somewhere"}]
"""Claude, and a model of no known family."""

SCHEMA: JsonObject = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
BODY: JsonObject = {
    "model": "claude-sonnet-5",
    "max_tokens": 1000,
    "stream": True,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.332;"},
        {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
    ],
    "tools": [{"name": "Bash", "description": "Runs a command.", "input_schema": SCHEMA}],
    "messages": [{"role": "user", "content": "List the files."}],
}
CALL: JsonObject = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
NEXT: list[Json] = [
    {"role": "assistant", "content": [CALL]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.py"}]},
]


@pytest.fixture(scope="module")
def service() -> Service:
    made, problems = assemble(Config(PROVIDERS, RouterConfig()), {}, {})
    assert problems == []
    return made


def sent(service: Service, target: Target, *, guided: bool, body: JsonObject = BODY) -> Outbound:
    raw = orjson.dumps(body)
    request = decode_request(parse_body(raw).value)
    pipeline = service.pipeline(target, guided=guided)
    headers = {"x-ccr-hints": "on", "user-agent": "claude-cli/2.1.332", "x-claude-code-session-id": "s"}
    return prepare(pipeline, request, raw=raw, api_key="k", client_headers=headers)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(service: Service, path: Path) -> None:
    case: dict[str, Any] = orjson.loads(path.read_bytes())
    provider, _, model = case["target"].partition(",")
    target = Target(provider, model)
    guidance = service.pipeline(target, guided=True).guidance
    assert guidance is not None
    body = sent(service, target, guided=True).body.decode()
    text = orjson.dumps(guidance.text).decode()[1:-1]
    assert body.count(text) == 1
    assert orjson.loads(body.replace(text, "(hints)")) == case["wire"]


def test_there_is_a_golden_for_every_dialect() -> None:
    assert {path.stem for path in GOLDEN} == {target.provider for target in ALL if target not in PLAIN}


@pytest.mark.parametrize("target", PLAIN, ids=str)
def test_claude_and_unknown_models_have_one_pipeline_and_the_same_bytes(service: Service, target: Target) -> None:
    assert service.pipeline(target, guided=True) is service.pipeline(target)
    assert sent(service, target, guided=True) == sent(service, target, guided=False)


def test_relayed_bytes_are_untouched_but_for_the_model(service: Service) -> None:
    target = Target("anthropic", "claude-opus-4-8")
    expected = orjson.dumps({**BODY, "model": "claude-opus-4-8"})
    assert sent(service, target, guided=True).body == expected


@pytest.mark.parametrize("target", ALL, ids=str)
def test_off_there_is_no_hook(service: Service, target: Target) -> None:
    plain = service.pipeline(target)
    assert plain.guidance is None
    assert "guidance" not in [transformer.name for transformer in plain.request_hooks]
    assert b"Notes on the tools" not in sent(service, target, guided=False).body


@pytest.mark.parametrize("target", [target for target in ALL if target not in PLAIN], ids=str)
def test_on_it_is_as_if_the_client_had_put_the_text_at_the_end_of_its_prompt(service: Service, target: Target) -> None:
    guidance = service.pipeline(target, guided=True).guidance
    assert guidance is not None
    prompt = BODY["system"]
    assert isinstance(prompt, list)
    by_hand: JsonObject = {**BODY, "system": [*prompt, {"type": "text", "text": guidance.text}]}
    ours, theirs = sent(service, target, guided=True), sent(service, target, guided=False, body=by_hand)
    assert orjson.loads(ours.body) == orjson.loads(theirs.body)
    assert (ours.url, ours.headers) == (theirs.url, theirs.headers)


@pytest.mark.parametrize("target", ALL, ids=str)
def test_the_same_history_gives_the_same_bytes_and_one_more_turn_a_longer_prefix(
    service: Service, target: Target
) -> None:
    first = sent(service, target, guided=True).body
    assert sent(service, target, guided=True).body == first
    messages = BODY["messages"]
    assert isinstance(messages, list)
    longer = orjson.loads(sent(service, target, guided=True, body={**BODY, "messages": [*messages, *NEXT]}).body)
    shorter = orjson.loads(first)
    for name in ("messages", "contents", "input"):
        if name in shorter:
            assert longer[name][: len(shorter[name])] == shorter[name]
            longer[name] = shorter[name]
    assert longer == shorter


@pytest.mark.parametrize("target", ALL, ids=str)
def test_the_header_goes_nowhere(service: Service, target: Target) -> None:
    assert "x-ccr-hints" not in sent(service, target, guided=True).headers
