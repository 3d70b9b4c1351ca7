"""What Claude Code is given, and where it is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.daemon.launch import (
    ClaudeNotFound,
    claude_command,
    find_claude,
    is_anthropic,
    launch_environment,
    leaves_anthropic,
    with_header,
    without_proxy,
)

ENDPOINT = "http://127.0.0.1:3456"
MOCK = ProviderConfig("mock", "http://127.0.0.1:9/v1/chat/completions", models=("m",))
ANTHROPIC = ProviderConfig("claude", "https://api.anthropic.com/v1/messages", models=("c",))
CONFIG = Config((MOCK, ANTHROPIC), RouterConfig(default=Target("mock", "m")))
AT_HOME = replace(CONFIG, router=RouterConfig(default=Target("claude", "c"), think=Target("claude", "c")))


def test_a_bare_environment_gets_everything() -> None:
    changes = launch_environment(CONFIG, ENDPOINT, {})
    assert changes.set == {
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:3456",
        "ANTHROPIC_AUTH_TOKEN": "ccrouter",
        "API_TIMEOUT_MS": "600000",
        "NO_PROXY": "127.0.0.1,localhost",
        "DISABLE_TELEMETRY": "true",
        "DISABLE_COST_WARNINGS": "true",
        "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "1",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
        "CLAUDE_CODE_AUTO_MODE_SERVER": "0",
    }
    assert changes.unset == (
        "ANTHROPIC_API_KEY",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX",
        "CLAUDE_CODE_USE_FOUNDRY",
    )


def test_a_key_that_no_header_can_have_is_given_percent_encoded() -> None:
    changes = launch_environment(replace(CONFIG, api_key="sk-随便"), ENDPOINT, {})
    assert changes.set["ANTHROPIC_AUTH_TOKEN"] == "sk-%E9%9A%8F%E4%BE%BF"


def test_what_leads_past_the_daemon_is_ours_and_what_is_taste_is_the_users() -> None:
    base = {
        "ANTHROPIC_BASE_URL": "https://elsewhere.example",
        "ANTHROPIC_AUTH_TOKEN": "elsewhere",
        "ANTHROPIC_API_KEY": "sk-ant-x",
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "API_TIMEOUT_MS": "3000000",
        "DISABLE_TELEMETRY": "",
        "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "0",
        "CLAUDE_CODE_AUTO_MODE_SERVER": "1",
        "NO_PROXY": "intranet, 10.0.0.0/8",
        "no_proxy": "intranet",
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        "PATH": "/bin",
    }
    before = dict(base)
    changes = launch_environment(replace(CONFIG, api_key="our key"), ENDPOINT, base)
    result = changes.applied_to(base)
    assert base == before
    assert result == {
        "ANTHROPIC_BASE_URL": ENDPOINT,
        "ANTHROPIC_AUTH_TOKEN": "our key",
        "API_TIMEOUT_MS": "3000000",
        "DISABLE_TELEMETRY": "",
        "DISABLE_COST_WARNINGS": "true",
        "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "0",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
        "CLAUDE_CODE_AUTO_MODE_SERVER": "1",
        "NO_PROXY": "intranet,10.0.0.0/8,127.0.0.1,localhost",
        "no_proxy": "intranet,127.0.0.1,localhost",
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        "PATH": "/bin",
    }


def test_a_timeout_of_the_config_wins() -> None:
    changes = launch_environment(replace(CONFIG, api_timeout_ms=120_000), ENDPOINT, {"API_TIMEOUT_MS": "5"})
    assert changes.set["API_TIMEOUT_MS"] == "120000"


def test_non_interactive_mode_is_for_the_process_only() -> None:
    quiet = replace(CONFIG, non_interactive_mode=True)
    process = launch_environment(quiet, ENDPOINT, {"TERM": "xterm"}).set
    expected = {"CI": "true", "FORCE_COLOR": "0", "NODE_NO_READLINE": "1", "TERM": "dumb"}
    assert {name: process.get(name) for name in expected} == expected
    assert "TERM" not in launch_environment(quiet, ENDPOINT, {}, for_shell=True).set


def test_the_proxy_is_told_of_another_host_too() -> None:
    assert without_proxy("", "192.168.1.5") == "127.0.0.1,localhost,192.168.1.5"
    assert without_proxy("localhost,127.0.0.1", "127.0.0.1") == "localhost,127.0.0.1"


def test_where_the_routes_lead() -> None:
    assert leaves_anthropic(CONFIG)
    assert not leaves_anthropic(AT_HOME)
    assert "CLAUDE_CODE_AUTO_MODE_SERVER" not in launch_environment(AT_HOME, ENDPOINT, {}).set
    away = Target("mock", "m")
    for router in (
        RouterConfig(background=away),
        RouterConfig(think=away),
        RouterConfig(long_context=away),
        RouterConfig(web_search=away),
        RouterConfig(image=away),
        RouterConfig(classifier=away),
    ):
        assert leaves_anthropic(replace(CONFIG, router=replace(router, default=Target("claude", "c"))))
    assert leaves_anthropic(replace(AT_HOME, fallback={"default": (Target("mock", "m"),)}))
    assert leaves_anthropic(replace(AT_HOME, router=RouterConfig()))
    home = Group("in_order", (Member(Target("claude", "c")),))
    mixed = Group("in_order", (Member(Target("group", "home")), Member(Target("mock", "m"))))
    grouped = replace(AT_HOME, groups={"home": home, "mixed": mixed})
    assert not leaves_anthropic(replace(grouped, router=RouterConfig(default=Target("group", "home"))))
    assert leaves_anthropic(replace(grouped, router=RouterConfig(default=Target("group", "mixed"))))


@pytest.mark.parametrize(
    ("url", "protocol", "expected"),
    [
        ("https://api.anthropic.com/v1/messages", None, True),
        ("https://api.anthropic.com", "anthropic", True),
        ("https://api.anthropic.com/v1/chat/completions", None, False),
        ("https://api.anthropic.com/v1/", "openai_chat", False),
        ("https://api.anthropic.com.example/v1/messages", None, False),
        ("https://api.deepseek.com/anthropic/v1/messages", "anthropic", False),
    ],
)
def test_what_is_anthropic(url: str, protocol: str | None, expected: bool) -> None:
    assert is_anthropic(ProviderConfig("p", url, protocol=protocol)) is expected


def test_claude_is_looked_for_in_order() -> None:
    def which(name: str) -> str | None:
        return name if name.startswith("/") else f"/usr/bin/{name}"

    configured = replace(CONFIG, claude_path="/opt/claude")
    assert find_claude(configured, {"CLAUDE_PATH": "/env/claude"}, which) == "/opt/claude"
    assert find_claude(CONFIG, {"CLAUDE_PATH": "/env/claude"}, which) == "/env/claude"
    assert find_claude(CONFIG, {}, which) == "/usr/bin/claude"


def test_claude_where_its_installer_puts_it() -> None:
    local = str(Path("~/.claude/local/claude").expanduser())
    assert find_claude(CONFIG, {}, lambda name: name if name == local else None) == local


def test_a_missing_claude_is_told_with_a_remedy() -> None:
    with pytest.raises(ClaudeNotFound, match="npm install -g @anthropic-ai/claude-code"):
        find_claude(CONFIG, {}, lambda name: None)
    with pytest.raises(ClaudeNotFound, match=r"CLAUDE_PATH in the config names /opt/x"):
        find_claude(replace(CONFIG, claude_path="/opt/x"), {}, lambda name: None)


def test_npms_cmd_file_is_passed_by(tmp_path: Path) -> None:
    shim = tmp_path / "claude.cmd"
    package = tmp_path / "node_modules" / "@anthropic-ai" / "claude-code"
    arguments = ["-p", 'say "100%" & more']

    assert claude_command("/usr/bin/claude", arguments, lambda name: None) == ["/usr/bin/claude", *arguments]
    assert claude_command(str(shim), ["-p", "plain words"], lambda name: None) == [str(shim), "-p", "plain words"]
    with pytest.raises(ClaudeNotFound, match="unchanged"):
        claude_command(str(shim), arguments, lambda name: None)

    package.mkdir(parents=True)
    (package / "cli.js").write_text("")
    by_node = claude_command(str(shim), arguments, lambda name: f"/bin/{name}")
    assert by_node == ["/bin/node", str(package / "cli.js"), *arguments]

    (package / "bin").mkdir()
    (package / "bin" / "claude.exe").write_text("")
    direct = claude_command(str(shim), arguments, lambda name: None)
    assert direct == [str(package / "bin" / "claude.exe"), *arguments]


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        ("", "x-ours: on"),
        ("X-Corp: a\nX-Team: b: c", "X-Corp: a\nX-Team: b: c\nx-ours: on"),
        ("X-Corp: a\r\n", "X-Corp: a\nx-ours: on"),
        ("X-Ours : off\nX-Corp: a", "X-Corp: a\nx-ours: on"),
        ("no header\n\nX-Ours-Too: 1", "no header\n\nX-Ours-Too: 1\nx-ours: on"),
    ],
)
def test_a_header_is_added_to_the_users_own(existing: str, expected: str) -> None:
    assert with_header(existing, "x-ours: on") == expected
