"""Google's sign-in against a token server on loopback that checks what it is shown."""

import builtins
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ccrouter.errors import CREDENTIALS_AT_FAULT, UpstreamError
from ccrouter.model.json import JsonObject
from ccrouter.upstream.google_tokens import (
    GoogleAccount,
    GoogleIssuer,
    ambient_file,
    is_installed,
    project_in,
    reason,
)
from tests.upstreams.google_tokens import EMAIL, GoogleTokenServer, pem


@pytest.fixture
def server() -> Iterator[GoogleTokenServer]:
    with GoogleTokenServer() as running:
        yield running


def direct(url: str) -> str | None:
    return None


def refused(account: GoogleAccount, issuer: GoogleIssuer | None = None) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        (issuer or GoogleIssuer(account, direct))()
    error = caught.value
    assert "PRIVATE" not in str(error)
    assert "ya29" not in str(error)
    assert error.retryable, "a fallback may still serve"
    return error


def test_a_key_file(server: GoogleTokenServer, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_bytes(orjson.dumps(server.service_account()))
    issuer = GoogleIssuer(GoogleAccount(file), direct)
    first, second = issuer(), issuer()
    assert [first.value, second.value] == server.issued == ["ya29.issued-1", "ya29.issued-2"]
    assert first.expires_at is not None
    assert abs(first.expires_at - time.time() - 3600) < 30
    assert project_in(GoogleAccount(file)) == "project-1"


def test_a_key_out_of_a_variable(server: GoogleTokenServer) -> None:
    """Its line breaks came as the two characters backslash and n."""
    info = server.service_account()
    info["private_key"] = str(info["private_key"]).replace("\n", "\\n")
    assert GoogleIssuer(GoogleAccount(info=info), direct)().value == "ya29.issued-1"


def test_a_key_that_google_does_not_know(server: GoogleTokenServer) -> None:
    other = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    error = refused(GoogleAccount(info=server.service_account(private_key=other)))
    assert (error.detail.status, error.detail.code) == (401, CREDENTIALS_AT_FAULT)
    assert f"Google refused the key of {EMAIL}" in str(error)
    assert "Invalid JWT Signature." in str(error)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, "cannot be used"),
        ({"private_key": "nonsense"}, "cannot be used"),
        ({"client_email": None}, "cannot be used"),
        ({"type": "of_the_future"}, "of_the_future"),
    ],
)
def test_a_broken_key(server: GoogleTokenServer, changes: JsonObject, words: str) -> None:
    whole = {**server.service_account(), **changes}
    info: JsonObject = {name: value for name, value in whole.items() if value is not None}
    error = refused(GoogleAccount(info=info))
    assert error.detail.code == CREDENTIALS_AT_FAULT
    assert words in str(error)
    assert server.asked == 0


def test_a_file_that_is_not_there_or_no_key(tmp_path: Path) -> None:
    missing = GoogleAccount(tmp_path / "nothing.json")
    assert "cannot be read (No such file" in str(refused(missing))
    with pytest.raises(UpstreamError, match="cannot be read"):
        project_in(missing)
    (tmp_path / "text.json").write_text("secret, but no JSON")
    error = refused(GoogleAccount(tmp_path / "text.json"))
    assert "is not a JSON object" in str(error)
    assert "secret" not in str(error)


def test_a_token_server_in_trouble_is_no_fault_of_the_key(
    server: GoogleTokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.ExponentialBackoff.__next__", _no_more)
    server.status = 503
    error = refused(GoogleAccount(info=server.service_account()))
    assert error.detail.status == 503
    assert error.detail.code is None
    account = GoogleAccount(info=server.service_account(token_uri="http://127.0.0.1:9/token"))
    error = refused(account)
    assert error.detail.status == 502
    assert "127.0.0.1:9 could not be reached" in str(error)


def _no_more(self: Any) -> int:
    """google-auth's retries without their waits."""
    if self._backoff_count >= 1:
        raise StopIteration
    self._backoff_count += 1
    return self._backoff_count


def test_no_ambient_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    error = refused(GoogleAccount())
    assert "no Google credentials were found" in str(error)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in str(error)
    assert "gcloud auth application-default login" in str(error)


def test_the_proxy_of_the_token_server_is_used() -> None:
    asked: list[str] = []

    def proxy_of(url: str) -> str | None:
        asked.append(url)
        return "http://127.0.0.1:9"

    with GoogleTokenServer() as server:
        info = server.service_account(token_uri="http://token.example/token")
        error = refused(GoogleAccount(info=info), GoogleIssuer(GoogleAccount(info=info), proxy_of))
    assert asked == ["http://token.example/token"]
    assert error.detail.status == 502


def test_the_extra_is_not_installed(monkeypatch: pytest.MonkeyPatch, server: GoogleTokenServer) -> None:
    assert is_installed()
    real = builtins.__import__

    def without_google(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("google"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_google)
    assert "pip install 'ccrouter[vertex]'" in str(refused(GoogleAccount(info=server.service_account())))


def test_where_ambient_files_are_looked_for(tmp_path: Path) -> None:
    assert ambient_file({}, tmp_path) is None
    home = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
    home.parent.mkdir(parents=True)
    home.write_text("{}")
    assert ambient_file({}, tmp_path) == home
    assert ambient_file({"CLOUDSDK_CONFIG": str(home.parent)}, Path("/nowhere")) == home
    assert ambient_file({"APPDATA": str(tmp_path / ".config")}, Path("/nowhere")) == home
    named = {"GOOGLE_APPLICATION_CREDENTIALS": "/somewhere/key.json"}
    assert ambient_file(named, tmp_path) == Path("/somewhere/key.json"), "named, so its absence must be told"


def test_no_secret_is_quoted() -> None:
    said = "got ya29.a0AfH6-secret and eyJhbGciOiJSUzI1NiIsInR5cCI6.secret and 1//0gabcdefghijklmnopqrstuvwxyz\n"
    assert "secret" not in reason(ValueError(said))
    assert "0gabc" not in reason(ValueError(said))
    assert len(reason(ValueError("x" * 1000))) == 300
    assert "AAAA" not in reason(ValueError("bad -----BEGIN PRIVATE KEY-----\nAAAA"))
    assert "secret" not in repr(GoogleAccount(info={"private_key": "secret"}))
