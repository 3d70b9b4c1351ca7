import re
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter import api
from ccrouter.api import (
    BlockStop,
    Context,
    Event,
    EventFilter,
    Finish,
    JsonObject,
    Message,
    Request,
    Start,
    Text,
    TextBlock,
    TextDelta,
    Transformer,
    context_for,
    run_reply,
    run_request,
    run_wire,
)
from ccrouter.config.types import UserTransformer
from ccrouter.plugins import load_transformers

DOCS = Path(__file__).parents[1] / "docs"
REPLY = [Start(None, None), api.BlockStart(0, TextBlock()), TextDelta(0, "hi"), BlockStop(0), Finish("end_turn")]


class Loud(Transformer):
    name = "loud"

    def request(self, request: Request, context: Context) -> Request:
        context.notes.add("system", "/system", "made loud")
        return replace(request, system="LOUD")

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        body["model"] = context.model
        return body

    def events(self, context: Context) -> EventFilter:
        def louder(batch: list[Event]) -> list[Event]:
            return [
                replace(event, text=event.text.upper()) if isinstance(event, TextDelta) else event for event in batch
            ]

        return louder


def test_all_names_exist_and_are_sorted() -> None:
    assert api.__all__ == sorted(api.__all__, key=lambda name: (not name[0].isupper(), name))
    assert all(hasattr(api, name) for name in api.__all__)


def test_every_event_and_block_can_be_imported() -> None:
    for union in (api.Event, api.Block, api.BlockHead):
        for kind in union.__args__:  # pyright: ignore[reportAttributeAccessIssue]
            assert getattr(api, kind.__name__) is kind
            assert kind.__name__ in api.__all__


def test_hooks_can_be_tried_without_a_daemon() -> None:
    request = Request("model", (Message("user", (Text("hi"),)),))
    context = context_for(request, model="upstream")
    assert run_request(Loud(), request, context).system == "LOUD"
    assert [note.what for note in context.notes.entries] == ["system"]
    given: JsonObject = {"model": "x"}
    assert run_wire(Loud(), given, context) == {"model": "upstream"}
    assert given == {"model": "x"}
    assert run_reply(Loud(), REPLY, context)[2] == TextDelta(0, "HI")
    assert run_reply(Transformer(), REPLY, context) == REPLY


def test_a_filter_that_breaks_the_grammar_is_told() -> None:
    class Broken(Transformer):
        name = "broken"

        def events(self, context: Context) -> EventFilter:
            return lambda batch: [event for event in batch if not isinstance(event, BlockStop)]

    with pytest.raises(AssertionError, match="Finish in a text block"):
        run_reply(Broken(), REPLY, context_for(Request("model", ())))


EXAMPLES = [
    (path.name, number, source)
    for path in (DOCS / "writing-transformers.md", DOCS / "porting-transformers.md")
    for number, source in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL))
]


@pytest.mark.parametrize(("document", "number", "source"), EXAMPLES)
def test_examples_in_the_documents_load(document: str, number: int, source: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(source)
    found, problems = load_transformers([UserTransformer(path)])
    assert problems == []
    assert found
    for transformer in found.values():
        request = Request("model", (Message("user", "Hello"),), max_tokens=100)
        context = context_for(request)
        made = transformer()
        made.quirks(context.quirks)
        assert isinstance(run_request(made, request, context), Request)
        assert isinstance(run_wire(made, {"model": "model", "messages": []}, context), dict)
        run_reply(made, REPLY, context)
        wire_filter = made.wire_reply(context)
        if wire_filter is not None:
            chunk: JsonObject = {"choices": [{"index": 0, "delta": {"content": "x"}}]}
            assert wire_filter(chunk) is None or isinstance(wire_filter(chunk), dict)
