"""`ccr doctor` as a process, on homes that were made up, with a provider on loopback."""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.commands.doctor.world import KEY, Home, provider
from tests.upstreams.misbehaving import untrusted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mode bits and a shell script")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Home(tmp_path, int(probe.getsockname()[1]))


def found(report: dict[str, Any], area: str, *levels: str) -> list[str]:
    return [entry["text"] for entry in report["findings"] if entry["area"] == area and entry["level"] in levels]


def test_all_well(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        done = home.run()
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\nAll well.\n")
    assert done.stderr == ""
    for text in ("config.json is good", "mock answers in", "and takes its key", "Claude Code 2.1.332", "clock agrees"):
        assert text in done.stdout, text
    assert set(mock.asked) == {"GET"}  # nothing was spent
    assert KEY not in done.stdout


def test_deep_sends_one_request(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        report = home.report("--deep")
    assert report["well"] is True
    assert mock.asked.count("POST") == 1
    assert any('"OK"' in text for text in found(report, "providers", "ok"))


def test_a_model_that_is_not_there_shows_with_deep_only(home: Home) -> None:
    with provider(fails=404) as mock:
        home.begin(mock.url)
        assert home.report()["well"] is True
        report = home.report("--deep")
    assert "No such model: 127.0.0.1" in found(report, "providers", "error")[0]
    assert report["todo"]


def test_no_config_at_all(home: Home) -> None:
    home.claude("2.1.197 (Claude Code)")
    done = home.run()
    assert done.returncode == 1
    assert "there is no config at" in done.stdout
    assert " 1. Set everything up: ccr init" in done.stdout
    assert list(home.path.glob(".claude-code-router*")) == []  # it looks, it makes nothing


def test_a_broken_config_keeps_nothing_else_from_being_looked_at(home: Home) -> None:
    with provider() as mock:
        entry = {"name": "mock", "api_base_url": mock.url, "api_key": KEY, "models": ["m-text"]}
        home.begin(mock.url)
        home.write({"PORT": "many", "Providers": [entry], "Router": {"default": "nobody,m-text"}, "Rooter": 1})
        report = home.report()
        assert len(found(report, "config", "error")) >= 2  # all of them, not the first
        assert any("mock answers in" in text for text in found(report, "providers", "ok"))
        home.write("{ Providers: [")
        assert found(home.report(), "config", "error")
    home.config.unlink()
    home.config.mkdir()
    assert "folder" in found(home.report(), "config", "error")[0]


def test_a_variable_without_a_value(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        home.private(home.folder / ".env", "")
        report = home.report()
    assert "mock has no key: the variable MOCK_KEY is not set" in found(report, "providers", "error")
    assert len(report["todo"]) == 1
    assert report["todo"][0].startswith("Export MOCK_KEY")


def test_what_others_may_read_or_change(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        (home.folder / ".env").chmod(0o644)
        home.folder.chmod(0o777)
        report = home.report()
        assert f"Keep them to yourself: chmod 600 {home.folder / '.env'}" in report["todo"]
        assert report["todo"][0] == f"Keep them out: chmod go-w {home.folder}"
        home.folder.chmod(0o755)
        (home.folder / ".env").chmod(0o600)
        home.config.chmod(0o644)  # keys are in .env: anybody may read the config
        assert home.report()["well"] is True
        home.config.write_text(home.config.read_text().replace("$MOCK_KEY", KEY))
        assert f"Keep them to yourself: chmod 600 {home.config}" in home.report()["todo"]


class Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        pass


@pytest.fixture
def taken(home: Home) -> Iterator[int]:
    """Another program has the port."""
    server = HTTPServer(("127.0.0.1", home.port), Elsewhere)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield os.getpid()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_the_port_is_taken(home: Home, taken: int) -> None:
    home.begin()
    text = found(home.report(), "daemon", "error")[0]
    assert f"127.0.0.1:{home.port} is taken by" in text
    if sys.platform == "linux":
        assert f"(pid {taken})" in text


def test_a_daemon_that_has_gone_and_one_that_hangs(home: Home) -> None:
    home.begin()
    state = {"pid": 2**22 + 1, "host": "127.0.0.1", "port": home.port, "instance": "x", "admin_token": "secret-token-1"}
    home.private(home.folder / "daemon.json", json.dumps(state))
    assert "which is gone" in found(home.report(), "daemon", "note")[0]
    home.private(home.folder / "daemon.json", json.dumps(state | {"pid": os.getpid()}))
    report = home.report()
    assert "lives, but no daemon answers" in found(report, "daemon", "warning")[0]
    assert "secret-token-1" not in json.dumps(report)


def test_a_running_daemon(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        ccr = [sys.executable, "-P", "-m", "ccrouter"]
        environment = {**os.environ, "HOME": str(home.path), "CCR_CONFIG": str(home.config)}
        subprocess.run([*ccr, "start"], env=environment, check=True, capture_output=True, timeout=60)
        try:
            report = home.report()
            assert report["well"] is True
            assert f"it runs at http://127.0.0.1:{home.port}" in found(report, "daemon", "ok")[0]
        finally:
            subprocess.run([*ccr, "stop"], env=environment, check=True, capture_output=True, timeout=60)


def test_settings_that_win_over_ours(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url, APIKEY="sk-ours-0123456789")
        token = "sk-ant-0123456789abcdef"
        file = home.settings(
            env={
                "ANTHROPIC_BASE_URL": "https://elsewhere.example",
                "ANTHROPIC_AUTH_TOKEN": token,
                "ANTHROPIC_MODEL": "mock,m-text",
            }
        )
        report = home.report()
        assert len(found(report, "settings", "error")) == 2
        assert "every request goes there" in found(report, "settings", "warning")[0]
        assert f"Take it out of env in {file}: ANTHROPIC_BASE_URL" in report["todo"]
        assert token not in json.dumps(report)
        home.settings(env={"ANTHROPIC_BASE_URL": f"http://localhost:{home.port}/"}, apiKeyHelper="/bin/key")
        assert home.report()["well"] is True
        file.write_text("{ not json")
        assert f"Mend {file}" in home.report()["todo"]
        file.unlink()
        report = home.report(CLAUDE_CODE_SUBAGENT_MODEL="mock,m-text", ANTHROPIC_API_KEY="sk-ant-shell-0123456789")
        assert report["todo"] == ["Take it out of the shell: unset CLAUDE_CODE_SUBAGENT_MODEL"]


def test_claude_code_that_is_old_or_not_there(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        home.claude("2.1.100 (Claude Code)")
        assert "is older than" in found(home.report(), "claude code", "warning")[0]
        (home.path / ".claude").mkdir()
        (home.path / ".claude" / ".credentials.json").write_text("{}")
        assert "may send your Anthropic login" in found(home.report(), "claude code", "error")[0]
        (home.path / "bin" / "claude").unlink()
        assert found(home.report(), "claude code", "error") == ["Claude Code was not found"]


def test_a_dead_provider_and_a_wrong_key(home: Home) -> None:
    home.begin()
    report = home.report()
    assert "No connection: could not connect to 127.0.0.1:9" in found(report, "providers", "error")[0]
    with provider() as mock:
        wrong = "sk-wrong-0123456789abcdef"
        home.write(home.config.read_text().replace("http://127.0.0.1:9/v1", mock.url))
        home.private(home.folder / ".env", f"MOCK_KEY={wrong}\n")
        done = home.run()
    assert done.returncode == 1
    assert "Wrong key" in done.stdout
    assert wrong not in done.stdout  # though the provider repeats it


def test_tls_that_is_not_trusted_and_how_it_is_mended(home: Home, tmp_path: Path) -> None:
    context = untrusted(tmp_path)
    bundle = tmp_path / "self-signed.pem"
    with provider(context) as mock:
        home.begin(mock.url)
        report = home.report(NODE_EXTRA_CA_CERTS=str(bundle))
        assert "No TLS" in found(report, "providers", "error")[0]
        assert f'mock: Give it the authority that Claude Code trusts: "ca_bundle": "{bundle}"' in report["todo"]
        home.write(home.config.read_text().replace('"name": "mock"', f'"name": "mock", "ca_bundle": "{bundle}"'))
        assert home.report()["well"] is True
    assert isinstance(context, ssl.SSLContext)


def test_certificates_that_are_none(home: Home, tmp_path: Path) -> None:
    with provider() as mock:
        home.begin(mock.url)
        text = found(home.report(NODE_EXTRA_CA_CERTS="/nowhere.pem"), "network", "error")[0]
        assert text == "NODE_EXTRA_CA_CERTS names /nowhere.pem, which cannot be used: it is not there"
        (tmp_path / "no.pem").write_text("hello")
        report = home.report(SSL_CERT_FILE=str(tmp_path / "no.pem"))
    assert "no certificates in it" in found(report, "network", "error")[0]


@pytest.mark.parametrize(("ahead", "level"), [(-3600, "error"), (120, "warning"), (10, "ok")])
def test_a_clock_that_is_wrong(home: Home, ahead: float, level: str) -> None:
    with provider(ahead=ahead) as mock:
        home.begin(mock.url)
        report = home.report()
    assert len(found(report, "clock", level)) == 1


def test_proxies_and_their_passwords(home: Home) -> None:
    with provider() as mock:
        home.begin(mock.url)
        report = home.report(HTTPS_PROXY="http://me:hunter2hunter2@proxy.example:3128", ALL_PROXY="socks5://x:1")
        assert "hunter2" not in json.dumps(report)
        assert "HTTPS_PROXY: providers are asked through proxy.example:3128" in found(report, "network", "note")
        assert "ALL_PROXY is a socks5 proxy" in found(report, "network", "error")[0]
        assert any("NO_PROXY" in advice for advice in report["todo"])
        good = home.report(HTTPS_PROXY="http://proxy.example:3128", NO_PROXY="localhost,127.0.0.1")
        assert good["well"] is True


def test_another_config_and_a_narrow_terminal(home: Home) -> None:
    home.begin()
    done = home.run("--config", str(home.config))
    assert done.returncode == 1
    narrow = home.run(PYTHONIOENCODING="ascii")
    assert "✗" not in narrow.stdout
    assert "XX" in narrow.stdout
