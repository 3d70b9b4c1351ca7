import random
import time
from collections.abc import Iterable, Sequence

import orjson
import pytest

from ccrouter.transformers.leak_scanner import LeakScanner, Piece
from ccrouter.transformers.leaked_forms import FORMS, LeakedCall, Schemas
from tests.transformers.leaks import CALLS, LEAKS, NAMES, SCHEMAS

TAGGED = [name for name in FORMS if name != "fenced_json"]


def scanned(
    parts: Iterable[str], forms: Sequence[str], schemas: Schemas = SCHEMAS, *, complete: bool = True
) -> list[Piece]:
    scanner = LeakScanner([FORMS[name] for name in forms], schemas)
    pieces = [piece for part in parts for piece in scanner.feed(part)]
    pieces += scanner.finish(complete=complete)
    joined: list[Piece] = []
    for piece in pieces:
        assert piece != ""
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def cuts(text: str) -> Iterable[list[str]]:
    yield from ([text[:at], text[at:]] for at in range(len(text) + 1))
    yield list(text)
    yield [text[at : at + 7] for at in range(0, len(text), 7)]


def same(calls: list[Piece]) -> list[Piece]:
    """Calls with their arguments as JSON is compared: by value."""
    return [
        LeakedCall(piece.name, orjson.dumps(orjson.loads(piece.arguments)).decode())
        if isinstance(piece, LeakedCall)
        else piece
        for piece in calls
    ]


@pytest.mark.parametrize(("form", "leak"), LEAKS, ids=NAMES)
def test_a_leak_is_found_however_it_is_cut(form: str, leak: str) -> None:
    text = f"I look.\n\n{leak}\n\nThat `was` it."
    expected = ["I look.\n\n", *CALLS, "That `was` it."]
    for parts in cuts(text):
        assert same(scanned(parts, [form])) == expected, parts
    assert same(scanned([text], list(FORMS))) == expected


@pytest.mark.parametrize(("form", "leak"), LEAKS, ids=NAMES)
def test_tools_that_nobody_offered_stay_text(form: str, leak: str) -> None:
    for parts in cuts(leak):
        assert scanned(parts, [form], {"Read": {}}) == [leak], parts


@pytest.mark.parametrize(("form", "leak"), LEAKS, ids=NAMES)
def test_a_cut_reply_loses_no_letter(form: str, leak: str) -> None:
    """Whole calls before the cut count; the one that was cut is text, as it came."""
    for at in range(1, len(leak)):
        pieces = scanned([leak[:at]], [form], complete=False)
        whole = [piece for piece in same(pieces) if isinstance(piece, LeakedCall)]
        assert whole == CALLS[: len(whole)]
        if not whole:
            assert pieces == [leak[:at]]


@pytest.mark.parametrize(("form", "leak"), [entry for entry in LEAKS if entry[0] not in ("deepseek", "fenced_json")])
@pytest.mark.parametrize("quote", ["```\n{}\n```", "```xml\nx\n{}", "````\n```\n{}\n```\n````", "  ```\n{}\n  ```"])
def test_a_leak_in_a_code_block_is_text(form: str, leak: str, quote: str) -> None:
    text = quote.format(leak)
    for parts in cuts(text):
        assert scanned(parts, [form]) == [text], parts


@pytest.mark.parametrize("text", ["`{}`", "Write `{}` so", "``{}`` and", "`a` and `{}`"])
def test_a_leak_between_backticks_is_text(text: str) -> None:
    text = text.format('<tool_call>{"name": "List"}</tool_call>')
    for parts in cuts(text):
        assert scanned(parts, TAGGED) == [text], parts


@pytest.mark.parametrize("text", ["```\ncode\n```\n", "Don`t.\n", "`a`", "````\n```\n````\n", "Use ```x``` so: "])
def test_a_leak_behind_code_is_a_call(text: str) -> None:
    for parts in cuts(text + '<tool_call>{"name": "List"}</tool_call>'):
        assert scanned(parts, TAGGED) == [text, LeakedCall("List", "{}")], parts


@pytest.mark.parametrize(
    "text",
    [
        "a < b <t <tool_call <tool_calls <function <function=> <invoke name>",
        "<tool_call> is the tag that Qwen writes",
        "<tool_call>\n\n",
        '<tool_call>{"name": "List", "arguments": {"a": }}</tool_call>',
        '<tool_call>{"name": "List", "arguments": [1]}</tool_call>',
        '<tool_call>{"arguments": {}}</tool_call>',
        "<function=Bash>\n<parameter=command>\nls\n",
        "<function=Bash>\nls\n</function>",
        "<tool_call>Bash\n<arg_key>command</arg_key></tool_call>",
        '<function_calls>\n<other name="Bash"></function_calls>',
        '<invoke name="Bash">text</invoke>',
        "<｜DSML｜thinking>no</｜DSML｜thinking>",
        "<|tool_call_begin|>functions.Bash:0<|tool_call_argument_begin|>{nonsense<|tool_call_end|>",
        "<｜tool▁call▁begin｜>Bash<｜tool▁sep｜><｜tool▁call▁end｜x",
    ],
)
def test_what_is_no_whole_call_is_given_out_exactly(text: str) -> None:
    for parts in cuts(text):
        assert scanned(parts, TAGGED) == [text], parts


