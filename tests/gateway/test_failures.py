"""What the client is told."""

import orjson
import pytest

from ccrouter.client_apis.anthropic import MESSAGES_API
from ccrouter.config.types import Target
from ccrouter.errors import SETTINGS_AT_FAULT, ErrorDetail, RequestError, UpstreamError, upstream_failure
from ccrouter.gateway.failures import answer_for, told_to_client
from ccrouter.gateway.telling import Failure, the_telling_one

TARGET = Target("deepseek", "deepseek-chat")
OTHER = Target("groq", "x")


def upstream(status: int, message: str = "words", retry_after: float | None = None) -> UpstreamError:
    return UpstreamError(ErrorDetail("some_type", message, status, retry_after=retry_after))


def test_the_wording_that_claude_code_recovers_by_stays_whole() -> None:
    wording = "prompt is too long: 219898 tokens > 200000 maximum"
    answer = answer_for(told_to_client(upstream(400, wording), TARGET), "req_1", MESSAGES_API)
    assert orjson.loads(answer.body) == {
        "type": "error",
        "error": {"type": "some_type", "message": wording},
        "request_id": "req_1",
    }
    assert (answer.status, "x-should-retry" in answer.headers) == (400, False)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_provider_key_is_not_a_login_problem_of_the_clients(status: int) -> None:
    answer = answer_for(told_to_client(upstream(status, "Incorrect API key"), TARGET), "req_1", MESSAGES_API)
    message = orjson.loads(answer.body)["error"]["message"]
    assert (answer.status, answer.headers["x-should-retry"]) == (502, "false")
    assert "'deepseek'" in message
    assert "Incorrect API key" in message


@pytest.mark.parametrize(("wait", "header"), [(0.2, "1"), (5.289, "6"), (None, None)])
def test_waits_are_whole_seconds(wait: float | None, header: str | None) -> None:
    answer = answer_for(told_to_client(upstream(429, retry_after=wait), TARGET), "req_1", MESSAGES_API)
    assert (answer.status, answer.headers.get("retry-after")) == (429, header)
    assert "deepseek,deepseek-chat: words" in answer.body.decode()


def test_a_request_error_is_told_as_it_is() -> None:
    error = RequestError("model: Field required.")
    assert told_to_client(error, TARGET) is error
    assert answer_for(error, "r", MESSAGES_API).status == 400


LIMIT, DOWN = Failure(upstream(429), TARGET), Failure(upstream(500), TARGET)
REFUSED = Failure(upstream(400), OTHER, final=True)


@pytest.mark.parametrize("hopeful", [LIMIT, DOWN], ids=["a limit", "a 500"])
@pytest.mark.parametrize(
    "hopeless",
    [
        REFUSED,
        Failure(RequestError("no"), OTHER),
        Failure(upstream(401), OTHER),
        Failure(upstream(404), OTHER),
        Failure(upstream_failure("certificate", code=SETTINGS_AT_FAULT), OTHER),
        Failure(UpstreamError(ErrorDetail("t", "no balance", 429, "insufficient_quota")), OTHER),
    ],
    ids=lambda failure: str(failure.error),
)
def test_what_passes_is_told_before_what_does_not(hopeful: Failure, hopeless: Failure) -> None:
    assert the_telling_one([hopeful, hopeless]) is hopeful
    assert the_telling_one([hopeless, hopeful]) is hopeful


def test_a_limit_is_told_before_what_may_pass_and_the_last_of_equals() -> None:
    later = Failure(upstream(503), OTHER)
    assert the_telling_one([LIMIT, later]) is LIMIT
    assert the_telling_one([DOWN, later]) is later
    assert the_telling_one([Failure(upstream(404), TARGET), REFUSED]) is REFUSED


def test_of_two_limits_the_one_that_ends_first_is_told() -> None:
    soon, late = Failure(upstream(429), TARGET, ready_at=5.0), Failure(upstream(429), OTHER, ready_at=50.0)
    assert the_telling_one([soon, late]) is soon
    assert the_telling_one([late, soon]) is soon


@pytest.mark.parametrize(
    ("status", "code"), [(402, None), (429, "insufficient_quota"), (429, "1113"), (502, SETTINGS_AT_FAULT)]
)
def test_what_a_person_must_mend_is_not_tried_again_by_the_client(status: int, code: str | None) -> None:
    error = UpstreamError(ErrorDetail("t", "words", status, code, retry_after=20))
    answer = answer_for(told_to_client(error, TARGET), "r", MESSAGES_API)
    assert (answer.status, answer.headers["x-should-retry"]) == (status, "false")
