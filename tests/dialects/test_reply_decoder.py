"""What every decoder of a foreign reply does with a frame, before its dialect has a look at it."""

from typing import Any

import pytest

from ccrouter.dialects.base import Dialect, ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.model.events import Failed, Start, TextDelta
from ccrouter.sse import Frame

TEXT = {
    OPENAI_CHAT.name: b'{"choices":[{"index":0,"delta":{"content":"%b"}}]}',
    OPENAI_RESPONSES.name: b'{"type":"response.output_text.delta","output_index":0,"delta":"%b"}',
    GEMINI.name: b'{"candidates":[{"content":{"role":"model","parts":[{"text":"%b"}]}}]}',
}
every_dialect = pytest.mark.parametrize(
    "dialect", [OPENAI_CHAT, OPENAI_RESPONSES, GEMINI], ids=lambda found: found.name
)


def frame(data: bytes) -> Frame:
    return Frame(None, data)


@every_dialect
def test_blank_frames_say_nothing(dialect: Dialect) -> None:
    decoder = dialect.decoder(ReplyContext("acme", "m"))
    assert decoder.frame(frame(b"")) == decoder.frame(frame(b" \n")) == []


@every_dialect
@pytest.mark.parametrize("data", [b"{", b"oops", b"null", b"7"])
def test_what_is_no_object_fails_once(dialect: Dialect, data: bytes) -> None:
    decoder = dialect.decoder(ReplyContext("acme", "m"))
    (failed,) = decoder.frame(frame(data))
    assert isinstance(failed, Failed)
    assert "stream frame" in failed.error.detail.message
    assert decoder.frame(frame(TEXT[dialect.name] % b"x")) == decoder.whole(b"{}") == decoder.end() == []


@every_dialect
def test_half_a_surrogate_pair_is_read(dialect: Dialect) -> None:
    events = dialect.decoder(ReplyContext("acme", "m")).frame(frame(TEXT[dialect.name] % rb"\ud83d"))
    assert isinstance(events[0], Start)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["\ufffd"]


@every_dialect
def test_filters_see_chunks_in_turn_and_may_drop_them(dialect: Dialect) -> None:
    seen: list[Any] = []

    def drop(chunk: Any) -> None:
        seen.append(chunk)

    def never(chunk: Any) -> Any:
        raise AssertionError(chunk)

    decoder = dialect.decoder(ReplyContext("acme", "m", wire_filters=(drop, never)))
    assert decoder.frame(frame(TEXT[dialect.name] % b"x")) == []
    assert len(seen) == 1
    assert isinstance(decoder.end()[-1], Failed)
