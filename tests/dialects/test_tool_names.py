import re

import pytest

from ccrouter.dialects.tool_names import LONGEST_CALL_ID, wire_call_id

NINE = re.compile(r"[a-zA-Z0-9]{9}")


@pytest.mark.parametrize("id_", ["", "toolu_01A09q90qw90lq917835lq9", "call_1", "abc-12345", "é😀", "x" * 200])
def test_mistral_gets_nine_letters_and_digits_always_the_same(id_: str) -> None:
    wanted = wire_call_id(id_, set(), "mistral")
    assert NINE.fullmatch(wanted)
    assert wire_call_id(id_, set(), "mistral") == wanted


def test_mistral_keeps_its_own_ids_and_no_two_are_the_same() -> None:
    used: set[str] = set()
    assert wire_call_id("D681PevKs", used, "mistral") == "D681PevKs"
    again = wire_call_id("D681PevKs", used, "mistral")
    assert NINE.fullmatch(again)
    assert again != "D681PevKs"
    many = {wire_call_id(f"toolu_{number}", set(), "mistral") for number in range(5000)}
    assert len(many) == 5000


def test_others_keep_what_is_not_too_long() -> None:
    assert wire_call_id("abc-12345", set()) == "abc-12345"
    assert len(wire_call_id("x" * 200, set())) <= LONGEST_CALL_ID
