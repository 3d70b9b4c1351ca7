"""A sketch is decided as its request is, and is small."""

import random
import string
import sys
import time
from dataclasses import replace

import pytest

from ccrouter.config.types import Config
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Block, Image, Text, ToolResult
from ccrouter.model.request import Message, Request, Tool
from ccrouter.router import Facts, KnownTargets, ProviderFacts, decide
from ccrouter.router.sketch import LONGEST_TEXT, Sketch, Sketcher
from ccrouter.tokens import ceiling
from tests.router.requests import (
    ALL_ROUTES,
    CONFIG,
    ENVIRONMENT,
    FULL_PLAN,
    PICTURE,
    PLAN_EXIT,
    PROVIDERS,
    SHORT_PLAN,
    assistant,
    call,
    facts,
    main,
    result,
    user,
)
from tests.router.table import ROWS, Row

TAG = "<CCR-SUBAGENT-MODEL>deepseek,deepseek-reasoner</CCR-SUBAGENT-MODEL>"


def decided(request: Request, known: Facts, config: Config, providers: ProviderFacts) -> object:
    try:
        decision = decide(request, known, config, provider_facts=providers)
    except RequestError as error:
        return error.message
    return decision.scenario, decision.targets, decision.reason


def sketch_of(request: Request, known: Facts | None = None) -> Sketch:
    known = known or facts()
    return Sketcher().sketch("req_1", request, known, known.tokens())


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_whole_routing_table(row: Row) -> None:
    config = Config(PROVIDERS, row.router)
    sketch = sketch_of(row.request, row.facts)
    assert decided(sketch.request, sketch.facts, config, row.providers) == decided(
        row.request, row.facts, config, row.providers
    )


def random_text(dice: random.Random) -> str:
    pad = "".join(dice.choices(string.ascii_lowercase + " \n", k=50)) * dice.choice([0, 1, 10, 400])
    parts = [dice.choice(["", FULL_PLAN, SHORT_PLAN, PLAN_EXIT, TAG, "Plan mode is active", "hello"]), pad]
    dice.shuffle(parts)
    return "".join(parts) if dice.random() < 0.8 else f"{parts[0]}{pad}{random_text(dice)}"


def random_message(dice: random.Random) -> Message:
    role = dice.choice(["user", "user", "assistant", "system"])
    if role == "assistant":
        return assistant(random_text(dice), *call().blocks)
    if dice.random() < 0.2:
        return Message("user", random_text(dice))
    blocks: list[Block] = []
    for _ in range(dice.choice([1, 1, 2, 3, 30])):
        text = Text(random_text(dice))
        kinds: list[Block] = [text, text, result(text.text), result(PICTURE) if dice.random() < 0.3 else text]
        blocks.append(dice.choice([*kinds, PICTURE if dice.random() < 0.2 else text, ToolResult("t", text.text)]))
    return Message("user" if role == "user" else "system", tuple(blocks))


@pytest.mark.parametrize("seed", range(300))
def test_random_conversations(seed: int) -> None:
    dice = random.Random(seed)
    request = main(*(random_message(dice) for _ in range(dice.randint(1, 12))), effort=dice.choice(["high", "max"]))
    if dice.random() < 0.2:
        request = replace(request, system=random_text(dice))
    known = facts(dice.choice([100, 61_000]), last=dice.choice([None, 70_000]))
    sketch = sketch_of(request, known)
    # A window so small that an image more or less decides whether the tokens are asked for.
    windows = KnownTargets(windows={target: dice.choice([500, 20_000]) for target in [ALL_ROUTES.default] if target})
    assert decided(sketch.request, sketch.facts, CONFIG, windows) == decided(request, known, CONFIG, windows)
    assert ceiling(sketch.request, sketch.facts.body_bytes) == ceiling(request, known.body_bytes)


def size(value: object, seen: set[int]) -> int:
    """Bytes of everything that hangs on `value`, each object once."""
    if id(value) in seen:
        return 0
    seen.add(id(value))
    total = sys.getsizeof(value)
    if isinstance(value, str | bytes | int | float | type(None)):
        return total
    if isinstance(value, dict):
        return total + sum(size(part, seen) for pair in value.items() for part in pair)
    if isinstance(value, tuple | list):
        return total + sum(size(part, seen) for part in value)
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return total + sum(size(getattr(value, name), seen) for name in names)


def first_turn() -> Request:
    """Of Claude Code's size: 20 KB of system prompt, 30 tools."""
    system = tuple([Text("".join(["You are an agent. "] * count)) for count in (5, 10, 1_200)])
    tools = tuple([Tool(f"tool_{number}", "It does something. " * 100, {"type": "object"}) for number in range(30)])
    return replace(
        main(user("<system-reminder>x</system-reminder>" * 50, "Do it."), ENVIRONMENT), system=system, tools=tools
    )


def test_plan_mode_without_a_word_of_the_user() -> None:
    messages = (assistant("Hm."), Message("system", FULL_PLAN), assistant("Hm."))
    request = replace(main(), messages=messages)
    sketch = sketch_of(request)
    assert decided(sketch.request, sketch.facts, CONFIG, KnownTargets()) == decided(
        request, facts(), CONFIG, KnownTargets()
    )


def test_a_hundred_long_conversations_are_small() -> None:
    sketcher, kept = Sketcher(), list[Sketch]()
    for number in range(100):
        loop = [message for _ in range(50) for message in (call(), user(result("x" * 20_000)))]
        picture = Image({"type": "base64", "media_type": "image/png", "data": "A" * 1_000_000})
        request = replace(first_turn(), messages=(user("y" * 50_000, picture, str(number)), *loop))
        kept.append(sketcher.sketch(f"req_{number}", request, facts(), 1))
    seen: set[int] = set()
    total = sum(size(sketch.request, seen) for sketch in kept)
    assert total < 100 * (LONGEST_TEXT + 8_000), total


def test_no_credential_is_kept() -> None:
    sketch = sketch_of(main(), facts(headers={"x-api-key": "k", "authorization": "Bearer k", "x-app": "cli"}))
    assert sketch.facts.headers == {"x-app": "cli"}


def test_a_first_turn_costs_next_to_nothing() -> None:
    """The bound is loose, for machines under load; measured: see docs/explain.md."""
    sketcher, known = Sketcher(), facts()
    requests = [first_turn() for _ in range(50)]
    times: list[float] = []
    for request in requests:
        begun = time.perf_counter()
        sketcher.sketch("req_1", request, known, 1)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[len(times) // 2] < 0.0005
