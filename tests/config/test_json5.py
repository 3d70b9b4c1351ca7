"""The JSON5 reader against the specification (https://spec.json5.org) and against Python's own JSON."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from ccrouter.config.document import Document
from ccrouter.config.read import read
from tests.config.loading import unmark

FILE = Path("config.json")

# The example of json5.org, "Short example", and the cases of the specification's chapters 3 to 7.
JSON_ORG = """{
  // comments
  unquoted: 'and you can quote me on that',
  singleQuotes: 'I can use "double quotes" here',
  lineBreaks: "Look, Mom! \\
No \\\\n's!",
  hexadecimal: 0xdecaf,
  leadingDecimalPoint: .8675309, andTrailing: 8675309.,
  positiveSign: +1,
  trailingComma: 'in objects', andIn: ['arrays',],
  "backwardsCompatible": "with JSON",
}"""


def document(text: str) -> Document:
    result = read(text.encode(), FILE)
    assert result.document is not None, result.problems
    return result.document


def test_the_example_of_json5_org() -> None:
    assert document(JSON_ORG).value == {
        "unquoted": "and you can quote me on that",
        "singleQuotes": 'I can use "double quotes" here',
        "lineBreaks": "Look, Mom! No \\n's!",
        "hexadecimal": 0xDECAF,
        "leadingDecimalPoint": 0.8675309,
        "andTrailing": 8675309.0,
        "positiveSign": 1,
        "trailingComma": "in objects",
        "andIn": ["arrays"],
        "backwardsCompatible": "with JSON",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        ("[]", []),
        ("null", None),
        ("true", True),
        ("-0xC8", -200),
        ("+.5e+1", 5.0),
        ("5.e-1", 0.5),
        ("-0", 0),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("+Infinity", math.inf),
        ("1e999", math.inf),
        (r"'\x41\u0042\b\f\n\r\t\v\0\'\"\\\/'", "AB\b\f\n\r\t\v\0'\"\\/"),
        (r"'\A\C\/\D\C'", "AC/DC"),
        ("'a\\\r\nb\\\rc\\\u2028d\\\u2029e'", "abcde"),
        ("'a\u2028b'", "a\u2028b"),
        (r"'\ud83d\ude00'", "😀"),
        (r"'x\ud83d'", "x\ufffd"),
        ("{$a_1: 1, ünïcödé: 2, \\u0061b: 3, a\u200cb: 4, Infinity: 5, null: 6, true: 7}", None),
        ("\ufeff /* a * / **/ [ // x\n\u00a0\v\f\u2003 1 /* , */ , ] // end", [1]),
    ],
)
def test_values(text: str, expected: Any) -> None:
    value = document(text).value
    if "$a_1" in text:
        expected = {"$a_1": 1, "ünïcödé": 2, "ab": 3, "a\u200cb": 4, "Infinity": 5, "null": 6, "true": 7}
    assert value == expected
    assert type(value) is type(expected)


def test_nan() -> None:
    value = document("[NaN, -NaN]").value
    assert isinstance(value, list)
    assert all(isinstance(item, float) and math.isnan(item) for item in value)


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("§", "the file is empty", "Providers"),
        ("§// only a comment\n", "the file is empty", "Providers"),
        ('{"a": 1 §"b": 2}', "expected ',' or '}', found a string", "comma after the value before it (line 1)"),
        ('{\n  "a": 1\n  §"b": 2\n}', "expected ',' or '}', found a string", "(line 2)"),
        ('{"a" §"b"}', "expected ':' after the key, found a string", "Write :"),
        ('{"a" §= "b"}', "expected ':' after the key, found '='", "Write :"),
        ("{a§-b: 1}", "expected ':' after the key, found '-'", "quotes around the whole key"),
        ('{"a": 1,§,}', "expected a key or '}', found ','", "one comma too many"),
        ("[1,§,]", "expected a value, found ','", "comma"),
        ("[§,]", "expected a value, found ','", "comma"),
        ('{"a": §}', "expected a value, found '}'", "Write a value"),
        ('{"a": [1, 2§}', "expected ',' or ']', found '}'", "Close the [ of line 1 with ]"),
        ('{"a": {"b": 1§]', "expected ',' or '}', found ']'", "Close the { of line 1 with }"),
        ('{"a":\n {"b": 1}§', "the '{' at 1:1 is not closed", "Add }"),
        ("{\n a: [§", "the '[' at 2:5 is not closed", "Add ]"),
        ('{"a": [§', "the '[' at 1:7 is not closed", "Add ]"),
        ("{}§}", "complete here, but '}' follows", "bracket too many"),
        ('{"a": §"x\n}', "string that begins here is not closed", 'Put " at its end'),
        ('{"a": §"it\'s}', "string that begins here is not closed", 'Put " at its end'),
        ("{§/* }", "comment that begins here is not closed", "*/"),
        ('{"a": §True}', "expected a value, found True", "Write true"),
        ('{"a": §None}', "expected a value, found None", "Write null"),
        ('{"a": §undefined}', "expected a value, found undefined", "Write null"),
        ('{"a": §hello}', "expected a value, found text without quotes", "quotes"),
        ("{§“a”: 1}", "expected a key or '}', found '“'", "straight double quotes"),
        ('{"a": 1§，"b": 2}', "expected ',' or '}'", "Write , instead"),
        ('{"a": 1§; "b": 2}', "expected ',' or '}'", "Write , instead"),
        ('§# comment\n{"a": 1}', "expected a value, found '#'", "Comments begin with //"),
        ('{"a": §01}', "this is not a number", "leading zero"),
        ('{"a": §1x}', "this is not a number", "quotes"),
        ('{"a": §-}', "this is not a number", "quotes"),
        ('{"a": §127.0.0.1}', "this is not a number", "quotes"),
        (f'{{"a": §{"9" * 500}}}', "too many digits", None),
        (r'{"a": "C:§\users"}', r"\u must be followed by 4", "write two"),
        (r'{"a": "C:§\xampp"}', r"\x must be followed by 2", "write two"),
        (r'{"a": "§\1"}', r"\1 is not an escape", "write two"),
        (r'{"a": "§\01"}', r"\0 is not an escape", "write two"),
        ("{§0: 1}", "expected a key or '}', found a number", "quotes around the key"),
        ("[" * 101 + "§[", "nested more than 100 levels deep", None),
    ],
)
def test_syntax_errors(text: str, message: str, fix: str | None) -> None:
    text, position = unmark(text)
    result = read(text.encode(), FILE)
    assert result.document is None
    (problem,) = result.problems
    assert problem.severity == "error"
    assert message in problem.message
    assert (problem.line, problem.column) == position
    if fix:
        assert fix in (problem.fix or "")


def test_a_syntax_error_does_not_show_what_may_be_a_key() -> None:
    (problem,) = read(b'{"api_key": sk-secret}', FILE).problems
    assert "secret" not in str(problem)


def test_positions_of_keys_and_values() -> None:
    text = '{\r\n  a: 1,\r  "b/c~d": [\n    true, {x: "y"}],\n}'
    found = document(text)
    assert found.position("") == (1, 1)
    assert found.position("/a") == (2, 6)
    assert found.position("/a", key=True) == (2, 3)
    assert found.position("/b~1c~0d") == (3, 12)
    assert found.position("/b~1c~0d", key=True) == (3, 3)
    assert found.position("/b~1c~0d/0") == (4, 5)
    assert found.position("/b~1c~0d/1/x") == (4, 15)
    assert found.position("/b~1c~0d/1/x", key=True) == (4, 12)
    # What is not there is shown at its parent.
    assert found.position("/b~1c~0d/1/missing/deeper") == (4, 11)


def test_a_key_given_twice_is_a_warning_and_the_last_one_counts() -> None:
    text, position = unmark('{"a": {"x": 1},\n §"a": 2}')
    result = read(text.encode(), FILE)
    assert result.document is not None
    assert result.document.value == {"a": 2}
    assert result.document.position("/a/x") == (2, 7)  # Nothing is left of the first one.
    (problem,) = result.problems
    assert (problem.severity, problem.line, problem.column) == ("warning", *(position or ()))
    assert "twice, at 1:2" in problem.message


def test_a_backslash_that_means_nothing_is_a_warning() -> None:
    text, position = unmark(r'{"path": "C:§\Program Files"}')
    result = read(text.encode(), FILE)
    assert result.document is not None
    assert result.document.value == {"path": "C:Program Files"}  # As JSON5 defines it.
    (problem,) = result.problems
    assert (problem.severity, problem.line, problem.column) == ("warning", *(position or ()))


def random_json(source: random.Random, depth: int) -> Any:
    kind = source.randrange(7 if depth else 5)
    match kind:
        case 0:
            return source.choice([None, True, False])
        case 1:
            return source.randrange(-(10**12), 10**12)
        case 2:
            return source.uniform(-1e6, 1e6)
        case 3 | 4:
            return "".join(chr(source.choice([*range(0x20, 0x250), 0x2028, 0x1F600, 0x0A])) for _ in range(6))
        case 5:
            return [random_json(source, depth - 1) for _ in range(source.randrange(4))]
        case _:
            return {f"k{index}~/'": random_json(source, depth - 1) for index in range(source.randrange(4))}


def test_every_json_is_read_as_python_reads_it() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    for _ in range(300):
        value = random_json(source, 4)
        text = json.dumps(value, indent=source.choice([None, 2]), ensure_ascii=source.random() < 0.5)
        assert document(text).value == value
