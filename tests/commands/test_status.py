"""`ccr status`."""

import json
from typing import TYPE_CHECKING

import pytest

from ccrouter.commands.status import duration, provider_rows, route_rows, workers_words
from ccrouter.model.json import Json

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr


def test_a_running_daemon_is_described(ccr: "Ccr") -> None:
    ccr.run("start")
    status = ccr.run("status")
    assert status.returncode == 0
    lines = status.stdout.splitlines()
    for line in (
        "Status: Running",
        f"Process ID: {ccr.pid()}",
        f"API Endpoint: {ccr.endpoint}",
        "Uptime: 1 h 2 min",
        f"Config: {ccr.config}",
        "Requests: 1 open, 12 since the start",
        "   mock  2 models  openai_chat",
        "   default  mock,m-text",
        "   think    mock,m-think",
        "   warning  config.json:3:1 /LOGG: unknown key",
    ):
        assert line in lines, line


def test_json_is_one_object_with_the_endpoint(ccr: "Ccr") -> None:
    ccr.run("start")
    status = ccr.run("status", "--json")
    assert status.returncode == 0
    report = json.loads(status.stdout)
    assert report["running"] is True
    assert report["endpoint"] == ccr.endpoint
    assert report["pid"] == ccr.pid()
    assert report["open_requests"] == 1


def test_no_daemon_is_exit_code_3(ccr: "Ccr") -> None:
    status = ccr.run("status")
    assert status.returncode == 3
    assert "Status: Not Running" in status.stdout
    assert "ccr start" in status.stdout
    report = ccr.run("status", "--json")
    assert report.returncode == 3
    assert json.loads(report.stdout)["running"] is False


def test_a_daemon_of_elsewhere_is_told_without_details(ccr: "Ccr") -> None:
    ccr.run("start")
    (ccr.folder / "daemon.json").rename(ccr.folder / "elsewhere.json")
    status = ccr.run("status")
    (ccr.folder / "elsewhere.json").rename(ccr.folder / "daemon.json")
    assert status.returncode == 0
    assert f"API Endpoint: {ccr.endpoint}" in status.stdout
    assert "no details" in status.stderr


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
        (86_400 + 30, "1 d"),
        (2 * 86_400 + 3 * 3600 + 59, "2 d 3 h"),
        (-5, "0 s"),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_what_is_missing_or_odd_makes_no_row() -> None:
    assert provider_rows({}) == []
    assert provider_rows({"providers": [{"name": "a", "models": 1, "protocol": None}, 3]}) == [
        ("a", "1 model", ""),
        ("?", "0 models", ""),
    ]
    assert route_rows({"routes": {"default": "a,b", "think": None}}) == [("default", "a,b")]


def test_workers_are_told_where_there_are_some() -> None:
    rows: list[Json] = [{"pid": 11, "requests_total": 3}, {"pid": 12, "requests_total": 0}]
    assert workers_words({"workers": rows, "workers_wanted": 2}) == "2 (pid 11: 3 requests, pid 12: 0 requests)"
    assert workers_words({"workers": rows[:1], "workers_wanted": 2}) == "1 of 2 (pid 11: 3 requests)"
    assert workers_words({}) == ""
