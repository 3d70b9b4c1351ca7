"""`ccr explain` as users run it, without a daemon and with what the last one left."""

import json
from typing import Any

import orjson

from tests.commands.conftest import Ccr

BODY = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}


def told(ccr: Ccr, *arguments: str) -> Any:
    answer = ccr.run("explain", "--json", *arguments)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_a_file_without_a_daemon(ccr: Ccr) -> None:
    ccr.write_config(Router={"default": "mock,m-text", "think": "mock,m-think"})
    file = ccr.home / "request.json"
    file.write_bytes(orjson.dumps({**BODY, "thinking": {"type": "enabled", "budget_tokens": 1024}}))
    now = told(ccr, str(file), "--wire")["now"]
    assert (now["scenario"], now["live"]) == ("think", False)
    assert now["targets"][0]["wire"]["body"]["model"] == "m-think"
    shown = ccr.run("explain", str(file)).stdout
    for expected in ("thinking is enabled", "mock,m-think", "no daemon runs", "no web search tool"):
        assert expected in shown


def test_a_header_and_a_sample(ccr: Ccr) -> None:
    ccr.write_config(Router={"default": "mock,m-text", "background": "mock,m-think"})
    file = ccr.home / "request.json"
    file.write_bytes(orjson.dumps(BODY))
    assert told(ccr, str(file), "--header", "X-Claude-Code-Request-Class: auxiliary")["now"]["scenario"] == "background"
    assert told(ccr, "--scenario", "background")["now"]["targets"][0]["target"] == "mock,m-think"


def test_a_logged_request_of_the_last_daemon(ccr: Ccr) -> None:
    record = {"id": "req_1", "at": 1.0, "scenario": "think", "reason": "because", "status": 502, "error": "all ill"}
    (ccr.folder / "router-requests.jsonl").write_bytes(orjson.dumps(record) + b"\n")
    for arguments in (("--id", "req_1"), ("--last",)):
        assert told(ccr, *arguments) == {"record": record, "now": None}
        shown = ccr.run("explain", *arguments)
        assert "all ill" in shown.stdout
        assert "no longer in memory" in shown.stderr


def test_mistakes_are_told(ccr: Ccr) -> None:
    for arguments, expected in (
        (("--id", "req_2"), "Nothing is known of the request req_2"),
        (("--last",), "No request is logged yet"),
        (("--scenario", "tink"), "Did you mean think?"),
        (("--last", "--scenario", "think"), "is enough"),
        (("nowhere.json",), "nowhere.json: No such file"),
        (("-",), "standard input is empty"),
        (("--scenario", "think", "--header", "nonsense"), "not 'name: value'"),
    ):
        answer = ccr.run("explain", *arguments)
        assert answer.returncode != 0, arguments
        assert expected in answer.stderr, answer.stderr


def test_what_cannot_be_routed_has_exit_code_1(ccr: Ccr) -> None:
    file = ccr.home / "request.json"
    file.write_bytes(orjson.dumps({**BODY, "model": "nobody,x"}))
    answer = ccr.run("explain", str(file))
    assert answer.returncode == 1
    assert "Provider 'nobody' is not configured" in answer.stdout
