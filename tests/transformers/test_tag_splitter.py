import random
import re

import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueDelta,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    Usage,
    UsageUpdate,
)
from ccrouter.transformers.tag_splitter import THINK_TAGS, TagSplitter, Where
from tests.transformers.filters import every_cut
from tests.transformers.replies import PROVIDER, call, reply, text, thinking


def split(*blocks: list[Event], stop: str = "end_turn", end: Event | None = None) -> list[Event]:
    return every_cut(lambda: TagSplitter(THINK_TAGS[:1], PROVIDER), reply(*blocks, stop=stop, end=end))


def split_at(where: Where, *blocks: list[Event], end: Event | None = None) -> list[Event]:
    return every_cut(lambda: TagSplitter(THINK_TAGS, PROVIDER, where=where), reply(*blocks, end=end))


def test_tag_becomes_thinking_and_the_white_space_around_it_goes() -> None:
    assert split(text(0, "\n<think>\nab < c\n</think>\n\nHello\n")) == reply(
        thinking(0, "ab < c\n"), text(1, "Hello\n")
    )


def test_no_tag_leaves_every_character() -> None:
    answer = " \n a < b <thin <thinks> </think> <<think"
    assert split(text(0, answer)) == reply(text(0, answer))


def test_text_before_the_tag_stays() -> None:
    assert split(text(0, "Well. <think>hm</think>So.")) == reply(text(0, "Well. "), thinking(1, "hm"), text(2, "So."))


def test_unclosed_tag_is_thinking_and_a_tool_call_still_works() -> None:
    assert split(text(0, "<think>I should look </thi"), call(1, "Read", '{"a":1}', "id"), stop="tool_use") == reply(
        thinking(0, "I should look </thi"), call(1, "Read", '{"a":1}', "id"), stop="tool_use"
    )


def test_empty_pair_of_tags_leaves_no_block() -> None:
    assert split(text(0, "<think>\n\n</think>\n\nHi")) == reply(text(0, "Hi"))


def test_a_tag_in_backticks_is_quoted() -> None:
    answer = "Write `<think>` first."
    assert split(text(0, answer)) == reply(text(0, answer))
    assert split(text(0, "`<think>` <think>a</think>b")) == reply(text(0, "`<think>` "), thinking(1, "a"), text(2, "b"))


def test_only_the_first_pair_counts() -> None:
    assert split(text(0, "<think>a</think>b<think>c</think>d")) == reply(
        thinking(0, "a"), text(1, "b<think>c</think>d")
    )


def test_each_text_block_may_have_a_pair_and_keys_stay_unique() -> None:
    blocks = [thinking(5, "own", "signed"), text(6, "<think>a</think>b"), call(7, "T", "{}", "i"), text(8, "<think>c")]
    assert split(*blocks, stop="tool_use") == reply(
        thinking(0, "own", "signed"),
        thinking(1, "a"),
        text(2, "b"),
        call(3, "T", "{}", "i"),
        thinking(4, "c"),
        stop="tool_use",
    )


def test_empty_text_block_stays_one() -> None:
    empty: list[Event] = [BlockStart(3, TextBlock()), BlockStop(3)]
    assert split(empty) == reply([BlockStart(0, TextBlock()), BlockStop(0)])


def test_white_space_alone_is_text() -> None:
    assert split(text(0, " \n")) == reply(text(0, " \n"))


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        ("Hello <thi", [BlockStart(0, TextBlock()), TextDelta(0, "Hello <thi")]),
        ("<think>hm </th", [BlockStart(0, ThinkingBlock()), ThinkingDelta(0, "hm </th")]),
        ("<think>a</think>", [BlockStart(0, ThinkingBlock()), ThinkingDelta(0, "a")]),
    ],
)
def test_a_failure_gives_out_what_was_held_and_closes_nothing(came: str, shown: list[Event]) -> None:
    failed = Failed(upstream_failure("cut"))
    opened: list[Event] = [BlockStart(0, TextBlock()), TextDelta(0, came)]
    out = split(opened, end=failed)
    assert out[0] == Start("msg_1", "model")
    assert out[1 : 1 + len(shown)] == shown
    assert out[-1] == failed


def test_usage_passes_and_opaque_deltas_stay_with_their_text() -> None:
    usage = UsageUpdate(Usage(output=3))
    citation = OpaqueDelta(0, {"type": "citations_delta"})
    events: list[Event] = [
        Start(None, None),
        BlockStart(0, TextBlock()),
        TextDelta(0, "ab <"),
        citation,
        usage,
        BlockStop(0),
        Finish("end_turn"),
    ]
    out = every_cut(lambda: TagSplitter(THINK_TAGS[:1], PROVIDER), events)
    assert out == events


def test_fuzz_against_the_whole_text_at_once() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    pieces = ["<think>", "</think>", "<", "think>", "</", " ", "\n", "`", "a", "é😀", "<thi"]
    for _ in range(200):
        content = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        found = re.fullmatch(r"(.*?)(?<!`)<think>(.*?)(?:</think>(.*))?", content, re.DOTALL)
        before, thought, after = found.groups(default="") if found else (content, "", "")
        out = split(text(0, content))
        blocks = [(type(event), event.text) for event in out if isinstance(event, TextDelta | ThinkingDelta)]
        expected = [
            (TextDelta, before if before.strip() or not found else ""),
            (ThinkingDelta, thought.lstrip()),
            (TextDelta, after.lstrip()),
        ]
        assert blocks == [block for block in expected if block[1]], (seed, content)


