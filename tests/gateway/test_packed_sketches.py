"""Packed sketches are equal to what was packed, and refer to the very same lasting objects."""

import gc
import random
from dataclasses import replace

import pytest

from ccrouter.config.types import Config, Target
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.counting import SettledTokens
from ccrouter.gateway.packed_sketches import PackedSketches
from ccrouter.model.json import NO_EXTRAS
from ccrouter.router.custom import CustomAnswer
from ccrouter.router.sketch import SHARED_FROM, Sketcher
from ccrouter.tokens import PromptTokens
from tests.router.requests import CONFIG, facts, main, user
from tests.router.table import ROWS, Row
from tests.router.test_sketch import decided, random_message

SYSTEM = "you are helpful " * SHARED_FROM


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_whole_routing_table(row: Row) -> None:
    sketch = Sketcher().sketch("req_1", row.request, row.facts, row.facts.tokens())
    (again,) = PackedSketches([sketch]).unpacked()
    assert again == sketch
    config = Config(CONFIG.providers, row.router)
    assert decided(again.request, again.facts, config, row.providers) == decided(
        row.request, row.facts, config, row.providers
    )


@pytest.mark.parametrize("seed", range(20))
def test_random_conversations(seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    sketcher = Sketcher()
    made = [
        sketcher.sketch(f"req_{number}", main(*[random_message(dice) for _ in range(5)]), facts(), number)
        for number in range(10)
    ]
    assert PackedSketches(made, sketcher.shared()).unpacked() == tuple(made)


def test_what_was_worked_out_is_left_out() -> None:
    """It may be of a kind that cannot be packed, and a decision works it out again."""
    sketch = Sketcher().sketch("req_1", main(user("hello")), facts(), 1)
    sketch.request.messages[0].derive_with("name", (), lambda: lambda: 1)
    (again,) = PackedSketches([sketch]).unpacked()
    assert again == sketch
    assert again.request.messages[0].kept("name") is None


def test_what_lasts_stays_the_same() -> None:
    calibrations = Calibrations(lambda: None)
    tokens_at = SettledTokens(PromptTokens(messages=5), CONFIG, calibrations, None)
    known = replace(facts(), custom=CustomAnswer(Target("a", "b"), "because"))
    sketcher = Sketcher()
    request = replace(main(user("hello")), system=SYSTEM)
    made = [sketcher.sketch(f"req_{number}", request, known, 7, tokens_at) for number in range(2)]
    first, second = PackedSketches(made, sketcher.shared()).unpacked()
    assert first.facts.custom == CustomAnswer(Target("a", "b"), "because")
    assert first.facts.tokens() == 7
    for again in (first, second):
        found = again.facts.tokens_at
        assert isinstance(found, SettledTokens)
        assert found.config is CONFIG
        assert found.calibrations is calibrations
        assert again.request.system is SYSTEM
        assert again.request.messages[0].extras is NO_EXTRAS
    assert PackedSketches().unpacked() == ()


def test_it_is_one_piece() -> None:
    sketcher = Sketcher()
    made = [sketcher.sketch(f"req_{number}", main(user(f"hello {number}")), facts(), 1) for number in range(100)]
    packed = PackedSketches(made, sketcher.shared())
    before = len(gc.get_objects())
    unpacked = packed.unpacked()
    assert len(gc.get_objects()) - before > 100
    assert len(unpacked) == 100
    assert len(gc.get_referents(packed)) < 5
