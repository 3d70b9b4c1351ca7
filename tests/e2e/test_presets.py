"""A preset used by the real client: `ccr NAME`, beside the main configuration."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.launched import run
from tests.e2e.scripts import play
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text

pytestmark = pytest.mark.e2e


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


@pytest.fixture
def other() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream, tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path, strict_config(upstream))
    made.write()
    yield made
    made.stop()


def test_a_preset_is_installed_and_used_by_its_name(
    daemon: Daemon, upstream: OpenAIChatUpstream, other: OpenAIChatUpstream, version: str, tmp_path: Path
) -> None:
    upstream.begin(play(text("From the main one.")))
    other.begin(play(text("From the preset.")))
    source = tmp_path / "quick"
    source.mkdir()
    provider = {"name": "strict", "api_base_url": other.endpoint, "api_key": "${QUICK_KEY}", "models": ["m-quick"]}
    manifest = {"name": "quick", "Providers": [provider], "Router": {"default": "strict,m-quick"}}
    (source / "manifest.json").write_text(json.dumps(manifest))
    installed = daemon.ccr("preset", "install", str(source), "--set", "QUICK_KEY=sk-upstream")
    assert installed.returncode == 0, installed
    done = run(daemon, version, "Say hello", "-p", command=["quick"])
    assert (done.returncode, done.stdout.strip()) == (0, "From the preset."), done
    assert {request.model for request in other.requests} == {"m-quick"}
    assert upstream.requests == []
    done = run(daemon, version, "Say hello", "-p")
    assert (done.returncode, done.stdout.strip()) == (0, "From the main one."), done
    assert daemon.ccr("preset", "delete", "quick").returncode == 0
    done = run(daemon, version, "Say hello", "-p", command=["quick"])
    assert done.returncode != 0
    assert "There is no command 'quick'" in done.stderr
