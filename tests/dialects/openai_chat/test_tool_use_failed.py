"""Groq's word for a call that its own parser refused: the model's doing, so another attempt may do better."""

import orjson

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.errors import MALFORMED_CALL
from ccrouter.model.events import Failed
from ccrouter.sse import FrameSplitter

ERROR = {
    "error": {
        "message": "Tool call validation failed: missing properties: 'name'",
        "type": "invalid_request_error",
        "code": "tool_use_failed",
        "failed_generation": '{"name": "T", "arguments": {}}',
        "status_code": 400,
    }
}


def test_as_an_answer_and_in_a_stream() -> None:
    raw = orjson.dumps(ERROR)
    decoder = OPENAI_CHAT.decoder(ReplyContext("groq", "m"))
    (frame,) = FrameSplitter().feed(b"event: error\ndata: " + raw + b"\n\n")
    (failed,) = decoder.frame(frame)
    assert isinstance(failed, Failed)
    for error in (OPENAI_CHAT.error(400, {}, raw), failed.error):
        assert error.retryable
        assert (error.detail.status, error.detail.code) == (400, MALFORMED_CALL)
        assert error.detail.message == ERROR["error"]["message"]
