from ccrouter.model.blocks import Text, ToolUse
from ccrouter.model.events import BlockStart, Event, ToolUseBlock
from ccrouter.model.request import Message, Request
from ccrouter.transformers.tool_ids import HistoryIds, UniqueIds
from tests.transformers.filters import every_cut
from tests.transformers.replies import call, reply, text


def ids(events: list[Event]) -> list[str]:
    return [
        event.block.id for event in events if isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock)
    ]


def history(*used: str) -> HistoryIds:
    uses = tuple(ToolUse(id_, "T", {}) for id_ in used)
    return HistoryIds(Request("m", (Message("user", "q"), Message("assistant", (Text("a"), *uses)))))


def unique(events: list[Event], *used: str) -> list[str]:
    return ids(every_cut(lambda: UniqueIds(history(*used)), events))


def test_new_ids_stay() -> None:
    events = reply(text(0, "a"), call(1, "T", "{}", "call_1"), call(2, "T", "{}", "call_2"))
    assert unique(events, "call_0") == ["call_1", "call_2"]


def test_ids_of_earlier_turns_are_not_used_again_however_many_there_were() -> None:
    used = ["call_0"]
    for _ in range(4):
        (id_,) = unique(reply(call(0, "T", "{}", "call_0")), *used)
        assert id_ not in used
        assert unique(reply(call(0, "T", "{}", "call_0")), *used) == [id_]  # the same on a replay
        used.append(id_)


def test_empty_and_repeated_ids_of_one_reply() -> None:
    event = reply(call(0, "T", "{}", "x"), call(1, "T", "{}", "x"), call(2, "T", "{}", "y"))
    event = [BlockStart(2, ToolUseBlock("", "T")) if isinstance(e, BlockStart) and e.key == 2 else e for e in event]
    found = unique(event)
    assert found[0] == "x"
    assert all(found)
    assert len(set(found)) == 3


def test_history_is_read_only_when_asked() -> None:
    used = history("a")
    assert "a" in used
    assert "b" not in used
    assert 7 not in used
