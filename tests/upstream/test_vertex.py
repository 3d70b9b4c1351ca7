"""Whose credentials a provider on Vertex has, from what its config says. Nobody is asked for a token here."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.config.types import Config, ProviderConfig, RouterConfig, TransformerUse
from ccrouter.upstream import vertex
from ccrouter.upstream.auth import RenewedTokens
from ccrouter.upstream.google_tokens import GoogleAccount
from ccrouter.upstream.vertex import VertexAccess, account_of, vertex_access

KEY: dict[str, Any] = {
    "type": "service_account",
    "client_email": "a@b",
    "private_key": "secret",
    "project_id": "of-the-key",
}


def provider(*, keys: tuple[str, ...] = (), headers: dict[str, str] | None = None, **options: Any) -> ProviderConfig:
    use = (TransformerUse("vertex-claude", options),)
    return ProviderConfig("v", "https://aiplatform.googleapis.com", keys, use=use, headers=headers or {})


def access(config: ProviderConfig, environment: dict[str, str], folder: Path) -> VertexAccess:
    whole = Config((config,), RouterConfig(), path=folder / "config.json")
    return vertex_access(config, whole, environment, home=folder)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, GoogleAccount()),
        ({"credentials": ""}, GoogleAccount()),
        ({"credentials": "key.json"}, GoogleAccount(file=Path("/conf/key.json"))),
        ({"credentials": "/abs/key.json"}, GoogleAccount(file=Path("/abs/key.json"))),
        ({"credentials": KEY}, GoogleAccount(info=dict(KEY))),
        ({"credentials": orjson.dumps(KEY).decode()}, GoogleAccount(info=dict(KEY))),
        (
            {"client_email": "a@b", "private_key": "k"},
            GoogleAccount(info={"type": "service_account", "client_email": "a@b", "private_key": "k"}),
        ),
        ({"client_email": "a@b"}, "client_email and private_key go together: set both, or neither"),
        ({"credentials": '{"private_key": "secr'}, "credentials is not the JSON of a key"),
    ],
)
def test_the_account(options: dict[str, Any], expected: object) -> None:
    assert account_of(provider(**options), {}, Path("/conf"), Path("/home/nobody")) == expected


def test_ambient_credentials_are_those_of_googles_tools(tmp_path: Path) -> None:
    config = provider()
    named = {"GOOGLE_APPLICATION_CREDENTIALS": "/k.json"}
    assert account_of(config, named, tmp_path, tmp_path) == GoogleAccount(file=Path("/k.json"))
    file = tmp_path / ".config/gcloud/application_default_credentials.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(orjson.dumps({"type": "authorized_user", "quota_project_id": "of-gcloud"}))
    found = access(config, {}, tmp_path)
    assert (found.project, found.file, found.problem) == ("of-gcloud", file, None)
    assert isinstance(found.source, RenewedTokens)


def test_the_project_of_the_key_is_the_last_resort(tmp_path: Path) -> None:
    assert access(provider(credentials=KEY), {}, tmp_path).project == "of-the-key"
    assert access(provider(credentials=KEY), {"GOOGLE_CLOUD_PROJECT": "e"}, tmp_path).project == "e"
    assert access(provider(credentials=KEY, project_id="o"), {"GOOGLE_CLOUD_PROJECT": "e"}, tmp_path).project == "o"


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = access(provider(), {}, tmp_path)
    assert nothing.problem is not None
    assert "GOOGLE_CLOUD_PROJECT" in nothing.problem
    assert "project_id" in nothing.problem
    no_file = access(provider(credentials="key.json", project_id="p"), {}, tmp_path)
    assert (
        no_file.problem == f"Google's credentials file {tmp_path}/key.json cannot be read (No such file or directory)"
    )
    assert no_file.file == tmp_path / "key.json", "it is picked up once it is there"
    half = access(provider(private_key="secret"), {}, tmp_path)
    assert half.problem is not None
    assert "secret" not in half.problem
    monkeypatch.setattr(vertex, "is_installed", lambda: False)
    missing = access(provider(credentials=KEY), {}, tmp_path)
    assert missing.problem is not None
    assert "pip install 'ccrouter[vertex]'" in missing.problem


def test_the_configs_own_token_needs_neither_source_nor_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CCR wants an api_key in every provider: only one that is an access token counts."""
    assert access(provider(keys=("made-up",), project_id="p"), {}, tmp_path).source is not None
    monkeypatch.setattr(vertex, "is_installed", lambda: False)
    own: list[dict[str, Any]] = [{"keys": ("ya29.token",)}, {"headers": {"Authorization": "Bearer x"}}]
    for changes in own:
        assert access(provider(project_id="p", **changes), {}, tmp_path) == VertexAccess("p")
