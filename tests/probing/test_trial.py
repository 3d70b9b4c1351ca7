"""One tiny request, on real sockets."""

import time
from dataclasses import replace

import pytest

from ccrouter.config.types import Config, ProviderConfig, RouterConfig, Target
from ccrouter.gateway.types import Service
from ccrouter.probing.trial import LONGEST_FAILURE, shortened, try_target
from ccrouter.runtime import assemble
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply

KEY = "sk-secret-0123456789abcdef"
TARGET = Target("mock", "m-text")


def service(url: str) -> Service:
    provider = ProviderConfig("mock", url, (KEY,), ("m-text",))
    return assemble(Config((provider,), RouterConfig(TARGET)), {}, {})[0]


async def test_an_answer_is_told_with_its_model_and_id() -> None:
    with OpenAIChatUpstream(lambda body: Reply(text=("OK",)), api_key=None) as upstream:
        trial = await try_target(service(f"{upstream.url}/v1"), TARGET)
    assert (trial.failure, trial.answer, trial.reached) == (None, "OK", True)
    assert trial.answered_by == "mock,m-text"
    assert trial.response_id.startswith("msg_")
    assert trial.model
    assert len(upstream.requests) == 1


async def test_a_refusal_is_told_in_the_providers_words_and_never_with_the_key() -> None:
    refused = Failure(401, f"Incorrect API key provided: {KEY}")
    with OpenAIChatUpstream(lambda body: refused, api_key=None) as upstream:
        trial = await try_target(service(f"{upstream.url}/v1"), TARGET)
    assert trial.failure is not None
    assert "Incorrect API key provided" in trial.failure
    assert KEY not in trial.failure
    assert (trial.status, trial.reached) == (401, True)
    assert len(upstream.requests) == 1


async def test_nobody_there_is_told_apart_from_a_refusal() -> None:
    trial = await try_target(service("http://127.0.0.1:9/v1"), TARGET)
    assert trial.failure is not None
    assert "could not connect" in trial.failure
    assert trial.reached is False


async def test_it_ends_in_time_and_asks_no_fallback() -> None:
    def slow(body: object) -> Reply:
        time.sleep(0.6)
        return Reply(text=("late",))

    with OpenAIChatUpstream(slow, api_key=None) as upstream:
        made = service(f"{upstream.url}/v1")
        made = replace(made, config=replace(made.config, fallback={"*": (Target("mock", "other"),)}))
        trial = await try_target(made, TARGET, seconds=0.2)
    assert trial.failure == "no answer within 0.2 seconds"
    assert trial.seconds < 3
    assert [request.model for request in upstream.requests] == ["m-text"]


@pytest.mark.parametrize(("text", "shown"), [(" a \n b ", "a b"), ("x" * 401, "x" * 400 + "…")])
def test_shortened(text: str, shown: str) -> None:
    assert shortened(text, LONGEST_FAILURE) == shown
