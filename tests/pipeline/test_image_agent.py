"""How a conversation with images is told to a model that sees none."""

import pytest

from ccrouter.model.blocks import Image, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Message, Request, Tool
from ccrouter.pipeline.image_agent import (
    DEFAULT_TASK,
    MOST_AT_ONCE,
    Look,
    Seen,
    as_told,
    image_id,
    images_of,
    look_block,
    needs_agent,
    read_call,
    tool_name,
    with_tool,
)

RED = Image({"type": "base64", "media_type": "image/png", "data": "UkVE"})
BLUE = Image({"type": "url", "url": "https://x.example/blue.png"})
LOOK = Look("call_1", {"imageId": [image_id(RED)], "task": "Colour?"}, (image_id(RED),), "Colour?")
IDS = ("3fa9c1d2", "00112233")


def told(*messages: Message) -> tuple[Message, ...]:
    return as_told(messages, "analyzeImage")


def test_an_id_is_of_the_content_alone() -> None:
    assert image_id(RED) == image_id(Image({"data": "UkVE", "type": "base64"}, {"cache_control": {}}))
    assert image_id(RED) != image_id(BLUE)
    assert len({image_id(RED), image_id(BLUE), image_id(Image({"type": "file", "file_id": "f_1"}))}) == 3


def test_images_are_told_by_their_ids_wherever_they_stand() -> None:
    mark: JsonObject = {"cache_control": {"type": "ephemeral"}}
    [message] = told(
        Message("user", (Text("Compare"), RED, ToolResult("c", (Text("a.png"), Image(BLUE.source, mark)))))
    )
    words, first, result = message.blocks
    assert words == Text("Compare")
    assert isinstance(first, Text)
    assert first.text == (
        f'[image 1 of 2 in this message, which you cannot see; its id is "{image_id(RED)}". '
        "Call analyzeImage to find out what it shows.]"
    )
    assert isinstance(result, ToolResult)
    assert isinstance(result.content, tuple)
    assert isinstance(result.content[1], Text)
    assert "image 2 of 2" in result.content[1].text
    assert result.content[1].extras == mark
    assert list(images_of([Message("user", (RED, ToolResult("c", (BLUE, RED))))])) == [image_id(RED), image_id(BLUE)]


def test_messages_without_images_stay_the_very_same() -> None:
    messages = (
        Message("user", "Hi"),
        Message("assistant", (Thinking("t", "sig"), Text("a"))),
        Message("user", (Text("b"),)),
    )
    assert all(after is before for after, before in zip(told(*messages), messages, strict=True))
    assert not needs_agent(Request("m", messages))


def test_looks_are_calls_and_results_again() -> None:
    block = look_block([(LOOK, Seen("Red.")), (Look("call_2", {}, error="x"), Seen("x", failed=True))], beside=False)
    assert block.text == f"[Looked at {image_id(RED)}: Colour?]\nRed.\n\n[Looked at an image]\nx"
    before, after = Thinking("hm", "sig"), Text("It is red.")
    assert told(Message("assistant", (before, Text("I look."), block, after))) == (
        Message(
            "assistant",
            (
                before,
                Text("I look."),
                ToolUse("call_1", "analyzeImage", LOOK.input),
                ToolUse("call_2", "analyzeImage", {}),
            ),
        ),
        Message("user", (ToolResult("call_1", "Red."), ToolResult("call_2", "x", is_error=True))),
        Message("assistant", (after,)),
    )
    assert needs_agent(Request("m", (Message("assistant", (block,)),)))


@pytest.mark.parametrize("content", ["And?", (ToolResult("call_b", "a.txt"), Text("And?"))])
def test_a_look_beside_the_clients_calls_is_answered_with_them(content: str | tuple[ToolResult | Text, ...]) -> None:
    block = look_block([(LOOK, Seen("Red."))], beside=True)
    bash = ToolUse("call_b", "Bash", {"command": "ls"})
    assistant, user = told(Message("assistant", (block, bash)), Message("user", content))
    assert assistant.blocks == (ToolUse("call_1", "analyzeImage", LOOK.input), bash)
    rest = (Text(content),) if isinstance(content, str) else content
    assert user.blocks == (ToolResult("call_1", "Red."), *rest)


@pytest.mark.parametrize("data", [None, [], {"calls": 5}, {"calls": [5, {"id": 1, "result": "x"}]}])
def test_a_damaged_look_is_no_look(data: Json) -> None:
    message = Message("assistant", (Thinking("t", seal(Envelope("ccr image agent", "looks", data))), Text("a")))
    assert told(message) == (message,)


def test_a_clients_tool_keeps_its_name() -> None:
    request = Request("m", (), tools=(Tool("analyzeImage"), Tool("Bash")))
    name = tool_name(request)
    assert name == "analyzeImage_"
    assert [tool.name for tool in with_tool(request, name).tools or ()] == ["analyzeImage", "Bash", "analyzeImage_"]
    assert [tool.name for tool in with_tool(Request("m", ()), "x").tools or ()] == ["x"]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (["3fa9c1d2"], ("3fa9c1d2",)),
        ("00112233", ("00112233",)),
        (["#3FA9C1D2", '[image "00112233"]', "3fa9c1d2"], ("3fa9c1d2", "00112233")),
        (["Image #2"], ("00112233",)),
        ([1, "2"], ("3fa9c1d2", "00112233")),
    ],
)
def test_ids_however_the_model_writes_them(given: Json, ids: tuple[str, ...]) -> None:
    look = read_call("c", {"imageId": given, "task": " Read it "}, IDS)
    assert (look.ids, look.task, look.error) == (ids, "Read it", None)


@pytest.mark.parametrize(
    ("arguments", "images", "words"),
    [
        ({"imageId": ["deadbeef"]}, IDS, "No image is called 'deadbeef'"),
        ({"imageId": ["3"]}, IDS, '"3fa9c1d2", "00112233"'),
        ({}, IDS, "No image is named"),
        ([], IDS, "No image is named"),
        ({"imageId": ["1"]}, (), "no image in this conversation"),
        ({"imageId": list(map(str, range(1, 13)))}, tuple(f"{n:08x}" for n in range(12)), f"{MOST_AT_ONCE} at most"),
    ],
)
def test_mistakes_are_told_to_the_model(arguments: Json, images: tuple[str, ...], words: str) -> None:
    error = read_call("c", arguments, images).error
    assert error is not None
    assert words in error


def test_the_only_image_needs_no_name_and_no_task() -> None:
    look = read_call("c", {}, ("3fa9c1d2",))
    assert (look.ids, look.task, look.error) == (("3fa9c1d2",), DEFAULT_TASK, None)
