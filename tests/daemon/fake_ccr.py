"""The real command line on a server of the standard library; run as a script in place of `ccr`.

The server obeys the contract of `ccrouter.server.serve.run`. The environment says how it misbehaves (FAKE_DAEMON):
"silent" never answers, "crash" dies, "bad-config" refuses, "deaf" ignores /admin/stop, "immortal" SIGTERM too. A
service's environment is not the test's: there a file `misbehave` beside the config says it. FAKE_PLATFORM is a
sys.platform.
"""

import json
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ccrouter.config.problems import Problem
from ccrouter.daemon import spawn
from ccrouter.daemon.service import finding
from ccrouter.startup import Ready, StartFailed


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name == "posix"


def make_handler(
    instance: str, token: str, config: Path, environment: Mapping[str, str], mode: str
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            pass

        def reply(self, status: int, content: dict[str, object]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/health":
                self.reply(200, {"status": "healthy", "service": "ccrouter", "version": "0.1.0", "instance": instance})
            elif self.headers.get("x-ccr-admin-token") != token:
                self.reply(401, {})
            elif self.path == "/admin/keys":
                self.reply(200, KEYS)
            else:
                self.reply(200, status_of(config, environment))

        def do_POST(self) -> None:
            if self.headers.get("x-ccr-admin-token") != token:
                self.reply(401, {})
                return
            if self.path.startswith("/admin/keys/clear"):
                self.reply(200, {"cleared": 1 if self.path.endswith("?provider=mock+%26+co") else 2})
                return
            self.reply(202, {})
            if mode not in ("deaf", "immortal"):
                threading.Thread(target=self.server.shutdown).start()

    return Handler


KEYS: dict[str, object] = {
    "now": 1_000_000.0,
    "providers": [
        {
            "name": "mock & co",
            "keys": [
                {
                    "key": "sk-…7890",
                    "fingerprint": "0" * 12,
                    "state": "resting",
                    "rests": [
                        {
                            "model": "m-text",
                            "state": "resting",
                            "since": 999_990.0,
                            "until": 1_000_041.2,
                            "status": 429,
                            "reason": "slow down",
                            "failures": 1,
                            "probe": None,
                        }
                    ],
                },
                {"key": "****", "fingerprint": "1" * 12, "state": "ready", "rests": []},
            ],
        },
        {"name": "local", "keys": []},
    ],
}


OURS = ("CCR_ADMIN_TOKEN", "CCR_INSTANCE", "CCR_SERVICE", "NOTIFY_SOCKET")


def status_of(config: Path, environment: Mapping[str, str]) -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "uptime_seconds": 3725.4,
        "config": str(config),
        "providers": [{"name": "mock", "models": 2, "protocol": "openai_chat"}],
        "routes": {"default": "mock,m-text", "think": "mock,m-think"},
        "open_requests": 1,
        "requests_total": 12,
        "problems": [{"severity": "warning", "text": "config.json:3:1 /LOGG: unknown key"}],
        "leaked": [name for name in OURS if name in environment],
    }


def run(
    config_path: Path,
    *,
    environment: Mapping[str, str],
    announce: Callable[[Ready], None],
    instance: str,
    admin_token: str,
) -> int:
    told = config_path.with_name("misbehave")
    mode = environment.get("FAKE_DAEMON") or (told.read_text() if told.exists() else "")
    print("a stray print", flush=True)
    if mode == "silent":
        time.sleep(60)
    if mode == "crash":
        os.write(2, b"the last words\n")
        os._exit(7)
    if mode == "bug":
        raise ZeroDivisionError("a bug")
    if mode == "bad-config":
        problem = Problem("error", "no such provider", "Did you mean mock?", "/Router/default", config_path, 4, 2)
        raise StartFailed("The config cannot be used:", [problem], kind="config")
    if mode == "immortal":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    port = int(json.loads(config_path.read_text())["PORT"])
    try:
        server = Server(("127.0.0.1", port), make_handler(instance, admin_token, config_path, environment, mode))
    except OSError as error:
        raise StartFailed(f"port {port} is taken", kind="port_taken") from error
    announce(Ready("127.0.0.1", port, os.getpid(), instance))
    with server:
        server.serve_forever(poll_interval=0.02)
    return 0


def install() -> None:
    """Put the fake server where the real one is imported from, and have it spawned through this script."""
    module = types.ModuleType("ccrouter.server.serve")
    module.__dict__["run"] = run
    sys.modules["ccrouter.server.serve"] = module
    finding.PLATFORM = os.environ.get("FAKE_PLATFORM", finding.PLATFORM)
    spawn.daemon_command = lambda config, workers=None: [
        *(sys.executable, __file__, "start", "--foreground", "--config", str(config))
    ]


if __name__ == "__main__":
    from ccrouter.cli import main
    from ccrouter.commands import code

    install()
    code.start_command = lambda config: [sys.executable, __file__, "start", "--config", str(config)]
    main()
