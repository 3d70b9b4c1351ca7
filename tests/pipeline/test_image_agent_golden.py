"""One golden file a conversation with images: the client's history, and what a chat model that sees nothing is sent."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.notes import Notes
from ccrouter.pipeline.look_rounds import LookRounds
from tests.dialects.golden_cases import sealed
from tests.upstreams.openai_chat_rules import Strictness, refusal

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "image_agent").glob("*.json"))
TEXT_ONLY = Quirks(images=False)


def sent(case: Any) -> Any:
    """The wire body for the case's request."""
    rounds = LookRounds(decode_request(sealed({"model": "m", "max_tokens": 100, **case["request"]})))
    notes = Notes()
    body = OPENAI_CHAT.encode(rounds.request, model="m", origin="acme", quirks=TEXT_ONLY, notes=notes)
    assert notes.entries == []
    return orjson.loads(orjson.dumps(body))


def test_there_are_cases() -> None:
    assert len(GOLDEN) >= 7


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    case = orjson.loads(path.read_bytes())
    body = sent(case)
    assert body["messages"] == case["messages"]
    assert [tool["function"]["name"] for tool in body["tools"]] == case["tools"]
    assert refusal(body, Strictness(images=False)) is None
    assert sent(case) == body
