"""What the client is told."""

import orjson
import pytest

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail, RequestError, UpstreamError
from ccrouter.gateway.failures import answer_for, told_to_client
from ccrouter.gateway.turn import Failure, the_telling_one

TARGET = Target("deepseek", "deepseek-chat")
OTHER = Target("groq", "x")


def upstream(status: int, message: str = "words", retry_after: float | None = None) -> UpstreamError:
    return UpstreamError(ErrorDetail("some_type", message, status, retry_after=retry_after))


def test_the_wording_that_claude_code_recovers_by_stays_whole() -> None:
    wording = "prompt is too long: 219898 tokens > 200000 maximum"
    answer = answer_for(told_to_client(upstream(400, wording), TARGET), "req_1")
    assert orjson.loads(answer.body) == {
        "type": "error",
        "error": {"type": "some_type", "message": wording},
        "request_id": "req_1",
    }
    assert (answer.status, "x-should-retry" in answer.headers) == (400, False)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_provider_key_is_not_a_login_problem_of_the_clients(status: int) -> None:
    answer = answer_for(told_to_client(upstream(status, "Incorrect API key"), TARGET), "req_1")
    message = orjson.loads(answer.body)["error"]["message"]
    assert (answer.status, answer.headers["x-should-retry"]) == (502, "false")
    assert "'deepseek'" in message
    assert "Incorrect API key" in message


@pytest.mark.parametrize(("wait", "header"), [(0.2, "1"), (5.289, "6"), (None, None)])
def test_waits_are_whole_seconds(wait: float | None, header: str | None) -> None:
    answer = answer_for(told_to_client(upstream(429, retry_after=wait), TARGET), "req_1")
    assert (answer.status, answer.headers.get("retry-after")) == (429, header)
    assert "deepseek,deepseek-chat: words" in answer.body.decode()


def test_a_request_error_is_told_as_it_is() -> None:
    error = RequestError("model: Field required.")
    assert told_to_client(error, TARGET) is error
    assert answer_for(error, "r").status == 400


def test_a_fallbacks_refusal_does_not_hide_the_first_429() -> None:
    first, then = Failure(upstream(429), TARGET), Failure(upstream(400), OTHER)
    assert the_telling_one(first, then) is first
    assert the_telling_one(first, Failure(RequestError("no"), OTHER)) is first
    assert the_telling_one(first, Failure(upstream(500), OTHER)).target == OTHER
    assert the_telling_one(Failure(upstream(500), TARGET), then) is then
