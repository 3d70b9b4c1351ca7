"""The scenarios are what the issue says they are."""

import orjson

from bench.load import Reply, check, text_deltas
from bench.scenarios import all_scenarios
from bench.upstream import framed


def test_first_turn_has_the_size_and_shape_of_claude_codes():
    body = all_scenarios()["first-turn"].body
    request = orjson.loads(body)
    assert 78_900 <= len(body) <= 79_100
    assert len(request["tools"]) == 24
    assert len(request["system"]) == 3
    assert [message["role"] for message in request["messages"]] == ["user", "system"]
    assert request["stream"] is True


def test_every_first_turn_is_of_another_session_and_asks_something_else():
    one, other = [orjson.loads(all_scenarios()["first-turn"].numbered(number)) for number in (1, 2)]
    assert one["metadata"] != other["metadata"]
    assert one["messages"][0] != other["messages"][0]
    assert one["tools"] == other["tools"]


def test_long_has_100_tool_turns_of_800_kilobytes_and_a_new_end_each_time():
    scenario = all_scenarios()["long-200k"]
    request = orjson.loads(scenario.numbered(7))
    assert 790_000 <= len(scenario.body) <= 810_000
    kinds = [block["type"] for message in request["messages"][1:] for block in blocks(message["content"])]
    assert (kinds.count("tool_use"), kinds.count("tool_result")) == (100, 100)
    assert "Question 00000007" in request["messages"][-1]["content"]
    first, second = scenario.numbered(1), scenario.numbered(2)
    assert (len(first), first != second) == (len(second), True)
    one, other = orjson.loads(first), orjson.loads(second)
    assert one["metadata"] == other["metadata"]
    assert one["messages"][:-1] == other["messages"][:-1]


def blocks(content: str | list[dict[str, str]]) -> list[dict[str, str]]:
    return [] if isinstance(content, str) else content


def test_a_request_is_the_same_in_every_process():
    assert all_scenarios()["first-turn"].body == all_scenarios()["first-turn"].body


def test_every_request_names_its_scenario_and_every_answer_checks_out():
    for name, scenario in all_scenarios().items():
        assert scenario.body.count(f"[[bench:{name}]]".encode()) == 1
        check("upstream", scenario.answer, Reply(200, b"".join(scenario.answer.parts), 0.0, 0.0))


def test_burst_is_5000_deltas_in_one_write():
    answer = all_scenarios()["burst-5000"].answer
    assert len(text_deltas("openai_chat", b"".join(answer.parts))) == 5000
    assert len(framed(answer)) == 1
