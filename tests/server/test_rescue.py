"""Streams torn after text, over real sockets: continued where the config says so, else told honestly."""

import logging
import os
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ccrouter.config.types import EVERY_SCENARIO, Limits, ProviderConfig, Retries, RouterConfig, Target
from ccrouter.pipeline.seam import last_words
from tests.server.conftest import Router
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.misbehaving import (
    Asked,
    Fault,
    Manner,
    Misbehaving,
    after_text,
    error_after_text,
    reply_of,
    well,
)
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Failure, Reply, Spent, text

BODY: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 1000,
    "stream": True,
    "messages": [{"role": "user", "content": "Tell me of the sea."}],
}
EVERYWHERE = frozenset(EVERY_SCENARIO)
PATIENT = Retries(same_target=2, wait_seconds=5)
FALLBACK = {"default": (Target("mock", "m-think"),)}
BEGUN = "The sea is wide, and the ships that go out upon it are small. They carry grain, and wood, and the lett"
REST = "ers of those who stayed at home.\n\nNobody reads them at sea."
WHOLE = BEGUN + REST
SPENT = Spent(100, 50, 80)


def events_of(raw: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]


def texts(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """The events' types and blocks, deltas left out."""
    return [
        event["content_block"]["type"] if event["type"] == "content_block_start" else event["type"]
        for event in events
        if event["type"] not in ("content_block_delta", "ping")
    ]


ONE_TEXT = ["message_start", "text", "content_block_stop", "message_delta", "message_stop"]
TORN = ["message_start", "text", "error"]


def in_pieces(said: str, size: int = 7) -> tuple[str, ...]:
    return tuple(said[at : at + size] for at in range(0, len(said), size))


def cut(said: str, **changes: Any) -> Reply:
    """A stream that ends when all of `said` has come: its first chunk names the role."""
    pieces = in_pieces(said)
    return Reply(text=pieces, cut_after=1 + len(pieces), **changes)


def as_told(body: Any) -> Reply:
    """What a model does that does as told: its last words, then the rest."""
    assert body["messages"][-1]["role"] == "user"
    assert f"<last-words>{last_words(BEGUN)}</last-words>" in str(body["messages"][-1]["content"])
    return Reply(text=in_pieces(last_words(BEGUN) + REST), spent=SPENT)


def by_model(**answers: Reply | Failure | Callable[[Any], Reply | Failure]) -> Callable[[Any], Reply | Failure]:
    def script(body: Any) -> Reply | Failure:
        found = answers[body["model"].replace("-", "_")]
        return found if isinstance(found, Reply | Failure) else found(body)

    return script


@pytest.mark.parametrize("how", ["eof", "abort"])
async def test_the_next_target_continues(router: Router, how: str, caplog: pytest.LogCaptureFixture) -> None:
    script = by_model(m_text=cut(BEGUN, cut=how), m_think=as_told)
    with OpenAIChatUpstream(script) as upstream, caplog.at_level(logging.INFO, "ccrouter.requests"):
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        asked: list[Any] = [request.body for request in upstream.requests]
        assert upstream.refusals == []
    assert reply.headers["x-ccr-target"] == "mock,m-text"
    assert kinds(events) == ONE_TEXT
    assert texts(events) == WHOLE
    usage = events[-2]["usage"]
    assert usage["output_tokens"] == -(-len(BEGUN) // 4) + SPENT.completion
    # Only the second told its prompt, which holds what was said before.
    assert usage["cache_read_input_tokens"] == SPENT.cached
    assert usage["input_tokens"] == max(0, SPENT.prompt - SPENT.cached - len(BEGUN) // 4)
    assert [body["model"] for body in asked] == ["m-text", "m-think"]
    assert asked[1]["messages"][: len(asked[0]["messages"])] == asked[0]["messages"]
    assert asked[1]["messages"][-2] == {"role": "assistant", "content": BEGUN}
    assert asked[1]["max_tokens"] == 1000 - len(BEGUN) // 4
    line = caplog.messages[-1]
    assert "rescued=1 rescued_by=mock,m-think" in line
    assert f'failed="mock,m-text: cut off after {len(BEGUN)} characters' in line
    assert "error=" not in line
    assert "attempts=2" in line


async def test_with_one_target_it_is_asked_again(router: Router) -> None:
    answers = [lambda body: cut(BEGUN), as_told]
    with OpenAIChatUpstream(lambda body: answers.pop(0)(body)) as upstream:  # noqa: PLW0108 - another each time
        async with router(upstream.endpoint, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


TEARS: dict[str, Fault] = {
    "error frame": error_after_text,
    "proper end": after_text("keep", properly=True),
    "closed": after_text("close"),
    "reset": after_text("reset"),
    "stall": after_text("hang"),
}


@pytest.mark.parametrize("tear", TEARS)
async def test_every_way_to_be_torn(router: Router, tear: str) -> None:
    """Whatever words the first has said, the second begins with the last of them."""

    def script(asked: Asked) -> Manner:
        if asked.model == "m-text":
            return TEARS[tear](asked, reply_of(WHOLE))
        messages: Any = asked.body["messages"]
        there = messages[-2]["content"]
        assert WHOLE.startswith(there)
        return well(asked, reply_of(WHOLE[WHOLE.index(last_words(there)) :]))

    async with Misbehaving(script) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE, api_timeout_ms=300) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert [asked.model for asked in upstream.asked] == ["m-text", "m-think"]
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


async def test_random_texts_torn_twice_at_random_places(router: Router) -> None:
    """A model that begins with its last words, with the whole, or further back; each time another piece arrives."""
    seed = os.environ.get("CCROUTER_SEED", "20261120")
    print(f"CCROUTER_SEED={seed}")
    dice = random.Random(seed)
    made = ""

    def script(body: Any) -> Reply:
        there = body["messages"][-2]["content"] if len(body["messages"]) > 1 else ""
        begins = len(there.rstrip()) - len(last_words(there)) if there else 0
        said = made[dice.choice((begins, begins, 0, dice.randint(0, max(0, begins)))) :] if there else made
        pieces = in_pieces(said, dice.randint(3, 40))
        torn = len(body["messages"]) == 1 or dice.random() < 0.3
        return Reply(text=pieces, cut_after=dice.randint(2, 1 + len(pieces)) if torn else None)

    with OpenAIChatUpstream(script) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE, retries=PATIENT) as client:
            whole = 0
            for number in range(60):
                words = ["".join(dice.choices("abcdefghijklmnop", k=dice.randint(1, 9))) for _ in range(120)]
                made = "".join([word + dice.choice((" ", " ", " ", "\n", "\n\n", ".  ")) for word in words]).strip()
                reply = await client.post("/v1/messages", json=BODY)
                events = events_of(await reply.read())
                if events[-1]["type"] == "error":
                    assert made.startswith(texts(events)), f"seed {seed}, text {number}"
                    continue
                whole += 1
                assert texts(events) == made, f"seed {seed}, text {number}"
    # Torn for a third time: 0.3 * 0.3 of them.
    assert whole >= 45


@pytest.mark.parametrize(
    "rescue", [frozenset[str](), frozenset({"think", "background"})], ids=["none", "other scenarios"]
)
async def test_not_configured_it_is_told(router: Router, rescue: frozenset[str]) -> None:
    with OpenAIChatUpstream(by_model(m_text=cut(BEGUN), m_think=as_told)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=rescue) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert len(upstream.requests) == 1
    assert (kinds(events), texts(events)) == (TORN, BEGUN)


async def test_inside_a_tool_call_it_is_told(router: Router) -> None:
    called = Reply(text=("Let me look.",), calls=(Call("Bash", {"command": "ls -la /home"}),), cut_after=4)
    tools = [{"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}]
    with OpenAIChatUpstream(by_model(m_text=called, m_think=as_told)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json={**BODY, "tools": tools})
            events = events_of(await reply.read())
        assert len(upstream.requests) == 1
    assert kinds(events) == ["message_start", "text", "content_block_stop", "tool_use", "error"]


async def test_amid_reasoning_it_is_told(router: Router) -> None:
    thought = Reply(reasoning=("Hm, ", "the sea", " …"), text=(BEGUN,), cut_after=3)
    with OpenAIChatUpstream(by_model(m_text=thought, m_think=as_told)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert len(upstream.requests) == 1
    assert kinds(events) == ["message_start", "thinking", "error"]


async def test_reasoning_before_the_text_stays_and_that_of_the_continuation_does_not(router: Router) -> None:
    first = Reply(reasoning=("Hm.",), text=in_pieces(BEGUN), cut_after=2 + len(in_pieces(BEGUN)))

    def second(body: Any) -> Reply:
        return Reply(reasoning=("What was I saying?",), text=as_told(body).text)

    with OpenAIChatUpstream(by_model(m_text=first, m_think=second)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            raw = await reply.read()
    events = events_of(raw)
    assert kinds(events) == ["message_start", "thinking", "content_block_stop", *ONE_TEXT[1:]]
    assert texts(events) == WHOLE
    assert b"What was I saying" not in raw


async def test_a_call_after_the_continued_text(router: Router) -> None:
    def second(body: Any) -> Reply:
        return Reply(text=as_told(body).text, calls=(Call("Bash", {"command": "ls"}),))

    tools = [{"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}]
    with OpenAIChatUpstream(by_model(m_text=cut(BEGUN), m_think=second)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json={**BODY, "tools": tools})
            events = events_of(await reply.read())
    assert kinds(events) == [*ONE_TEXT[:3], "tool_use", *ONE_TEXT[2:]]
    assert texts(events) == WHOLE
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


async def test_two_rescues_and_no_third(router: Router) -> None:
    """Each goes on a little and is torn again."""
    thirds = [WHOLE[:70], WHOLE[70:100], WHOLE[100:130], WHOLE[130:]]
    said: list[str] = []

    def script(body: Any) -> Reply:
        there = "".join(said)
        said.append(thirds[len(said)])
        return cut((last_words(there) if there else "") + said[-1])

    with OpenAIChatUpstream(script) as upstream:
        async with router(upstream.endpoint, rescue=EVERYWHERE, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert len(upstream.requests) == 3
    assert (kinds(events), texts(events)) == (TORN, WHOLE[:130])


async def test_targets_that_fail_are_passed_over(router: Router) -> None:
    script = by_model(m_text=cut(BEGUN), m_bg=Failure(503, "down"), m_think=as_told)
    fallback = {"default": (Target("mock", "m-bg"), Target("mock", "m-think"))}
    with OpenAIChatUpstream(script) as upstream:
        async with router(upstream.endpoint, fallback=fallback, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert [request.model for request in upstream.requests] == ["m-text", "m-bg", "m-think"]
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


async def test_nobody_left_it_is_told_what_tore_it(router: Router) -> None:
    answers: list[Reply | Failure] = [cut(BEGUN)]
    with OpenAIChatUpstream(lambda body: answers.pop() if answers else Failure(503, "down for the night")) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
    assert (kinds(events), texts(events)) == (TORN, BEGUN)
    assert "down for the night" not in events[-1]["error"]["message"]


async def test_another_answer_is_not_joined(router: Router) -> None:
    anew = text(BEGUN[:70], "quite another ship sails here", " and goes on and on, for good.")
    with OpenAIChatUpstream(by_model(m_text=cut(BEGUN), m_think=anew)) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
    assert (kinds(events), texts(events)) == (TORN, BEGUN)


async def test_before_the_first_word_all_is_as_ever(router: Router) -> None:
    with OpenAIChatUpstream(by_model(m_text=Reply(text=("x",), cut_after=0), m_think=text("whole"))) as upstream:
        async with router(upstream.endpoint, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
    assert reply.headers["x-ccr-target"] == "mock,m-think"
    assert (kinds(events), texts(events)) == (ONE_TEXT, "whole")


async def test_the_key_comes_again_with_its_slot(router: Router) -> None:
    """One request at a time: the torn one has given back its place."""
    answers = [lambda body: cut(BEGUN), as_told]
    with OpenAIChatUpstream(lambda body: answers.pop(0)(body)) as upstream:  # noqa: PLW0108 - another each time
        provider = ProviderConfig(
            "mock", upstream.endpoint, ("sk-upstream",), ("m-text",), limits=Limits(max_concurrent=1)
        )
        routes = RouterConfig(Target("mock", "m-text"))
        async with router("", providers=(provider,), router=routes, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


def claude(url: str, model: str = "claude-sonnet-5", **quirks: Any) -> ProviderConfig:
    return ProviderConfig("claude", url, ("sk-ant",), (model,), protocol="anthropic", quirks=quirks)


def cut_message(said: str) -> Reply:
    """Start, the block's beginning, then the text."""
    pieces = in_pieces(said)
    return Reply(text=pieces, cut_after=2 + len(pieces), spent=SPENT)


async def test_an_anthropic_upstream_is_rescued_by_another_dialect(router: Router) -> None:
    with AnthropicUpstream(lambda body: cut_message(BEGUN)) as first, OpenAIChatUpstream(as_told) as second:
        providers = (claude(first.url), ProviderConfig("mock", second.endpoint, ("sk-upstream",), ("m-think",)))
        routes = RouterConfig(Target("claude", "claude-sonnet-5"))
        async with router("", providers=providers, router=routes, fallback=FALLBACK, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert first.refusals == second.refusals == []
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)
    assert events[0]["message"]["model"] == "claude-x"
    usage = events[-2]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (SPENT.prompt - SPENT.cached, SPENT.cached)
    assert usage["output_tokens"] == -(-len(BEGUN) // 4) + SPENT.completion


async def test_an_anthropic_upstream_rescues_with_thinking_on(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: cut(BEGUN)) as first, AnthropicUpstream(as_told) as second:
        providers = (ProviderConfig("mock", first.endpoint, ("sk-upstream",), ("m-text",)), claude(second.url))
        fallback = {"default": (Target("claude", "claude-sonnet-5"),)}
        thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}
        async with router(
            "", providers=providers, router=RouterConfig(Target("mock", "m-text")), fallback=fallback, rescue=EVERYWHERE
        ) as client:
            reply = await client.post("/v1/messages", json={**BODY, **thinking})
            events = events_of(await reply.read())
        assert second.refusals == []
        asked: Any = second.requests[-1].body
        assert [message["role"] for message in asked["messages"]] == ["user", "assistant", "user"]
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


@pytest.mark.parametrize("blanks", ["", " ", "\n\n"])
async def test_a_claude_that_takes_prefills_is_prefilled(router: Router, blanks: str) -> None:
    """It refuses blanks at the end of a prefill; what it says goes on without a word of ours."""
    begun, rest = "The sea is wide.", "It is deep, too."
    whole = begun + blanks + rest

    def script(body: Any) -> Reply:
        if body["messages"][-1]["role"] == "user":
            return cut_message(begun + blanks)
        said = body["messages"][-1]["content"][0]["text"]
        assert said == begun
        return Reply(text=in_pieces(whole[len(said) :], 3))

    model = "claude-sonnet-4-5-20250929"
    with AnthropicUpstream(script) as upstream:
        providers, routes = (claude(upstream.url, model, prefill="plain"),), RouterConfig(Target("claude", model))
        async with router("", providers=providers, router=routes, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert upstream.refusals == []
    assert (kinds(events), texts(events)) == (ONE_TEXT, whole)


async def test_a_prefill_that_is_refused_is_asked_for_in_words(router: Router) -> None:
    def script(body: Any) -> Reply | Failure:
        if len(body["messages"]) == 1:
            return cut(BEGUN)
        if body["messages"][-1]["role"] == "assistant":
            return Failure(400, "the last message must be the user's")
        return as_told(body)

    with OpenAIChatUpstream(script) as upstream:
        quirks = {"prefill": "plain"}
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text",), quirks=quirks)
        routes = RouterConfig(Target("mock", "m-text"))
        async with router("", providers=(provider,), router=routes, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json=BODY)
            events = events_of(await reply.read())
        assert len(upstream.requests) == 3
    assert (kinds(events), texts(events)) == (ONE_TEXT, WHOLE)


async def test_whole_answers_take_the_usual_way(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        async with router(upstream.endpoint, rescue=EVERYWHERE) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": False})
            assert (await reply.json())["content"] == [{"type": "text", "text": "ok"}]
