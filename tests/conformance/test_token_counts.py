"""Our counts against the recorded usage of the recordings' request and reply pairs, before and after calibration.

Run with `-s` for the table. What the recordings can show is limited: nearly all prompts have 10 to 700 tokens, where a
template of the provider's own is most of the error, and hardly a model has two pairs: "after" is the same prompt
once its own answer was learned from (prompts under 64 tokens teach nothing). How counts of growing conversations behave
is shown with another tokenizer in `tests/server/test_count_tokens.py`, and measured in docs/decisions (0013).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import orjson
import pytest

from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.client_apis.openai_responses import RESPONSES_API
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.request import Request
from ccrouter.tokens import UNKNOWN, Calibration, PromptTokens, TokenCounter
from ccrouter.tokens.calibration import learned
from tests.conformance.compare import RECORDINGS


@dataclass(frozen=True)
class Pair:
    """A request and what its reply says it was."""

    provider: str
    file: str
    prompt: PromptTokens
    true: int

    def error(self, calibration: Calibration) -> float:
        """In per cent of the truth."""
        return (calibration.tokens(self.prompt) / self.true - 1) * 100

    @property
    def teaches(self) -> bool:
        return learned(UNKNOWN, self.prompt, self.true).answers == 1


def from_gemini(body: JsonObject) -> Request:
    """Texts, calls and pictures of a Gemini request: enough to count it."""
    messages: list[Json] = []
    for content in map(as_object, as_list(body.get("contents")) or ()):
        blocks: list[Json] = [
            gemini_block(part) for part in map(as_object, as_list((content or {}).get("parts")) or ()) if part
        ]
        role = "assistant" if (content or {}).get("role") == "model" else "user"
        messages.append({"role": role, "content": blocks})
    system = as_object(body.get("systemInstruction") or body.get("system_instruction")) or {}
    texts: list[Json] = [gemini_block(part) for part in map(as_object, as_list(system.get("parts")) or ()) if part]
    tools: list[Json] = []
    for tool in map(as_object, as_list(body.get("tools")) or ()):
        for declared in map(as_object, as_list((tool or {}).get("functionDeclarations")) or ()):
            found = declared or {}
            schema = found.get("parameters") or found.get("parametersJsonSchema") or {}
            tools.append({"name": found.get("name"), "description": found.get("description"), "input_schema": schema})
    return decode_request({"model": "m", "messages": messages, "system": texts, "tools": tools})


def gemini_block(part: JsonObject) -> JsonObject:
    data = as_object(part.get("inlineData") or part.get("inline_data"))
    if data is not None:
        return {"type": "image", "source": {"type": "base64", "data": data.get("data")}}
    call = as_object(part.get("functionCall") or part.get("function_call"))
    if call is not None:
        return {"type": "tool_use", "id": "t", "name": call.get("name"), "input": call.get("args") or {}}
    response = as_object(part.get("functionResponse") or part.get("function_response"))
    if response is not None:
        content = orjson.dumps(response.get("response")).decode()
        return {"type": "tool_result", "tool_use_id": "t", "content": content}
    return {"type": "text", "text": as_str(part.get("text")) or ""}


DECODERS: dict[str, Callable[[JsonObject], Request]] = {
    "anthropic": decode_request,
    "openai-chat": lambda body: CHAT_API.decode(body).request,
    "openai-responses": lambda body: RESPONSES_API.decode(body).request,
    "gemini": from_gemini,
}


PROMPT_FIELDS = frozenset({"messages", "system", "tools", "input", "instructions", "contents", "systemInstruction"})
"""The rest is settings, some of them of one provider alone."""


def runs_tools_itself(body: JsonObject) -> bool:
    """Whether the provider adds to the prompt what its own tools find: nobody can count that beforehand."""
    for tool in map(as_object, as_list(body.get("tools")) or ()):
        kind = as_str((tool or {}).get("type"))
        own = kind not in {None, "function", "custom"}
        if tool is not None and (own or (kind is None and not tool.keys() & {"name", "functionDeclarations"})):
            return True
    return bool(body.get("mcp_servers") or body.get("plugins"))


def read_pairs() -> Iterator[Pair]:
    counter = TokenCounter()
    for entry in map(as_object, as_list(orjson.loads(RECORDINGS.joinpath("INDEX.json").read_bytes())) or ()):
        assert entry is not None
        usage = as_object((as_object(entry.get("expected")) or {}).get("usage")) or {}
        true, file = as_int(usage.get("input_tokens_total")), as_str(entry.get("request_file"))
        if not true or file is None:
            continue
        body = as_object(orjson.loads(RECORDINGS.joinpath(file).read_bytes()))
        assert body is not None
        if runs_tools_itself(body):
            continue
        body = {"model": "m", **{name: value for name, value in body.items() if name in PROMPT_FIELDS}}
        wire_format = as_str(entry.get("wire_format")) or ""
        provider = (as_str(entry.get("provider")) or "").split(" (")[0].split(" / ")[0]
        try:
            request = DECODERS[wire_format](body)
        except RequestError as error:
            print(f"left out: {file}: {error}")
            continue
        yield Pair(provider, file, counter.parts(request), true)


@pytest.mark.skipif(not RECORDINGS.joinpath("INDEX.json").exists(), reason=f"no recordings at {RECORDINGS}")
def test_the_error_by_provider_before_and_after():
    by_provider: dict[str, list[Pair]] = defaultdict(list)
    for pair in read_pairs():
        by_provider[pair.provider].append(pair)
    before: list[float] = []
    own: list[float] = []
    print(f"\n{'provider':26} {'pairs':>5} {'teach':>5} {'true':>11}   median error: before, after")
    for provider, pairs in sorted(by_provider.items()):
        teaching = [pair for pair in pairs if pair.teaches]
        was = [abs(pair.error(UNKNOWN)) for pair in pairs]
        same = [abs(pair.error(learned(UNKNOWN, pair.prompt, pair.true))) for pair in teaching]
        before += was
        own += same
        sizes = f"{min(pair.true for pair in pairs)}-{max(pair.true for pair in pairs)}"
        print(f"{provider:26} {len(pairs):5} {len(teaching):5} {sizes:>11}   {percent(was)} {percent(same)}")
    print(f"{'all':26} {len(before):5} {len(own):5} {'':11}   {percent(before)} {percent(own)}")
    assert len(before) >= 40
    assert median(before) < 40
    assert len(own) >= 15
    assert max(own) < 5, "within 5 % after one answer"


def percent(errors: list[float]) -> str:
    return f"{median(errors):6.1f} %" if errors else "       -"
