import json
import random

import orjson
import pytest

from ccrouter.model.json import Json
from ccrouter.transformers.json_prefix import JsonPrefix, is_object, rest_of


def follow(text: str, size: int) -> tuple[str, JsonPrefix]:
    prefix = JsonPrefix()
    return "".join(prefix.feed(text[start : start + size]) for start in range(0, len(text), size)), prefix


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"a": "x', '{"a": "x'),
        ('{"a": "x"', '{"a": "x'),  # the quote may be one inside of the string
        ('{"a": "x" ', '{"a": "x'),
        ('{"a": "x" y', '{"a": "x'),
        ('{"a": "x", ', '{"a": "x'),  # so may the comma; or it is one too many
        ('{"a": [1], ', '{"a": [1]'),
        ('{"a": "x", "', '{"a": "x", "'),
        ('{"a": 12', '{"a":'),  # the number may go on
        ('{"a": 12 ', '{"a": 12'),
        ('{"a": [1,]', '{"a": [1'),
        ('{"a": tru', '{"a":'),
        ('{"a": "\\ud83d', '{"a": "'),
        ('{"a": "\\ud83d\\ude00', '{"a": "\\ud83d\\ude00'),
        ('{"a": "\\ud83d!', '{"a": "'),
        ('{"a": "\\d', '{"a": "'),
        ('{"a": "x\ny', '{"a": "x'),
        ("  ", ""),
        ("  {", "  {"),
        ("x{", ""),
        ("[", ""),
        ('"{', ""),
        ('{"a": 1} x', '{"a": 1}'),
        ("{'a'", "{"),
        ("{,", "{"),
        ('{"a" 1', '{"a'),
        ('{"a": 01', '{"a":'),
    ],
)
def test_what_may_be_sent(text: str, sent: str) -> None:
    for size in (1, 2, 3, 99):
        assert follow(text, size)[0] == sent, size


BEGUN = {
    "inside": '{"a": "x',
    "key": '{"a',
    "between": '{"a": ',
    "held": '{"a": "\\',
    "defect": '{"a": "\n',
    "end": '{"a": 1}',
}


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
@pytest.mark.parametrize(
    "fragments",
    [
        *(
            ["b"],
            ["b", "ß c", "\\n\\u00df"],
            ["\\ud83d\\ude00", "}"],
            ["\\ud83d", "\\ude00"],
            ["\\", "n"],
            ["\\u00", "df"],
        ),
        *(["\n"], ["a\nb", "c"], ['"'], ['b"', "}"], ["\\d"], ["\\ud83d"], ["b", "\\"], ["\t"]),
    ],
)
def test_fragments_that_may_be_sent_unseen_are_those_that_would_be(begun: str, fragments: list[str]) -> None:
    _, prefix = follow(begun, 99)
    fed = follow(begun, 99)[1]
    if prefix.may_be_sent(fragments):
        assert [fed.feed(fragment) for fragment in fragments] == fragments
        for after in ('"}', "\\", "b"):
            assert prefix.feed(after) == fed.feed(after)
            assert (prefix.held, prefix.sound, prefix.complete) == (fed.held, fed.sound, fed.complete)
    elif begun == BEGUN["inside"]:
        assert [fed.feed(fragment) for fragment in fragments] != fragments


@pytest.mark.parametrize(
    ("sent", "value", "rest"),
    [
        ("", {"a": 1}, '{"a":1}'),
        ("{", {}, "}"),
        ("{", {"a": 1}, '"a":1}'),
        ('{"a', {"abc": 1, "d": 2}, 'bc":1,"d":2}'),
        ('{"a"', {"a": 1}, ":1}"),
        ('{"a":', {"a": [1, "x"]}, '[1,"x"]}'),
        ('{"a": [', {"a": [1, 2], "b": 3}, '1,2],"b":3}'),
        ('{"a": [1', {"a": [1, 2]}, ",2]}"),
        ('{"a": [1]', {"a": [1]}, "}"),
        ('{"a": {"b": 1}', {"a": {"b": 1}, "c": None}, ',"c":null}'),
        ('{"a": "x\\n', {"a": 'x\n"y"'}, '\\"y\\""}'),
        ('{"a": true', {"a": True}, "}"),
        ('{"a": 1}', {"a": 1}, ""),
        ('{"a": "x', {"a": "y"}, None),
        ('{"a": "x"', {"a": "xy"}, None),
        ('{"a": 1', {"a": True}, None),
        ('{"a": 1', {"a": 12}, None),
        ('{"a": [1, 2', {"a": [1]}, None),
        ('{"a": [1, 2', {"a": 1}, None),
        ('{"a": 1}', {"a": 1, "b": 2}, None),
        ('{"a": 1, "b', {"a": 1}, None),
        ('{"a": {', {"a": []}, None),
    ],
)
def test_completion(sent: str, value: Json, rest: str | None) -> None:
    assert rest_of(sent, value) == rest


def test_fuzz_agrees_with_orjson_and_completes_every_beginning() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)

    def value(depth: int) -> Json:
        kind = chance.randint(0, 6 if depth < 3 else 4)
        if kind == 5:
            return [value(depth + 1) for _ in range(chance.randint(0, 3))]
        if kind == 6:
            return {
                chance.choice(["a", "b ", 'c"', "é\n", "😀"]): value(depth + 1) for _ in range(chance.randint(0, 3))
            }
        scalars: list[Json] = [None, True, chance.randint(-99, 99), "s'\"\\\n,}😀 x", 1.5]
        return scalars[kind]

    for _ in range(1500):
        meant: Json = {key: value(0) for key in chance.sample(["x", "y", '"q"'], chance.randint(0, 3))}
        text = json.dumps(
            meant, ensure_ascii=chance.random() < 0.5, separators=chance.choice([(",", ":"), (", ", ": ")])
        )
        sent, prefix = follow(text[: chance.randint(0, len(text))], chance.randint(1, 9))
        rest = rest_of(sent, meant)
        assert rest is not None, (seed, sent, meant)
        assert orjson.loads(sent + rest) == meant, (seed, sent, rest)
        at = chance.randrange(len(text))
        mutant = text[:at] + chance.choice(["", *'{}[]",:\\ \n1a', ",}"]) + text[at + chance.randint(0, 1) :]
        sent, prefix = follow(mutant, chance.randint(1, 9))
        assert sent + prefix.held == mutant
        assert prefix.complete == is_object(mutant), (seed, mutant)
