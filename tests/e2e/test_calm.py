"""What the router handles, the person does not see: the real client over a limit, an overload, a torn stream, a prompt
that is too long, on every dialect."""

from collections.abc import Iterator

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.install import OLDER
from tests.e2e.sides import Side, Sides
from tests.upstreams.replies import Failure, Reply, call, text

pytestmark = pytest.mark.e2e

NEVER_RETRY = {"CLAUDE_CODE_MAX_RETRIES": "0", "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1"}
"""The router must do it alone: the client would retry up to ten times."""

TOO_LONG = {
    "chat": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "gemini": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "claude": "prompt is too long: 219898 tokens > 200000 maximum",
}


@pytest.fixture(params=TOO_LONG)
def side(request: pytest.FixtureRequest, sides: Sides) -> Iterator[Side]:
    found = sides.all()[str(request.param)]
    found.play(Reply(text=("ok",)))
    yield found
    assert not found.upstream.refusals, found.upstream.refusals


@pytest.mark.parametrize(
    "failure",
    [
        Failure(429, "Too many requests", "rate_limit_error", headers={"retry-after": "1"}),
        Failure(503, "Overloaded", "overloaded_error"),
        Reply(text=("lost",), cut_after=0),
        Reply(text=("lost",), cut_after=0, cut="abort"),
    ],
    ids=["429", "503", "cut", "reset"],
)
def test_a_failure_before_the_first_word_is_not_seen(side: Side, client: ClaudeCode, failure: Failure | Reply) -> None:
    side.play(failure, text("There."))
    answer = side.ask(client, "Say hello", extra=NEVER_RETRY)
    assert answer.text == "There.", answer
    assert not answer.is_error


def test_a_stream_torn_after_text_is_answered_in_the_end(side: Side, client: ClaudeCode) -> None:
    side.play(Reply(text=("The answer ", "is ", "torn"), cut_after=3, pause=0.05), text("Whole."))
    answer = side.ask(client, "Say hello")
    assert answer.text.endswith("Whole."), answer
    assert not answer.is_error


def test_a_prompt_that_fits_nowhere_makes_the_client_compact(side: Side, sides: Sides, client: ClaudeCode) -> None:
    """Neither the model nor the longContext route (`strict,m-long`) takes it: the client is told in its own words."""
    too_long = Failure(400, TOO_LONG[side.name], "invalid_request_error")
    count = call("Bash", {"command": "seq 1 300", "description": "Count"})
    sides.all()["chat"].play(too_long)
    side.play(count, too_long, *([too_long] if side.name == "chat" else []), text("Done after all."))
    answer = side.ask(client, "Count to 300", extra=NEVER_RETRY)
    if client.version == OLDER:
        assert answer.text == "Prompt is too long", answer  # what it shows for exactly these words, and for no others
    else:
        assert answer.text == "Done after all.", answer
        assert any(b"detailed summary of the conversation" in request.raw for request in side.upstream.requests)


def test_a_prompt_that_is_too_long_goes_where_it_fits(side: Side, sides: Sides, client: ClaudeCode) -> None:
    if side.name == "chat":
        pytest.skip("the longContext route is this very upstream")
    sides.all()["chat"].play(text("From the longContext route."))
    side.play(Failure(400, TOO_LONG[side.name], "invalid_request_error"))
    answer = side.ask(client, "Say hello", extra=NEVER_RETRY)
    assert answer.text == "From the longContext route.", answer
