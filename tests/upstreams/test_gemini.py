"""The scripted upstream over HTTP, read by our own decoder, and by hand."""

from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from tests.conformance.compare import decode_stream, outcome
from tests.upstreams.gemini import LINKS, GeminiUpstream
from tests.upstreams.replies import Call, Failure, Reply, Spent, text

HI: Any = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
MODEL = "gemini-3.1-pro-preview"


def post(
    upstream: GeminiUpstream, body: Any, *, stream: bool = True, model: str = MODEL, query: str = "", key: str = ""
) -> tuple[int, bytes]:
    url = GEMINI.url(upstream.base_url, model=model, stream=stream) + query
    headers = GEMINI.headers(key or upstream.api_key, url=url)
    try:
        with urlopen(Request(url, orjson.dumps(body), headers)) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def test_a_stream_and_a_whole_answer_mean_the_same() -> None:
    calls = (Call("Bash", {"command": "ls"}, "a"), Call("Read", {"file_path": "/x"}, "b"))
    reply = Reply(reasoning=("Hm",), text=("Let ", "me see"), calls=calls, spent=Spent(100, 20, 40, 5))
    with GeminiUpstream(lambda body: reply) as upstream:
        context = ReplyContext("up", MODEL)
        status, streamed = post(upstream, HI)
        assert status == 200
        got = outcome(decode_stream(GEMINI.decoder(context), streamed, 7))
        assert (got.text, got.reasoning, got.stop_reason) == ("Let me see", "Hm", "tool_use")
        assert [(id_, name) for id_, name, _ in got.tool_calls] == [("a-1", "Bash"), ("b-1", "Read")]
        assert (got.usage.input, got.usage.output, got.usage.cache_read) == (60, 20, 40)
        _, whole = post(upstream, HI, stream=False)
        again = outcome(GEMINI.decoder(context).whole(whole))
        assert [name for _, name, _ in again.tool_calls] == ["Bash", "Read"]
        assert (again.text, again.reasoning, again.usage) == (got.text, got.reasoning, got.usage)
        assert not upstream.refusals
        assert [request.outcome for request in upstream.requests] == ["answered", "answered"]
        assert upstream.requests[0].headers["x-goog-api-key"] == "goog-upstream"


def test_a_search_is_grounded() -> None:
    with GeminiUpstream(lambda body: text("Found.")) as upstream:
        _, body = post(upstream, {**HI, "tools": [{"googleSearch": {}}]}, stream=False)
        chunks = orjson.loads(body)["candidates"][0]["groundingMetadata"]["groundingChunks"]
        assert [(entry["web"]["uri"], entry["web"]["title"]) for entry in chunks] == list(LINKS)


@pytest.mark.parametrize("model", ["gemini-2.5-flash", MODEL])
def test_ids_are_given_by_the_newest_models_only(model: str) -> None:
    with GeminiUpstream(lambda body: Reply(calls=(Call("Bash", {}),))) as upstream:
        _, body = post(upstream, HI, stream=False, model=model)
        part = orjson.loads(body)["candidates"][0]["content"]["parts"][0]
        assert ("id" in part["functionCall"]) == (model == MODEL)
        assert part["thoughtSignature"] in upstream.issued.signatures


def test_refusals_are_googles_and_recorded() -> None:
    with GeminiUpstream(models=frozenset({MODEL})) as upstream:
        refused = [
            post(upstream, {**HI, "stream": True}),
            post(upstream, HI, query="&key=secret"),
            post(upstream, HI, key="wrong"),
            post(upstream, HI, model="gemini-9"),
        ]
        assert [status for status, _ in refused] == [400, 400, 400, 404]
        errors = [GEMINI.error(status, {}, body) for status, body in refused]
        assert 'Unknown name "stream"' in errors[0].detail.message
        assert errors[2].detail.status == 401
        assert len(upstream.refusals) == 4


def test_failures_and_cuts_come_as_scripted() -> None:
    with GeminiUpstream(lambda body: Failure(503, "The model is overloaded.")) as upstream:
        status, body = post(upstream, HI)
        assert GEMINI.error(status, {}, body).detail.type == "overloaded_error"
        upstream.begin(lambda body: Reply(text=("a", "b"), cut_after=1))
        _, body = post(upstream, HI)
        got = outcome(decode_stream(GEMINI.decoder(ReplyContext("up", MODEL)), body, None))
        assert (got.text, got.stop_reason) == ("a", None)
        upstream.begin(lambda body: Reply(text=("one STOP two",)))
        asked = {**HI, "generationConfig": {"stopSequences": ["STOP"]}}
        _, body = post(upstream, asked)
        assert outcome(decode_stream(GEMINI.decoder(ReplyContext("up", MODEL)), body, None)).text == "one "
