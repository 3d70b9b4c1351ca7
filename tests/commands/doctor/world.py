"""Homes made up for the doctor, and a provider on loopback whose clock, certificate and mood are the test's."""

import json
import os
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = "sk-good-0123456789abcdef"
LEADING = ("ANTHROPIC_", "CLAUDE", "CCR_", "NODE_", "SSL_", "HTTP", "HTTPS", "ALL_PROXY", "NO_PROXY", "SERVICE_PORT")


@dataclass
class Provider:
    """An OpenAI-compatible server. `ahead`: by how many seconds its clock is before ours."""

    url: str = ""
    ahead: float = 0.0
    fails: int = 0
    asked: list[str] = field(default_factory=list[str])


@contextmanager
def provider(tls: ssl.SSLContext | None = None, *, ahead: float = 0.0, fails: int = 0) -> Generator[Provider]:
    """It runs until left. `fails`: the status that it answers every completion with."""
    made = Provider(ahead=ahead, fails=fails)

    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(time.time() + made.ahead, usegmt=True)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
            pass

        def answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def good(self) -> bool:
            given = self.headers.get("authorization")
            if given == f"Bearer {KEY}":
                return True
            self.answer(401, {"error": {"message": f"Incorrect API key provided: {given}", "code": "invalid_api_key"}})
            return False

        def do_GET(self) -> None:
            made.asked.append("GET")
            if self.good():
                self.answer(200, {"object": "list", "data": [{"id": "m-text"}]})

        def do_POST(self) -> None:
            made.asked.append("POST")
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if made.fails:
                self.answer(made.fails, {"error": {"message": f"The model {body['model']} does not exist"}})
            elif self.good():
                message = {"role": "assistant", "content": "OK"}
                choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
                self.answer(200, {"id": "1", "model": body["model"], "choices": choices})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Home:
    """A user's folder with a config, a Claude Code that only tells its version, and nothing of this machine's own."""

    path: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def folder(self) -> Path:
        return self.path / ".claude-code-router"

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    def begin(self, url: str = "http://127.0.0.1:9/v1", **more: Any) -> None:
        """Everything as it should be."""
        self.folder.mkdir(mode=0o700)
        self.write(
            {
                "PORT": self.port,
                "Providers": [{"name": "mock", "api_base_url": url, "api_key": "$MOCK_KEY", "models": ["m-text"]}],
                "Router": {"default": "mock,m-text"},
                **more,
            }
        )
        self.private(self.folder / ".env", f"MOCK_KEY={KEY}\n")
        self.claude("2.1.332 (Claude Code)")

    def write(self, config: object) -> None:
        self.private(self.config, config if isinstance(config, str) else json.dumps(config, indent=2))

    def private(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)

    def claude(self, version: str) -> None:
        script = self.path / "bin" / "claude"
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\necho '{version}'\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def settings(self, **content: Any) -> Path:
        file = self.path / ".claude" / "settings.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
        return file

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: text for name, text in os.environ.items() if not name.upper().startswith(LEADING)}
        return subprocess.run(
            [sys.executable, "-P", "-m", "ccrouter", "doctor", *arguments],
            env={
                **kept,
                "HOME": str(self.path),
                "PATH": f"{self.path / 'bin'}:/usr/bin:/bin",
                "PYTHONIOENCODING": "utf-8",
                **environment,
            },
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def report(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """What `--json` says; the exit code agrees with it."""
        done = self.run("--json", *arguments, **environment)
        assert done.stderr == ""
        told: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if told["well"] else 1)
        assert all(found["advice"] for found in told["findings"] if found["level"] in {"warning", "error"})
        return told
