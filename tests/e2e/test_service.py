"""The real daemon as a service: under a double of systemd, and under a real `systemd --user` where one can run."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.plain_http import Streamed, post
from tests.services.double import install_doubles
from tests.services.real_systemd import real_systemd, why_not
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Reply, text

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="systemd is on Linux, its double on POSIX"),
]

ASK: JsonObject = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
UPSTREAM_KEY = "sk-upstream"
"""The one that the strict upstream takes."""


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(lambda body: text("Hello")) as running:
        yield running


@pytest.fixture(params=["double", "systemd"])
def daemon(request: pytest.FixtureRequest, upstream: OpenAIChatUpstream, tmp_path: Path) -> Iterator[Daemon]:
    """Not started yet. Its key is only in the shell's environment."""
    config: JsonObject = json.loads(json.dumps(strict_config(upstream)).replace(UPSTREAM_KEY, "$STRICT_KEY"))
    made = Daemon(tmp_path, config, {"STRICT_KEY": UPSTREAM_KEY})
    if request.param == "double":
        managers = install_doubles(tmp_path / "managers", made.environment()["PATH"])
        made.extra = {**made.extra, **managers.environment}
        made.write()
        yield made
        made.ccr("service", "remove")
        return
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    made.home.mkdir()
    with real_systemd(made.home) as manager:
        made.within = manager.within
        made.extra = {**made.extra, "XDG_RUNTIME_DIR": manager.environment["XDG_RUNTIME_DIR"]}
        made.write()
        yield made
        made.ccr("service", "remove")


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def done(daemon: Daemon, *arguments: str) -> str:
    ran = daemon.ccr(*arguments)
    assert ran.returncode == 0, ran
    return ran.stdout


def answers(daemon: Daemon) -> bool:
    try:
        return post(daemon.url, ASK, KEY).status == 200
    except OSError:
        return False


def test_the_life_of_a_service(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    installed = done(daemon, "service", "install", "--keep-variables")
    assert "The service is installed" in installed
    assert answers(daemon)
    assert upstream.requests[-1].headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    unit = daemon.home / ".config" / "systemd" / "user" / "ccrouter.service"
    assert UPSTREAM_KEY not in unit.read_text()
    assert "Service: systemd started it" in done(daemon, "status")
    first = daemon.pid()
    assert UPSTREAM_KEY not in Path(f"/proc/{first}/environ").read_text()

    # A restart lets an open stream finish.
    pieces = tuple(f"piece-{number} " for number in range(15))
    upstream.begin(lambda body: Reply(text=pieces, pause=0.1))
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY) as stream:
        begun = stream.read(64)
        restarting = threading.Thread(target=done, args=(daemon, "restart"))
        restarting.start()
        assert b"piece-14" in begun + stream.read()
        restarting.join(30)
    upstream.begin(lambda body: text("Hello"))
    second = daemon.pid()
    assert second != first
    assert answers(daemon)

    # A killed daemon comes back by itself.
    os.kill(second, signal.SIGKILL)
    wait_for("systemd starts it again", lambda: answers(daemon))
    assert daemon.pid() != second

    # A stopped one does not.
    done(daemon, "stop")
    assert not answers(daemon)
    shown = daemon.ccr("service", "status")
    assert shown.returncode == 3
    assert "State: stopped" in shown.stdout

    # A broken config is told where it is started, and no try goes on behind it.
    daemon.write({**daemon.config, "Router": {"default": "nobody,m"}})
    failed = daemon.ccr("start")
    assert failed.returncode == 1
    assert "nobody" in failed.stderr
    assert "State: stopped" in daemon.ccr("service", "status").stdout
    daemon.write()
    done(daemon, "start")
    assert answers(daemon)
    assert "Service: systemd started it" in done(daemon, "status")

    assert "is removed" in done(daemon, "service", "remove")
    assert not answers(daemon)
    assert not list(unit.parent.rglob("ccrouter.service"))
    assert "no service" in done(daemon, "service", "remove")


def test_a_folder_with_every_special_character(daemon: Daemon, tmp_path: Path) -> None:
    """Quotes, specifiers, variables: what the unit says must be what is run."""
    folder = tmp_path / "a \"b\" 'c' 100% $HOME \\n 李"
    folder.mkdir()
    (folder / "router.json").write_text(daemon.config_path.read_text())
    (folder / ".env").write_text(f"STRICT_KEY={UPSTREAM_KEY}\n")
    done(daemon, "service", "install", "--config", str(folder / "router.json"))
    assert answers(daemon)
    assert "Service: systemd started it" in done(daemon, "status", "--config", str(folder / "router.json"))
