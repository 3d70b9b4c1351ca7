"""The doctor's judgements: facts in, findings out."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.commands.doctor.facts import (
    ClaudeFacts,
    ConfigFacts,
    DaemonFacts,
    DiskFacts,
    FileFacts,
    NetworkFacts,
    ProviderFacts,
    SettingsFacts,
)
from ccrouter.commands.doctor.findings import Finding, report, to_do, without_secrets
from ccrouter.commands.doctor.judging_claude import judge_claude, judge_settings, same_address
from ccrouter.commands.doctor.judging_machine import (
    judge_config,
    judge_daemon,
    judge_disk,
    judge_files,
    judge_python,
)
from ccrouter.commands.doctor.judging_network import judge_clock, judge_providers
from ccrouter.commands.doctor.secrets import secrets_of
from ccrouter.config.problems import Problem
from ccrouter.config.types import Config, ProviderConfig, RouterConfig
from ccrouter.daemon.control import Foreign, Health, Silent
from ccrouter.errors import ErrorDetail
from ccrouter.model.json import Json
from ccrouter.probing.reach import KeyCheck, Reach

HERE = Path("/home/u/.claude-code-router/config.json")
ENDPOINT = "http://127.0.0.1:3456"
PROVIDER = ProviderConfig("deep", "https://api.example/v1", ("sk-0123456789abcdef0",), ("chat",))
NETWORK = NetworkFacts()


def levels(findings: object) -> list[str]:
    return [found.level for found in findings]  # pyright: ignore[reportGeneralTypeIssues]


def test_what_is_urgent_comes_first_and_once() -> None:
    findings = [
        Finding("a", "ok", "fine"),
        Finding("a", "warning", "w", "later"),
        Finding("b", "error", "e", "now"),
        Finding("c", "error", "e2", "now"),
    ]
    assert to_do(findings) == ["now", "later"]
    told = report(findings, "1", "c")
    assert (told["well"], told["todo"]) == (False, ["now", "later"])
    assert report(findings[:1], "1", "c")["well"] is True


def test_secrets_go_whichever_way_they_came() -> None:
    headers = {"Authorization": "Bearer tok-0123456789"}
    provider = replace(PROVIDER, headers=headers, proxy="http://u:pass%40word1@p:1")
    config = Config((provider,), RouterConfig(), api_key="sk-ours-0123456789")
    value: Json = {
        "nested": [{"my_token": "t0ken-in-the-raw"}],
        "url": "https://h/?key=query-key-1234",
        "name": "harmless-name",
    }
    dotenv = {"PORT": "3456", "ODD": "odd-but-long-0123456789"}
    secrets = secrets_of(config, value, dotenv, [{"MY_API_KEY": "shell-0123456789", "HOME": "/home/somebody"}])
    everything = " ".join(
        (*provider.api_keys, "tok-0123456789", "pass%40word1", "pass@word1", "sk-ours-0123456789", "t0ken-in-the-raw")
    )
    everything += " query-key-1234 odd-but-long-0123456789 shell-0123456789 harmless-name /home/somebody 3456"
    shown = without_secrets([Finding("x", "note", everything, everything)], secrets)[0]
    assert shown.text.endswith("harmless-name /home/somebody 3456")
    for secret in everything.split()[:-3]:
        assert secret not in shown.text, secret
        assert secret not in shown.advice


def test_config_problems_are_all_told() -> None:
    problems = (
        Problem("error", "wrong", "Mend it", "/PORT", HERE, 3, 1),
        Problem("warning", "odd", None, "/X", HERE, 4, 1),
    )
    findings = list(judge_config(ConfigFacts(HERE, True, problems)))
    assert levels(findings) == ["error", "warning"]
    assert findings[0].text == f"{HERE}:3 /PORT: wrong"
    assert to_do(findings) == [f"Mend it ({HERE}:3)", f"Correct {HERE}:4 /X: odd"]


@pytest.mark.parametrize(
    ("mode", "secret", "folder", "mine", "level"),
    [
        (0o600, True, False, True, "ok"),
        (0o644, False, False, True, "ok"),
        (0o644, True, False, True, "warning"),
        (0o640, True, False, True, "warning"),
        (0o755, False, True, True, "ok"),
        (0o775, False, True, True, "error"),
        (0o622, True, False, True, "error"),
        (0o600, True, False, False, "warning"),
    ],
)
def test_rights(mode: int, secret: bool, folder: bool, mine: bool, level: str) -> None:
    assert levels(judge_files((FileFacts(HERE, mode, secret, mine, folder),))) == [level]


def test_rights_are_not_judged_where_there_are_none() -> None:
    assert levels(judge_files((FileFacts(HERE, None, True),))) == []


def test_disk() -> None:
    good = DiskFacts(HERE.parent, True, 10**10)
    assert levels(judge_disk(good)) == []
    assert levels(judge_disk(replace(good, free=50 * 2**20))) == ["warning"]
    assert levels(judge_disk(replace(good, free=2**20))) == ["error"]
    assert levels(judge_disk(replace(good, writable=False))) == ["error"]
    assert levels(judge_disk(replace(good, log_size=300 * 2**20, log_problem="Is a directory"))) == ["warning"] * 2


def test_the_daemon() -> None:
    silent = DaemonFacts(ENDPOINT, Silent(), "1.0")
    assert levels(judge_daemon(silent, str(HERE))) == ["note"]
    running = replace(silent, answer=Health(ENDPOINT, "1.0", "i"))
    assert levels(judge_daemon(running, str(HERE))) == ["ok"]
    old = list(judge_daemon(replace(running, own_version="1.1"), str(HERE)))
    assert to_do(old) == ["Start the new version: ccr restart"]
    other = replace(running, config="/other", problems=(("error", "broken"),))
    assert levels(judge_daemon(other, str(HERE))) == ["ok", "warning", "error"]
    assert "ccr restart" in to_do(judge_daemon(other, str(HERE)))[0]
    assert "as it is a service" in to_do(judge_daemon(replace(other, service="systemd"), str(HERE)))[0]
    taken = replace(silent, answer=Foreign("it answers like the original claude-code-router"), holder="node (pid 7)")
    text = next(judge_daemon(taken, str(HERE))).text
    assert text == f"{ENDPOINT} is taken by node (pid 7) (it answers like the original claude-code-router)"
    assert levels(judge_daemon(replace(silent, state_forbidden=True), str(HERE))) == ["error", "note"]


def test_python() -> None:
    assert levels(judge_python((3, 10, 9))) == ["error"]
    assert levels(judge_python((3, 11, 0))) == ["ok"]


@pytest.mark.parametrize(
    ("version", "logged_in", "level"),
    [
        ((2, 1, 197), True, "ok"),
        ((2, 1, 332), False, "ok"),
        ((2, 2, 0), False, "note"),
        ((2, 1, 160), True, "warning"),
        ((2, 1, 100), True, "error"),
        (None, False, "warning"),
    ],
)
def test_claude_code(version: tuple[int, int, int] | None, logged_in: bool, level: str) -> None:
    assert levels(judge_claude(ClaudeFacts("/bin/claude", version=version, logged_in=logged_in))) == [level]


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({"ANTHROPIC_BASE_URL": "http://localhost:3456/"}, "ok"),
        ({"ANTHROPIC_BASE_URL": "http://localhost:3457"}, "error"),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "error"),
        ({"CLAUDE_CODE_USE_BEDROCK": "0"}, "ok"),
        ({"ANTHROPIC_AUTH_TOKEN": "ours"}, "ok"),
        ({"ANTHROPIC_AUTH_TOKEN": "other"}, "error"),
        ({"ANTHROPIC_API_KEY": "x"}, "warning"),
        ({"ANTHROPIC_MODEL": "opus"}, "note"),
        ({"ANTHROPIC_MODEL": "deep,chat"}, "warning"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "corp"}, "error"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "127.0.0.1"}, "ok"),
    ],
)
def test_settings(settings: dict[str, str], level: str) -> None:
    claude = ClaudeFacts("c", settings=(SettingsFacts(Path("/s.json"), "user", None, settings),))
    assert levels(judge_settings(claude, ENDPOINT, "ours", running=True))[0] == level


def test_managed_settings_are_somebody_elses_to_change() -> None:
    file = SettingsFacts(Path("/etc/m.json"), "managed", None, {"CLAUDE_CODE_USE_VERTEX": "1"})
    todo = to_do(judge_settings(ClaudeFacts("c", settings=(file,)), ENDPOINT, None, running=True))
    assert todo[0].startswith("Ask who manages this machine")


def test_the_shell_matters_to_a_plain_claude() -> None:
    claude = ClaudeFacts("c", shell={"ANTHROPIC_BASE_URL": ENDPOINT})
    assert levels(judge_settings(claude, ENDPOINT, None, running=True)) == ["ok"]
    assert to_do(judge_settings(claude, ENDPOINT, None, running=False)) == ["Start the daemon: ccr start"]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://127.0.0.1:3456", True),
        ("http://localhost:3456/v1", True),
        ("https://127.0.0.1:3456", False),
        ("h:x", False),
    ],
)
def test_same_address(url: str, same: bool) -> None:
    assert same_address(url, ENDPOINT) is same


def facts(reach: Reach, *, needed: bool = True, provider: ProviderConfig = PROVIDER) -> tuple[ProviderFacts]:
    return (ProviderFacts(provider, needed, reach=reach),)


def test_providers() -> None:
    good = Reach("deep", 0.2, status=200, keys=(KeyCheck("sk-…", "accepted"),), models=("chat",))
    assert levels(judge_providers(facts(good), NETWORK)) == ["ok"]
    public = replace(good, keys=(KeyCheck("sk-…", "unproven"),))
    told = list(judge_providers(facts(public), NETWORK))
    assert (told[0].level, "ccr doctor --deep" in told[0].text) == ("note", True)
    some = replace(good, keys=(KeyCheck("a", "refused", "no"), KeyCheck("b", "accepted")))
    assert levels(judge_providers(facts(some), NETWORK)) == ["warning"]
    none = replace(good, keys=(KeyCheck("a", "refused", "no"), KeyCheck("b", "refused", "no")))
    assert levels(judge_providers(facts(none), NETWORK)) == ["error"]
    assert levels(judge_providers(facts(none, needed=False), NETWORK)) == ["warning"]
    other = replace(good, models=("chat-2",))
    assert list(judge_providers(facts(other), NETWORK))[1].text == 'deep does not list "chat"; did you mean "chat-2"?'
    unset = (ProviderFacts(replace(PROVIDER, api_keys=()), True, ("DEEP_KEY",), good),)
    assert next(found.text for found in judge_providers(unset, NETWORK)) == (
        "deep has no key: the variable DEEP_KEY is not set"
    )
    assert levels(judge_providers((ProviderFacts(PROVIDER, True, unusable="why"),), NETWORK)) == ["error"]


@pytest.mark.parametrize("unreached", ["name", "connection", "proxy", "tls", "silence"])
def test_a_provider_that_is_not_reached_is_told_with_its_stage(unreached: str) -> None:
    detail = ErrorDetail("api_error", "words", 502, unreached=unreached)  # pyright: ignore[reportArgumentType]
    findings = list(judge_providers(facts(Reach("deep", 1, failure="words", detail=detail)), NETWORK))
    assert levels(findings) == ["error"]
    assert findings[0].advice.startswith("deep: ")


@pytest.mark.parametrize(
    ("ahead", "level"),
    [((), "note"), ((0.5,), "ok"), ((-90.0,), "warning"), ((400.0,), "error"), ((0.1, 0.2, 9000.0), "ok")],
)
def test_the_clock(ahead: tuple[float, ...], level: str) -> None:
    told = tuple(entry for value in ahead for entry in facts(Reach("deep", 0.1, ahead=value)))
    assert levels(judge_clock(told)) == [level]
