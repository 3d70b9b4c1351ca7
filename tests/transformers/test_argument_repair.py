import random
from collections.abc import Sequence
from typing import Literal

import orjson
import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.events import BlockStart, BlockStop, Event, Failed, ThinkingDelta, ToolInputDelta, ToolUseBlock
from ccrouter.model.json import JsonObject
from ccrouter.transformers.argument_repair import ArgumentRepair
from ccrouter.transformers.json_prefix import JsonPrefix
from tests.transformers.filters import every_cut
from tests.transformers.replies import call, cut, filtered, merged, reply, text

SCHEMAS: dict[str, JsonObject] = {
    "Edit": {"type": "object", "properties": {"path": {"type": "string"}, "edits": {"type": "array"}}},
    "List": {},
}
Mode = Literal["syntax", "schema"]


def mended(
    *blocks: Sequence[Event], stop: str = "tool_use", end: Event | None = None, mode: Mode = "syntax"
) -> list[Event]:
    return every_cut(lambda: ArgumentRepair(SCHEMAS, mode), reply(*blocks, stop=stop, end=end))


def arguments(events: Sequence[Event]) -> str:
    return "".join(event.json for event in events if isinstance(event, ToolInputDelta))


@pytest.mark.parametrize("mode", ["syntax", "schema"])
@pytest.mark.parametrize("stop", ["tool_use", "end_turn", "max_tokens", "refusal"])
def test_whole_but_broken_arguments_are_mended_at_any_finish(stop: str, mode: Mode) -> None:
    out = mended(text(0, "ok"), call(1, "Edit", "{'path': 'a',}", "i"), stop=stop, mode=mode)
    assert out == reply(text(0, "ok"), call(1, "Edit", '{"path":"a"}', "i"), stop=stop)


@pytest.mark.parametrize("mode", ["syntax", "schema"])
@pytest.mark.parametrize("json", ['{ "path" : "a",  "n": 1.0 }', "{}\n", "  {}", '{"path": "é😀\\ud83d\\ude00"}', ""])
def test_good_json_keeps_its_bytes(json: str, mode: Mode) -> None:
    events = reply(call(0, "Edit", json), call(1, "Unknown", json), stop="tool_use")
    assert mended(*[events[1:-1]], mode=mode) == events


def test_good_json_streams_as_it_comes() -> None:
    json = '{"path": "a b\\nc", "edits": [{"k": true}, -1.5e3, null]}'
    event_filter = ArgumentRepair(SCHEMAS, "syntax")
    event_filter([BlockStart(0, ToolUseBlock("i", "Edit"))])
    sent = ""
    for end, character in enumerate(json, 1):
        sent += arguments(event_filter([ToolInputDelta(0, character)]))
        # Never behind by more than a number, a word, an escape, or what stands between two strings.
        assert json[:end].startswith(sent)
        assert end - len(sent) <= 8, (sent, json[:end])
    assert sent == json
    delta = ToolInputDelta(1, "more text ")
    event_filter = ArgumentRepair(SCHEMAS, "syntax")
    event_filter([BlockStart(1, ToolUseBlock("i", "Edit")), ToolInputDelta(1, '{"path": "')])
    assert event_filter([delta])[0] is delta


def test_what_was_streamed_before_the_defect_stays_sent() -> None:
    event_filter = ArgumentRepair(SCHEMAS, "syntax")
    event_filter([BlockStart(0, ToolUseBlock("i", "Edit"))])
    first = event_filter([ToolInputDelta(0, '{"path": "two\\n lines and ')])
    assert arguments(first) == '{"path": "two\\n lines and '
    assert arguments(event_filter([ToolInputDelta(0, 'a "quote" inside\n')])) == "a "
    rest = event_filter([ToolInputDelta(0, 'and a break", edits: [1,],}'), BlockStop(0)])
    whole = arguments(first) + "a " + arguments(rest)
    assert orjson.loads(whole) == {"path": 'two\n lines and a "quote" inside\nand a break', "edits": [1]}


@pytest.mark.parametrize("mode", ["syntax", "schema"])
@pytest.mark.parametrize("raw", ['{"path": "rm -rf /home', "nonsense", '{"path": 1}{"path": 2}', "[1]", "7"])
def test_what_cannot_be_mended_goes_on_raw_never_empty(raw: str, mode: Mode) -> None:
    events = reply(call(0, "Edit", raw), call(1, "List", "{}"), stop="tool_use")
    assert mended(events[1:-1], mode=mode) == events


