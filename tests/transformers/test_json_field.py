import json
import random

import pytest

from ccrouter.transformers.json_field import StringFieldReader


def read(document: str, size: int) -> tuple[str, bool]:
    reader = StringFieldReader("response")
    pieces = [document[start : start + size] for start in range(0, len(document), size)]
    return "".join(reader.feed(piece) for piece in pieces), reader.found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize(
    ("document", "value"),
    [
        ('{"response":"Hello"}', "Hello"),
        (' { "a" : {"response": "no"}, "b": ["response", "x"], "response" : "yes" , "response":"twice"} ', "yes"),
        (r'{"response":"q\" b\\ s\/ n\n t\t r\r \b\f"}', 'q" b\\ s/ n\n t\t r\r \b\f'),
        (r'{"response":"\u00e9 \ud83d\ude00 \ud83dX \ude00 \ud83d"}', "é 😀 �X � �"),
        ('{"response":"raw\nline"}', "raw\nline"),
        (r'{"response":"bad \x \u12G"}', r"bad \x \u12G"),
        ('{"resp\\u006fnse":"escaped key"}', "escaped key"),
        ('{"response":"cut of', "cut of"),
        ('{"response":""}', ""),
        ('{"a":"response","response":"b"}', "b"),
    ],
)
def test_value_is_decoded_however_it_is_cut(document: str, value: str, size: int) -> None:
    assert read(document, size) == (value, True)


@pytest.mark.parametrize(
    "document", ["", "{}", '{"response":5}', '{"response":{"response":"x"}}', '["response","x"]', '"text"', "text"]
)
def test_no_string_field_is_not_found(document: str) -> None:
    assert read(document, 1) == ("", False)


def test_agrees_with_json_on_any_string() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(300):
        value = "".join(chance.choices('ab"\\/\n\t\x00é😀{}[],:ud83', k=chance.randint(0, 30)))
        before = "".join(chance.choices('x"\\{', k=3))
        document = json.dumps({"other": before, "response": value, "z": [value]}, ensure_ascii=chance.random() < 0.5)
        assert read(document, chance.randint(1, 4)) == (value, True), seed