@pytest.mark.parametrize(
    ("leak", "arguments"),
    [
        (
            '<tool_call>{"name": "Bash", "arguments": {"command": "echo </tool_call> x"}}</tool_call>',
            "echo </tool_call> x",
        ),
        ("<function=Bash><parameter=command>echo </function>\n</parameter></function>", "echo </function>"),
        ("<function=Bash><parameter=command>echo </parameter>\n</parameter></function>", "echo </parameter>"),
        ('<invoke name="Bash"><parameter name="command">a </invoke> b</parameter></invoke>', "a </invoke> b"),
        ("<function=Bash>\n<parameter=command>\n  two\nlines\n\n</parameter>\n</function>", "  two\nlines\n"),
        ("<tool_call>{'name': 'Bash', 'arguments': {'command': 'ls',}}</tool_call>", "ls"),
        ('<tool_call>{"name": "Bash", "arguments": "{\\"command\\": \\"ls\\"}"}</tool_call>', "ls"),
        ('<tool_call>{"function": {"name": "Bash", "parameters": {"command": "ls"}}}</tool_call>', "ls"),
        ('<tool_call>{"name": "Bash", "arguments": {"command": "ls"}}', "ls"),  # the stop token was swallowed
        ('<|tool_call_begin|>functions.Bash:0<|tool_call_argument_begin|>{"command": "ls"}', "ls"),
    ],
)
def test_arguments_that_hold_what_would_end_them(leak: str, arguments: str) -> None:
    for parts in cuts(leak):
        expected = [LeakedCall("Bash", orjson.dumps({"command": arguments}).decode())]
        assert same(scanned(parts, TAGGED)) == expected, parts


def test_values_are_what_the_schema_says() -> None:
    leak = (
        '<｜DSML｜invoke name="Bash"><｜DSML｜parameter name="command" string="true">5</｜DSML｜parameter>'
        '<｜DSML｜parameter name="background" string="false">true</｜DSML｜parameter>'
        '<｜DSML｜parameter name="edits" string="false">[{"a": 1}]</｜DSML｜parameter>'
        '<｜DSML｜parameter name="unknown" string="false">{"b": 2}</｜DSML｜parameter>'
        '<｜DSML｜parameter name="other" string="true">7</｜DSML｜parameter></｜DSML｜invoke>'
    )
    (found,) = scanned([leak], ["dsml"])
    assert isinstance(found, LeakedCall)
    assert orjson.loads(found.arguments) == {
        "command": "5",
        "background": True,
        "edits": [{"a": 1}],
        "unknown": {"b": 2},
        "other": "7",
    }


def test_text_is_held_no_longer_than_it_must_be() -> None:
    scanner = LeakScanner([FORMS[name] for name in TAGGED], SCHEMAS)
    assert scanner.feed("a <") == ["a "]
    assert scanner.feed("b") == ["<b"]
    assert scanner.feed("<tool_call>") == []
    assert scanner.feed(" is") == []  # a tool of that name?
    assert scanner.feed(" a") == ["<", "tool_call> is a"]
    assert scanner.feed("<function=Write>") == ["<", "function=Write>"]


def test_fuzz() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    leaks = [leak for _, leak in LEAKS]
    for _ in range(400):
        text = "".join(
            chance.choice([chance.choice(leaks), "x ", "`", "```\n", "<", "\n", "<tool_call>", "</tool_call>", "é😀"])
            for _ in range(chance.randint(1, 5))
        )
        for _ in range(chance.randint(0, 3)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(["", "<", "`", "\n", '"', "}"]) + text[at + chance.randint(0, 2) :] or "x"
        forms = chance.sample(list(FORMS), chance.randint(1, len(FORMS)))
        whole = scanned([text], forms)
        for size in (1, 2, 5, 17):
            assert scanned([text[at : at + size] for at in range(0, len(text), size)], forms) == whole, (
                seed,
                text,
                forms,
            )
        if not any(isinstance(piece, LeakedCall) for piece in whole):
            assert "".join(map(str, whole)) == text, (seed, text)


def test_a_long_answer_takes_time_by_its_length_alone() -> None:
    """Twenty times the text, at most some fifty times the time: no step looks at everything again."""

    def seconds(lines: int) -> float:
        parts = ["a `b` <c>\n"] * lines + ["<function=Bash><parameter=command>"] + ["echo <x>\n"] * lines
        begun = time.thread_time()  # not what other processes take
        scanned(parts, TAGGED)
        return time.thread_time() - begun

    seconds(10)
    assert seconds(4000) < 50 * max(seconds(200), 0.001)
