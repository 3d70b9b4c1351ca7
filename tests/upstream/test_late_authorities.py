"""Importing the client reads no certificate authorities; the first connection that needs them does."""

import asyncio
import ipaddress
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from ccrouter.upstream.late_authorities import LateContext, authorities_left_for_later
from tests.upstreams.misbehaving import certificate_for

FETCH = """
import asyncio, sys
from ccrouter.server.serve import read_authorities, run
from ccrouter.upstream.client import UpstreamClient
from aiohttp import connector
contexts = [connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED]
print([type(context).__name__ for context in contexts], [context.cert_store_stats()['x509'] for context in contexts])
async def fetch():
    client = UpstreamClient()
    try:
        return await client.fetch("GET", sys.argv[1], {}, seconds=20)
    finally:
        await client.close()
if sys.argv[2] == "early":
    read_authorities()
try:
    print(asyncio.run(fetch()).status)
except Exception as error:
    print(error)
print([type(context).__name__ for context in contexts], [context.cert_store_stats()['x509'] for context in contexts])
"""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(("trusted", "when"), [(True, "early"), (True, "late"), (False, "late")])
async def test_the_first_connection_is_checked_against_them(tmp_path: Path, trusted: bool, when: str) -> None:
    certificate, key = certificate_for(ipaddress.ip_address("127.0.0.1"))
    stranger, _ = certificate_for(ipaddress.ip_address("127.0.0.2"))
    (tmp_path / "server.pem").write_bytes(certificate + key)
    (tmp_path / "authority.pem").write_bytes(certificate if trusted else stranger)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        environment = {
            **os.environ,
            "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
            "SSL_CERT_DIR": str(tmp_path / "no"),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FETCH, url, when, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, errors = await process.communicate()
    first, outcome, last = output.decode().splitlines() or [errors.decode()]
    assert first == "['LateContext', 'LateContext'] [0, 0]"
    assert outcome == "200" if trusted else "certificate of 127.0.0.1" in outcome, outcome
    assert last == "['SSLContext', 'LateContext'] [1, 0]"


def test_a_context_that_is_made_otherwise_stays_as_it_is() -> None:
    with authorities_left_for_later() as made:
        late = ssl.create_default_context()
    assert made == [late]
    assert isinstance(late, LateContext)
    assert "set_default_verify_paths" not in vars(ssl.SSLContext)
    assert type(ssl.create_default_context()) is ssl.SSLContext