@pytest.mark.parametrize(("opening", "closing"), THINK_TAGS)
def test_an_answer_that_begins_with_a_tag_begins_with_thinking(opening: str, closing: str) -> None:
    answer = f"\n{opening}\nhm {closing}\n\nYes. {opening}no{closing}"
    assert split_at("start", text(0, answer)) == reply(thinking(0, "hm "), text(1, f"Yes. {opening}no{closing}"))


@pytest.mark.parametrize(
    "answer",
    ["Well <think>a</think>", "`<think>` is a tag", " \n x<think>", "<thin", "<b>", "<thinkx>", "", "  \n"],
)
def test_a_tag_anywhere_else_than_at_the_start_is_text(answer: str) -> None:
    blocks: list[Event] = text(0, answer) if answer else [BlockStart(0, TextBlock()), BlockStop(0)]
    assert split_at("start", blocks, call(1, "T", "{}", "i")) == reply(blocks, call(1, "T", "{}", "i"))


def test_after_plain_text_every_event_passes_with_its_own_key() -> None:
    splitter = TagSplitter(THINK_TAGS, PROVIDER, where="start")
    splitter(reply(text(0, "Hi"))[:3])
    assert splitter.idle
    batch: list[Event] = [BlockStop(0), *text(17, "<think>")]
    assert splitter(batch) is batch


@pytest.mark.parametrize("before", [[], [UsageUpdate(Usage(output=1))]], ids=["start", "usage"])
def test_an_answer_that_begins_with_other_text_passes_as_it_is_from_the_start(before: list[Event]) -> None:
    splitter = TagSplitter(THINK_TAGS, PROVIDER, where="start")
    batch = reply(before, text(0, " \nHi"), text(1, "<think>a</think>"))
    assert splitter(batch) is batch
    assert splitter.idle


def test_keys_that_are_not_ours_are_renamed_whatever_the_answer_begins_with() -> None:
    splitter = TagSplitter(THINK_TAGS, PROVIDER, where="start")
    assert splitter(reply(text(3, "Hi"), text(0, "Hm"))) == reply(text(0, "Hi"), text(1, "Hm"))
    assert not splitter.idle


def test_an_answer_that_begins_with_a_call_holds_no_thinking() -> None:
    blocks = [call(0, "T", "{}", "i"), text(1, "<think>a</think>")]
    assert split_at("start", *blocks) == reply(*blocks)
    splitter = TagSplitter(THINK_TAGS, PROVIDER, where="start")
    splitter(reply(*blocks)[:2])
    assert splitter.idle


def test_half_a_pair_at_the_start_goes() -> None:
    assert split_at("start", text(0, "\n</think>\n\nHi </think>")) == reply(text(0, "Hi </think>"))


def test_a_call_ends_thinking_and_the_closing_tag_after_it_goes() -> None:
    blocks = [text(0, "<think>I look."), call(1, "T", "{}", "i"), text(2, "\n</think>\n"), text(3, "So.")]
    assert split_at("start", *blocks) == reply(thinking(0, "I look."), call(1, "T", "{}", "i"), text(2, "So."))


def test_implicit_beginning() -> None:
    assert split_at("implicit", text(0, "I look. </think>\nYes.")) == reply(thinking(0, "I look. "), text(1, "Yes."))
    assert split_at("implicit", text(0, "<think>a</think>b")) == reply(thinking(0, "a"), text(1, "b"))


def test_implicit_thinking_that_never_ends_was_the_answer() -> None:
    assert split_at("implicit", text(0, "All of it.")) == reply(thinking(0, "All of it."), text(1, "All of it."))


def test_implicit_is_off_where_the_server_tells_reasoning_itself() -> None:
    blocks = [thinking(0, "hm", "signed"), text(1, "Yes.")]
    assert split_at("implicit", *blocks) == reply(*blocks)


@pytest.mark.parametrize("where", ["start", "implicit"])
def test_a_failure_at_the_start_gives_out_what_was_held(where: Where) -> None:
    failed = Failed(upstream_failure("cut"))
    opened: list[Event] = [BlockStart(0, TextBlock()), TextDelta(0, "\n<thi")]
    out = split_at(where, opened, end=failed)
    assert "".join(event.text for event in out if isinstance(event, TextDelta | ThinkingDelta)) == "\n<thi"
    assert out[-1] == failed


def test_fuzz_at_the_start() -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    pieces = ["<think>", "</think>", "<", "think>", "</", " ", "\n", "`", "a", "é😀", "<thi"]
    for _ in range(200):
        content = "".join(chance.choices(pieces, k=chance.randint(1, 8)))
        found = re.fullmatch(r"\s*<think>(.*?)(?:</think>(.*))?", content, re.DOTALL)
        stray = re.fullmatch(r"\s*</think>\s*(.*)", content, re.DOTALL)
        out = split_at("start", text(0, content))
        blocks = [(type(event), event.text) for event in out if isinstance(event, TextDelta | ThinkingDelta)]
        if found:
            thought, after = found.groups(default="")
            expected = [(ThinkingDelta, thought.lstrip()), (TextDelta, after.lstrip())]
        else:
            expected = [(TextDelta, stray.group(1) if stray else content)]
        assert blocks == [block for block in expected if block[1]], (seed, content)
