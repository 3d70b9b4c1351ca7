"""The hosts of the Internet on loopback: an HTTP proxy whose TLS ends here, in front of scripted upstreams.

So the files that others publish are tried as they are: the program speaks TLS to `api.openai.com`, and an upstream of
the tests answers. Programs come here by `environment`.

with Internet({"api.openai.com": upstream.url}, folder) as internet:
    subprocess.run(…, env={**internet.environment})
"""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START_SECONDS = 20
ONE_DAY = timedelta(days=1)


class Internet:
    """`hosts` are the upstreams' addresses by host name. Every other host is refused, so that no test gets out.
    `port` 0: a free one."""

    def __init__(self, hosts: Mapping[str, str], folder: Path, port: int = 0) -> None:
        self._hosts = hosts
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="internet", daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.port = port
        self.asked: list[str] = []
        """The hosts that were asked for, in order."""

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to come here for everything, and to believe it."""
        return {"HTTPS_PROXY": f"http://127.0.0.1:{self.port}", "SSL_CERT_FILE": str(self._folder / "authority.pem")}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._certify()
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_SECONDS)
        self._loop.close()

    def _certify(self) -> None:
        """One authority that signs itself, and one certificate of it for all hosts."""
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' authority")])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' internet")])
        now = datetime.now(UTC)

        def begun(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
            builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public)
            builder = builder.serial_number(x509.random_serial_number())
            return builder.not_valid_before(now - ONE_DAY).not_valid_after(now + ONE_DAY)

        identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
        authority = (
            begun(issuer, authority_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(_usage(signs=True), critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in self._hosts])
        certificate = (
            begun(subject, key.public_key())
            .add_extension(names, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .add_extension(_usage(signs=False), critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self._folder / "authority.pem").write_bytes(authority.public_bytes(pem))
        (self._folder / "host.pem").write_bytes(private + certificate.public_bytes(pem))
        self._context.load_cert_chain(self._folder / "host.pem")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._tunnel, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One CONNECT: TLS with the client, plain HTTP with the upstream."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, place, _ = head.split("\r\n")[0].split(" ")
            host = place.partition(":")[0]
            self.asked.append(host)
            if method != "CONNECT" or host not in self._hosts:
                writer.write(b"HTTP/1.1 502 Not In The Tests\r\ncontent-length: 0\r\n\r\n")
                return
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await writer.start_tls(self._context)
            behind = urlsplit(self._hosts[host])
            there, back = await asyncio.open_connection(behind.hostname, behind.port)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass  # either side went away
        finally:
            with suppress(OSError):
                writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other side went away
    finally:
        with suppress(OSError):
            writer.close()


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