@pytest.mark.parametrize(("json", "value"), [('{"path": "a"}}', '{"path": "a"}'), ('{"path": "a"}{"path": "a"}', None)])
def test_surplus_after_the_object_is_dropped(json: str, value: str | None) -> None:
    assert arguments(mended(call(0, "Edit", json))) == '{"path": "a"}'


@pytest.mark.parametrize("mode", ["syntax", "schema"])
def test_missing_brackets_are_added_when_the_reply_was_not_cut(mode: Mode) -> None:
    broken = call(0, "Edit", '{"path":"a"', "i")
    after = [*text(1, "then"), *call(2, "Edit", '{"path":"b","edits":[1', "j")]
    assert mended(broken, after, mode=mode) == reply(
        call(0, "Edit", '{"path":"a"}', "i"),
        text(1, "then"),
        call(2, "Edit", '{"path":"b","edits":[1]}', "j"),
        stop="tool_use",
    )


@pytest.mark.parametrize("mode", ["syntax", "schema"])
@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded"])
def test_missing_brackets_of_a_cut_reply_stay_missing(stop: str, mode: Mode) -> None:
    events = reply(call(0, "Edit", '{"path": "a"'), stop=stop)
    assert mended(events[1:-1], stop=stop, mode=mode) == events


@pytest.mark.parametrize("mode", ["syntax", "schema"])
@pytest.mark.parametrize("json", ['{"path": "a"', '{"path": "a"}', '{path: "a"', '{"path": "a'])
def test_a_failure_in_a_call_gives_out_what_came_and_closes_nothing(json: str, mode: Mode) -> None:
    opened: list[Event] = [BlockStart(0, ToolUseBlock("i", "Edit")), ToolInputDelta(0, json)]
    failed = Failed(upstream_failure("cut"))
    assert mended(opened, end=failed, mode=mode) == reply(opened, end=failed)


def test_null_stands_for_no_arguments_where_none_are_required() -> None:
    assert arguments(mended(call(0, "List", "null"))) == "{}"
    needy = ArgumentRepair({"Edit": {"required": ["path"]}}, "syntax")
    assert arguments(filtered(needy, reply(call(0, "Edit", "null")), 1)) == "null"


def test_white_space_alone_is_no_arguments() -> None:
    assert mended(call(0, "List", " \n")) == reply(call(0, "List", ""), stop="tool_use")


@pytest.mark.parametrize("name", ["Edit</arg_value>", " Edit\n", "Edit<|channel|>json"])
def test_a_name_with_something_stuck_to_it_is_the_tool_on_offer(name: str) -> None:
    assert mended(call(0, name, "{}", "i")) == reply(call(0, "Edit", "{}", "i"), stop="tool_use")


def test_a_name_nobody_offered_stays() -> None:
    events = reply(call(0, "edit ", "{}", "i"), stop="tool_use")
    assert mended(events[1:-1]) == events


def test_schema_mode_fits_what_is_json_already() -> None:
    out = mended(call(0, "Edit", '{"path ": "a", "edits": "[1]"}', "i"), mode="schema")
    assert out == reply(call(0, "Edit", '{"path":"a","edits":[1]}', "i"), stop="tool_use")


def test_other_events_pass_while_nothing_is_open() -> None:
    event_filter = ArgumentRepair(SCHEMAS, "syntax")
    assert event_filter.idle
    thinking = ThinkingDelta(0, "hm")
    assert event_filter([thinking]) == [thinking]


def test_fuzz_every_result_is_what_the_repair_reads_or_raw() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    pieces = [
        '{"path":',
        '"a\\n"',
        "'x'",
        '"',
        ",",
        ":",
        "[",
        "]",
        "{",
        "}",
        "1",
        "tru",
        "e",
        "\\",
        "\n",
        '"edits"',
        " ",
        "\\ud83d",
    ]
    for _ in range(1500):
        raw = chance.choice(['{"path": "', "{", '{"edits": [', ""]) + "".join(
            chance.choices(pieces, k=chance.randint(1, 9))
        )
        stop = chance.choice(["tool_use", "max_tokens"])
        events = reply(call(0, "Edit", raw), stop=stop)
        outs = {
            arguments(merged(filtered(ArgumentRepair(SCHEMAS, "syntax"), cut(events, size), 2))) for size in (1, 3, 99)
        }
        assert len(outs) == 1, (seed, raw, outs)
        out = outs.pop()
        if out.strip() == raw.strip():
            continue
        assert isinstance(orjson.loads(out), dict), (seed, raw, out)
        prefix = JsonPrefix()
        assert out.startswith("".join(prefix.feed(character) for character in raw)), (seed, raw, out)
