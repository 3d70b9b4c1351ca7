import json
import random

import pytest

from ccrouter.transformers.json_repair import Repaired, repair


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1}', {"a": 1}),
        ("{'a': 'it\\'s', \"b\": \"x\"}", {"a": "it's", "b": "x"}),
        ('{"a": [1, 2,], "b": {"c": null,},}', {"a": [1, 2], "b": {"c": None}}),
        ("{a: true, b-c: False, $d: None}", {"a": True, "b-c": False, "$d": None}),
        ("{/* why */ a: 1, // so\n b: 2}", {"a": 1, "b": 2}),
        ('```json\n{"a": 1,}\n```', {"a": 1}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{"a": 1}}', {"a": 1}),
        ("{'a': '\\u00e9\\ud83d\\ude00\\n\\\\'}", {"a": "é😀\n\\"}),
        ("[+1, -2.5, .5, 1e3,]", [1, -2.5, 0.5, 1000.0]),
        ('{"url": "http://x/*y*/",}', {"url": "http://x/*y*/"}),
        ('{"a": 1,, "b": [2,,]}', {"a": 1, "b": [2]}),
        ('{"a": "\\d+ \\\\ C:\\Users"}', {"a": "\\d+ \\ C:\\Users"}),
        ('{"a": 1}{"a": 1}', {"a": 1}),
        ('{\\"a\\": \\"x\\"}', {"a": "x"}),
        ('{"command": "echo "hi" there", "b": 2}', {"command": 'echo "hi" there', "b": 2}),
        ('{"content": "he said "no", then left\\n", "b": 1}', {"content": 'he said "no", then left\n', "b": 1}),
        ('{"a": "x" "b": 1}', {"a": "x", "b": 1}),
        ('{"a": nope}', {"a": "nope"}),
    ],
)
def test_what_was_meant(text: str, value: object) -> None:
    assert repair(text) == Repaired(value, closed=True)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": {"b": [1, "x"', {"a": {"b": [1, "x"]}}),
        ('{"a": 1,', {"a": 1}),
        ("{", {}),
        ('{"edits": [{"a": "b"}, {"a": "c"]}', {"edits": [{"a": "b"}, {"a": "c"}]}),
    ],
)
def test_missing_brackets_are_added_and_told(text: str, value: object) -> None:
    assert repair(text) == Repaired(value, closed=False)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        '{"command": "rm -rf /home/me',  # may have been going on
        '{"a":',
        '{"a"',
        '{"a": 1} and more',
        '{"a": }',
        '{"a": , "b": 1}',
        '{"a": 1}{"b": 2}',
        '{"command": "echo "$HOME/x"}',  # an odd quote: where does the string end?
        '{"a": "say "so"\n"}',  # the library would lose the line break
        '{"a": \\"x\\"}',
        "{'a': 'x\\",
        '{"a": "q" "r"}',
        "[" * 5000,
    ],
)
def test_no_guessing(text: str) -> None:
    assert repair(text) is None


def test_fuzz_never_raises_and_takes_every_json() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)

    def value(depth: int) -> object:
        kind = chance.randint(0, 5 if depth < 3 else 3)
        if kind == 4:
            return [value(depth + 1) for _ in range(chance.randint(0, 3))]
        if kind == 5:
            return {"k" * size: value(depth + 1) for size in range(chance.randint(0, 3))}
        return [None, True, chance.randint(-9, 9), "s'\"\\\n,}"][kind]

    for _ in range(300):
        meant = value(0)
        text = json.dumps(meant)
        assert repair(text) == Repaired(meant, closed=True), seed  # pyright: ignore[reportArgumentType]
        repair(text[: chance.randint(0, len(text))])
        trailing = text.replace("]", ",]").replace("}", ",}") if '"s' not in text and "[]" not in text else text
        if "{}" not in text:
            found = repair(trailing)
            assert found is not None, (seed, trailing)
            assert found.value == meant, seed
