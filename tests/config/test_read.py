"""Bytes of any kind give a document or a problem with a place, never an exception."""

import random
from pathlib import Path

import pytest

from ccrouter.config.read import read
from tests.config.loading import unmark

JSON = Path("config.json")
YAML = Path("config.YAML")


def test_byte_order_marks_and_encodings() -> None:
    text = '{"a": "ü"}'
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        result = read(data, JSON)
        assert result.document is not None
        assert result.document.value == {"a": "ü"}
        assert result.document.position("/a") == (1, 7)


@pytest.mark.parametrize("file", [JSON, YAML])
def test_bytes_that_are_not_utf8(file: Path) -> None:
    (problem,) = read(b'{\n "\xc3\xbc": "\xff"}', file).problems
    assert (problem.severity, problem.line, problem.column) == ("error", 2, 8)
    assert "not valid UTF-8" in problem.message


def test_a_cut_utf16_file() -> None:
    (problem,) = read(b"\xff\xfe{\x00\x00\xd8", JSON).problems
    assert "not valid UTF-16" in problem.message


def test_yaml_by_its_suffix_with_positions() -> None:
    result = read(b"a:\n  - b: 1\n    c: x y\n", YAML)
    assert result.document is not None
    assert result.document.value == {"a": [{"b": 1, "c": "x y"}]}
    assert result.document.position("/a/0/c") == (3, 8)
    assert result.document.position("/a/0/c", key=True) == (3, 5)


def test_yaml_scalars_anchors_and_merges() -> None:
    text = "base: &b {x: 1, y: [no, ~]}\nother:\n  <<: *b\n  x: 2\n"
    text += "2025-08-07: 2025-08-07\n8080: '8080'\nn: 0x1F\nf: 1.5e+3\n"
    result = read(text.encode(), YAML)
    assert result.document is not None
    assert result.document.value == {
        "base": {"x": 1, "y": [False, None]},
        "other": {"x": 2, "y": [False, None]},
        "2025-08-07": "2025-08-07",  # JSON has no dates; model names do.
        "8080": "8080",
        "n": 31,
        "f": 1500.0,
    }


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("§", "empty", "Providers:"),
        ("a: 1\n b§: 2\n", "mapping values are not allowed here", "indentation"),
        ("a:\n§\t- x\n", "cannot start any token", "spaces"),
        ("a: §*secret\n", "undefined alias", "quotes"),
        ("a: §!tag x\n", "tags", "Take it away"),
        ("a: 1\n§---\nb: 2\n", "second document", "---"),
        ("a: §0b_\n", "not a value of its type", "quotes"),
        ("a: '§\x07'\n", "does not allow", "Take it away"),
        ("{? §[1]: 2}", "a key must be text", "quotes"),
        ("<<: §3\n", "<< must name a mapping", None),
        ("a: §!!binary x\n", "", None),
    ],
)
def test_yaml_errors(text: str, message: str, fix: str | None) -> None:
    text, position = unmark(text)
    result = read(text.encode(), YAML)
    if not message:
        assert result.document is not None  # Binary is kept as the text it is written in.
        return
    (problem,) = result.problems
    assert result.document is None
    assert message in problem.message
    assert (problem.line, problem.column) == position
    assert fix is None or fix in (problem.fix or "")
    assert "secret" not in str(problem)


def test_a_yaml_key_given_twice() -> None:
    result = read(b"a: 1\na: 2\n", YAML)
    assert result.document is not None
    assert result.document.value == {"a": 2}
    assert [(problem.severity, problem.line) for problem in result.problems] == [("warning", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: &x [*x]",
        "a: &a {<<: *a}",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]" for n in range(8)),
    ],
    ids=["deep", "alias to itself", "merge of itself", "billion laughs"],
)
def test_yaml_bombs_are_refused(text: str) -> None:
    result = read(text.encode(), YAML)
    assert result.document is None
    assert result.problems


def test_deep_json_is_refused() -> None:
    for text in ("[" * 1_000_000, '{"a":' * 100_000):
        assert "deep" in read(text.encode(), JSON).problems[0].message


@pytest.mark.parametrize("file", [JSON, YAML])
def test_no_bytes_raise(file: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    words = "{ } [ ] : , \" ' \\ // /* */ \\u \\ud83d \\x 0x 1e9 . - + Infinity true null & * << ! !! | > % @ ? ---"
    words += " ü 😀 \u2028 \ufeff !!int !!float !!bool &a *a"
    pieces = [
        *(bytes([code]) for code in range(256)),
        *(word.encode() for word in words.split(" ")),
        *(b"\n", b"\r\n", b"<<: *a", b"? ", b"- ", b"key: ", b"!!int ", b"!!float .", b"!!timestamp "),
    ]
    for _ in range(4000):
        data = b"".join(source.choices(pieces, k=source.randrange(1, 24)))
        result = read(data, file)
        assert (result.document is None) == any(problem.severity == "error" for problem in result.problems)
