"""`ccr add-gemini-balance`, by flags, against a scripted Gemini Balance."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccrouter.commands.provider.command import provider
from ccrouter.commands.provider.gemini_balance import add_gemini_balance, address, model_for
from ccrouter.model.json import JsonObject
from tests.upstreams.gemini_balance import GeminiBalanceUpstream
from tests.upstreams.replies import Reply, call, text

TOKEN = "balance-token-0123456789"
Ccr = Callable[..., Result]


def script(body: JsonObject) -> Reply:
    return call("report_status", {"status": "OK"}) if body.get("tools") else text("O", "K")


@pytest.fixture
def balance() -> Iterator[GeminiBalanceUpstream]:
    with GeminiBalanceUpstream(script) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GEMINI_BALANCE_TOKEN", raising=False)
    path = tmp_path / "ccr" / "config.json"
    path.parent.mkdir()
    path.write_text(
        '// mine\n{ PORT: 9, Providers: [{ name: "a", api_base_url: "http://127.0.0.1:9/v1", models: ["m"] }],\n'
        '  Router: { default: "a,m" } }\n'
    )
    return path


@pytest.fixture
def ccr(config: Path) -> Ccr:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(add_gemini_balance, ["--config", str(config), *arguments])

    return run


def test_added_as_the_route_for_long_contexts(ccr: Ccr, config: Path, balance: GeminiBalanceUpstream) -> None:
    told = ccr("--url", balance.url, "--token", TOKEN, "--yes")
    assert told.exit_code == 0, told.output
    assert "✓ it is there (GET /health)" in told.output
    assert "✓ tool call" in told.output
    assert "A request of more than 60,000 tokens goes to gemini-balance,gemini-2.5-pro (longContext)." in told.output
    text_now = config.read_text()
    assert f'"{balance.url}/v1beta"' in text_now
    assert '"$GEMINI_BALANCE_TOKEN"' in text_now
    assert 'longContext: "gemini-balance,gemini-2.5-pro"' in text_now
    assert config.with_name(".env").read_text() == f"GEMINI_BALANCE_TOKEN={TOKEN}\n"
    assert balance.refusals == []
    assert balance.keys_in_urls == []
    again = ccr("--url", balance.url, "--token", TOKEN, "--yes")
    assert "it is so already, nothing was written" in again.output
    assert config.read_text() == text_now


def test_roles_models_and_the_other_protocol(ccr: Ccr, config: Path, balance: GeminiBalanceUpstream) -> None:
    more = (
        "--models",
        "gemini-2.5-flash,gemini-2.5-flash-search",
        "--roles",
        "webSearch=gemini-2.5-flash-search,default",
    )
    told = ccr("--url", f"{balance.url}/v1beta", "--token", TOKEN, "--protocol", "openai", *more, "--yes")
    assert told.exit_code == 0, told.output
    text_now = config.read_text()
    assert f'"{balance.url}/v1"' in text_now
    assert 'webSearch: "gemini-balance,gemini-2.5-flash-search"' in text_now
    assert 'default: "gemini-balance,gemini-2.5-flash"' in text_now
    assert "longContext:" not in text_now
    listed = CliRunner().invoke(provider, ["models", "--config", str(config), "gemini-balance"]).output
    assert "* gemini-2.5-flash-search" in listed
    assert "  gemini-2.5-pro-non-thinking" in listed
    report = json.loads(CliRunner().invoke(provider, ["list", "--config", str(config), "--json"]).output)
    assert report["providers"][1]["protocol"] == "openai_chat"


@pytest.mark.parametrize(
    ("url", "more", "line"),
    [
        ("<url>", ("--token", "wrong-token-0123456789"), "Wrong key: 127.0.0.1:"),
        ("<url>", ("--token", TOKEN, "--models", "gemini-9-pro"), "No such model:"),
        ("http://127.0.0.1:9", ("--token", TOKEN), "No connection: could not connect to 127.0.0.1:9"),
        ("http://no-such.invalid:8000", ("--token", TOKEN), "the name no-such.invalid:8000 could not be resolved"),
        ("<url>/nowhere", ("--token", TOKEN), "Wrong URL"),
    ],
)
def test_failures(
    ccr: Ccr, config: Path, balance: GeminiBalanceUpstream, *, url: str, more: tuple[str, ...], line: str
) -> None:
    before = config.read_bytes()
    told = ccr("--url", url.replace("<url>", balance.url), *more, "--yes")
    assert told.exit_code == 1
    assert [each for each in told.output.splitlines() if line in each and "✗" in each], told.output
    assert (config.read_bytes(), config.with_name(".env").exists()) == (before, False)


@pytest.mark.parametrize(
    ("url", "protocol", "meant"),
    [
        ("http://h:8000", None, "http://h:8000/v1beta"),
        ("h:8000/", None, "http://h:8000/v1beta"),
        ("http://h:8000", "openai", "http://h:8000/v1"),
        ("http://h:8000/v1", None, "http://h:8000/v1"),
        ("http://h:8000/v1", "gemini", "http://h:8000/v1beta"),
        ("http://h:8000/v1/chat/completions", "gemini", "http://h:8000/v1beta"),
        ("http://h:8000/gemini/v1beta", None, "http://h:8000/gemini/v1beta"),
        ("http://h:8000/gemini/v1beta", "openai", "http://h:8000/v1"),
        ("http://h:8000/gemini", None, "http://h:8000/gemini/v1beta"),
        ("https://h/own/path", "openai", "https://h/own/path"),
    ],
)
def test_address(url: str, protocol: str | None, meant: str) -> None:
    assert address(url, protocol) == meant


def test_model_for() -> None:
    names = ("gemini-2.5-flash", "gemini-2.5-pro-search", "gemini-2.5-pro", "gemini-2.5-flash-lite")
    assert model_for("longContext", names) == "gemini-2.5-pro"
    assert model_for("background", names) == "gemini-2.5-flash"
    assert model_for("longContext", ("gemini-2.5-flash",)) == "gemini-2.5-flash"
