"""A project's routes count in its folder only, from the first request of a session on, and follow edits."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import Rig
from tests.upstreams.replies import text

pytestmark = pytest.mark.e2e


def asked(rig: Rig, client: ClaudeCode) -> tuple[str, str]:
    """The upstream model that a conversation's first request came to, and the daemon's log line for the session."""
    rig.play(text("ok"))
    answer = client.ask("Say ok")
    assert answer.text == "ok", answer
    model = rig.turns[0].model
    return model, rig.daemon.log_line(answer.session, f"strict,{model}")


def folder_name(project: Path) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in str(project))


def test_a_projects_file_counts_in_its_folder_only(rig: Rig, tmp_path: Path) -> None:
    other = replace(rig.client, folder=tmp_path / "another")
    rig.client.prepare()
    file = rig.client.project / ".ccrouter.json"
    file.write_text('{ Router: { default: "strict,m-chosen" } } // for this project')
    model, line = asked(rig, rig.client)
    assert model == "m-chosen"
    assert "default" in line
    assert asked(rig, other)[0] == "m-default"
    file.write_text('{ Router: {\n  default: "strict,m-chosn" } }')
    assert asked(rig, rig.client)[0] == "m-default"
    status = rig.daemon.ccr("status").stdout
    assert f"{file}:2:" in status
    assert '"strict,m-chosn" is not listed' in status
    file.unlink()
    assert asked(rig, rig.client)[0] == "m-default"
    assert str(file) not in rig.daemon.ccr("status").stdout


def test_the_users_own_file_for_a_project_goes_over_the_projects(rig: Rig) -> None:
    rig.client.prepare()
    (rig.client.project / ".ccrouter.json").write_text('{ Router: { default: "strict,m-think" } }')
    own = rig.daemon.config_path.parent / folder_name(rig.client.project) / "config.json"
    own.parent.mkdir()
    own.write_text('{"Router": {"default": "strict,m-chosen"}}')
    assert asked(rig, rig.client)[0] == "m-chosen"
