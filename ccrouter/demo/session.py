"""A session of the demo: provider and daemon up, the requests, and everything down again, whatever happens."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from ccrouter.daemon.files import DaemonFiles, files_of
from ccrouter.daemon.handshake import Failure
from ccrouter.daemon.processes import end_process, process_exists
from ccrouter.daemon.spawn import last_lines, spawn_daemon
from ccrouter.demo.client import Outcome, send
from ccrouter.demo.config import demo_config, write_config
from ccrouter.demo.provider import DemoProvider, start_provider
from ccrouter.demo.scenarios import DemoRequest
from ccrouter.frozen import frozen
from ccrouter.startup import Ready, StartFailed

ENDING_SECONDS = 5.0
WATCH_SECONDS = 0.5
LOG_LINES = 5


@frozen
class DemoSession:
    """A running daemon on a running demo provider."""

    provider: DemoProvider
    ready: Ready
    files: DaemonFiles
    client: ClientSession

    async def send(self, request: DemoRequest) -> Outcome:
        """Send one request through the daemon."""
        return await send(self.client, self.ready.endpoint, request)

    async def daemon_ended(self) -> str:
        """Wait until the daemon is gone, which it should not be; the last lines of its log."""
        while process_exists(self.ready.pid):  # noqa: ASYNC110 - another process' end is no event here
            await asyncio.sleep(WATCH_SECONDS)
        return "\n".join(last_lines(self.files.log, 0, LOG_LINES))


@asynccontextmanager
async def demo_session(port: int) -> AsyncGenerator[DemoSession]:
    """Everything up on the way in, everything gone on the way out. Raises StartFailed, OSError.

    The daemon is a process of its own, started and configured as users do it; its files are in a folder that goes away.
    """
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ccr-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        provider = await start_provider()
        stack.push_async_callback(provider.stop)
        files = files_of(write_config(folder, demo_config(provider.openai_chat_url, provider.anthropic_url, port)))
        ready = await _start_daemon(files)
        stack.push_async_callback(_end_daemon, ready.pid)
        client = await stack.enter_async_context(ClientSession())
        yield DemoSession(provider, ready, files, client)


async def _start_daemon(files: DaemonFiles) -> Ready:
    """Start it and wait until it answers. Raises StartFailed, OSError."""
    starting = asyncio.create_task(asyncio.to_thread(spawn_daemon, files, _environment(os.environ)))
    try:
        announcement = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # The thread cannot be stopped: let it finish, so that the daemon can be ended.
        announcement = await starting
        if isinstance(announcement, Ready):
            await _end_daemon(announcement.pid)
        raise
    if isinstance(announcement, Failure):
        raise StartFailed(announcement.message, kind=announcement.kind)
    return announcement


def _environment(base: Mapping[str, str]) -> dict[str, str]:
    """The daemon's environment: this one, without what would lead it to another config, port or proxy."""
    led_astray = {"CCR_CONFIG", "SERVICE_PORT"}
    kept = {name: value for name, value in base.items() if name not in led_astray}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


async def _end_daemon(pid: int) -> None:
    """Politely first; by force after ENDING_SECONDS."""
    deadline = time.monotonic() + ENDING_SECONDS
    end_process(pid)
    while process_exists(pid):
        if time.monotonic() > deadline:
            end_process(pid, force=True)
            return
        await asyncio.sleep(0.02)
