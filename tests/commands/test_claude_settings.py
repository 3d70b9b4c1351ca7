"""Settings of Claude Code that win over what `ccr code` gives it."""

import json
from pathlib import Path

from ccrouter.commands.claude_settings import overriding_headers, overriding_settings, settings_files

ENDPOINT = "http://127.0.0.1:3456"


def test_only_what_leads_past_the_daemon_is_told(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"

    def told(**environment: object) -> list[str]:
        file.write_text(json.dumps({"env": environment, "permissions": {}}))
        return overriding_settings([tmp_path / "missing.json", file], ENDPOINT)

    assert told() == []
    assert told(ANTHROPIC_BASE_URL=ENDPOINT + "/", DISABLE_TELEMETRY="1", CLAUDE_CODE_USE_BEDROCK="") == []
    lines = told(ANTHROPIC_BASE_URL="https://elsewhere.example", CLAUDE_CODE_USE_VERTEX="1")
    assert [line.split()[:3] for line in lines] == [
        [str(file), "sets", "ANTHROPIC_BASE_URL,"],
        [str(file), "sets", "CLAUDE_CODE_USE_VERTEX,"],
    ]
    file.write_text("{ not json")
    assert overriding_settings([file], ENDPOINT) == []


def test_headers_that_take_the_place_of_ours_are_told(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"

    def told(headers: str | None) -> list[str]:
        file.write_text(json.dumps({"env": {} if headers is None else {"ANTHROPIC_CUSTOM_HEADERS": headers}}))
        return overriding_headers([tmp_path / "missing.json", file], "x-ccr-hints: on")

    assert told(None) == []
    assert told("X-Corp: a\nx-ccr-hints: on") == []
    (line,) = told("X-Corp: a")
    assert line.startswith(f"{file} sets ANTHROPIC_CUSTOM_HEADERS, which wins over `ccr code`: add the line 'x-ccr-")
    assert overriding_headers([file], None) == []


def test_where_claude_code_reads_its_settings(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "project"
    assert settings_files({}, home, project) == [
        home / ".claude" / "settings.json",
        project / ".claude" / "settings.json",
        project / ".claude" / "settings.local.json",
    ]
    assert settings_files({"CLAUDE_CONFIG_DIR": "/x"}, home, project)[0] == Path("/x/settings.json")
