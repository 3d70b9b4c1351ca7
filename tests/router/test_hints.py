"""Session ids and routing hints."""

import pytest

from ccrouter.model.json import Json
from ccrouter.model.request import Request
from ccrouter.router import Hints, hints_of, session_id_of

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
OLD = f"user_{'ab' * 32}_account__session_{UUID}"


def asked(metadata: Json) -> Request:
    return Request(model="m", messages=(), extras={"metadata": metadata})


@pytest.mark.parametrize(
    ("headers", "metadata", "session"),
    [
        ({"x-claude-code-session-id": UUID}, None, UUID),
        ({"x-claude-code-session-id": UUID}, {"user_id": "user_x_account__session_other"}, UUID),
        ({"x-claude-code-session-id": " "}, {"user_id": OLD}, UUID),
        ({}, {"user_id": OLD}, UUID),
        ({}, {"user_id": f'{{"device_id":"d","account_uuid":"","session_id":"{UUID}"}}'}, UUID),
        ({}, {"user_id": f'{{"x":1,"session_id":"{UUID}","parent_session_id":"p"}}'}, UUID),
        ({}, {"user_id": '{"device_id":"d"}'}, None),
        ({}, {"user_id": '{"session_id":5}'}, None),
        ({}, {"user_id": '{"session_id":""}'}, None),
        ({}, {"user_id": '{"session_id":"a\\nforged line"}'}, None),
        ({}, {"user_id": '{"session_id'}, None),
        ({}, {"user_id": "a_session_" + "x" * 1000}, None),
        ({}, {"user_id": "someone"}, None),
        ({}, {"user_id": ""}, None),
        ({}, {"user_id": 7}, None),
        ({}, {}, None),
        ({}, "text", None),
        ({}, None, None),
    ],
)
def test_session_id(headers: dict[str, str], metadata: Json, session: str | None):
    assert session_id_of(headers, asked(metadata)) == session


def test_hints():
    assert hints_of({}) == Hints()
    assert hints_of(
        {
            "x-claude-code-request-class": "Subagent",
            "x-claude-code-agent-type": "Explore",
            "x-claude-code-agent-id": "a1",
            "x-claude-code-parent-agent-id": "a0",
            "x-claude-code-auxiliary-type": "title",
        }
    ) == Hints("subagent", "title", "Explore", "a1", "a0")
