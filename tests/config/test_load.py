"""From a file to a Config: fields and spellings, variables, secrets, files that are not as they should be."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.config.load import load_config
from ccrouter.config.problems import Problem
from ccrouter.config.types import Config, Hints, ProviderConfig, RouterConfig, Target, TransformerUse, UserTransformer
from tests.config.loading import KNOWN, load_text

SMALL_PROVIDER = '{ "name": "a", "api_base_url": "http://localhost/v1", "models": ["m"] }'
SMALL = f'"Providers": [{SMALL_PROVIDER}], "Router": {{ "default": "a,m" }}'


def config_of(folder: Path, extra: str, environment: dict[str, str] | None = None) -> Config:
    loaded = load_text(folder, f"{{ {SMALL}, {extra} }}", environment=environment)
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


def problems_of(folder: Path, extra: str, environment: dict[str, str] | None = None) -> tuple[Problem, ...]:
    return load_text(folder, f"{{ {SMALL}, {extra} }}", environment=environment).problems


FULL_JSON = """{
  "PORT": "4000", "HOST": "0.0.0.0", "APIKEY": "secret", "LOG": "false", "WORKERS": "3", "LOG_LEVEL": "WARNING",
  "API_TIMEOUT_MS": "1000", "PROXY_URL": "http://proxy:1", "NON_INTERACTIVE_MODE": true, "CLAUDE_PATH": "/bin/claude",
  "ANTHROPIC_SMALL_FAST_MODEL": "m", "GOOGLE_CLOUD_PROJECT": "p", "NODE_TLS_REJECT_UNAUTHORIZED": 0, "FLAG": false,
  "hints": true, "REWRITE_SYSTEM_PROMPT": "prompt.txt", "CUSTOM_ROUTER_PATH": "router.py",
  "transformers": [{ "path": "plugins/own.py", "options": { "a": [1, null] } }],
  "Providers": [
    {
      "name": "DeepSeek", "api_base_url": " https://x.y/v1 ", "models": ["Chat", "R1"],
      "api_key": ["k1", " k2 ", "", "k1"],
      "protocol": "OpenAI-Chat-Completions", "headers": { "X-A": "1" }, "context_window": 1000,
      "context_windows": { "r1": 2000, "other": "3000" }, "quirks": { "images": false, "reasoning_out": null },
      "transformer": {
        "use": ["DEEPSEEK", ["openrouter", { "provider": { "only": ["x"] } }]],
        "chat": { "use": ["own"] },
      },
    },
    { "name": "local", "api_base_url": "http://localhost:1/v1" },
  ],
  "Router": {
    "default": "deepseek,chat", "background": "local , any,model", "think": "DeepSeek", "longContext": "deepseek/R1",
    "webSearch": "", "image": null, "classifier": "local,c", "longContextThreshold": "5000", "thinkEffort": "MAX",
  },
  "fallback": { "default": ["DeepSeek,R1", "local,x", "deepseek,r1"], "think": "local,x" },
}"""

FULL_YAML = """\
port: 4000
host: 0.0.0.0
ApiKey: secret
log: false
workers: 3
log_level: warn
api_timeout_ms: 1000
proxy_url: http://proxy:1
non_interactive_mode: true
claude_path: /bin/claude
ANTHROPIC_SMALL_FAST_MODEL: m
GOOGLE_CLOUD_PROJECT: p
NODE_TLS_REJECT_UNAUTHORIZED: 0
FLAG: false
rewrite_system_prompt: prompt.txt
Hints: true
custom_router_path: router.py
transformers:
  - {path: plugins/own.py, options: {a: [1, null]}}
providers:
  - NAME: DeepSeek
    apiBaseUrl: https://x.y/v1
    api_keys: [k1, k2]
    models: [Chat, R1]
    type: openai_chat
    headers: {X-A: "1"}
    contextWindow: 1000
    context_windows: {r1: 2000, other: 3000}
    quirks: {images: false, reasoning_out: ~}
    transformer:
      use: [deepseek, [openrouter, {provider: {only: [x]}}]]
      chat: {use: [own]}
  - {name: local, base_url: "http://localhost:1/v1"}
router:
  default: deepseek,chat
  background: local,any,model
  think: DeepSeek
  long_context: deepseek/R1
  classifier: local,c
  long_context_threshold: 5000
  think_effort: max
fallback:
  default: ["DeepSeek,R1", "local,x"]
  think: ["local,x"]
"""


def make_files(folder: Path) -> None:
    (folder / "plugins").mkdir()
    for name in ("plugins/own.py", "prompt.txt", "router.py"):
        (folder / name).write_text("")


def full(folder: Path) -> Config:
    return Config(
        providers=(
            ProviderConfig(
                name="DeepSeek",
                api_base_url="https://x.y/v1",
                api_keys=("k1", "k2"),
                models=("Chat", "R1"),
                protocol="openai_chat",
                use=(TransformerUse("deepseek"), TransformerUse("openrouter", {"provider": {"only": ["x"]}})),
                model_use={"Chat": (TransformerUse("own"),)},
                headers={"X-A": "1"},
                quirks={"context_window": 1000, "images": False, "reasoning_out": None},
                context_windows={"Chat": 1000, "R1": 2000, "other": 3000},
            ),
            ProviderConfig("local", "http://localhost:1/v1"),
        ),
        router=RouterConfig(
            default=Target("DeepSeek", "Chat"),
            background=Target("local", "any,model"),
            think=Target("DeepSeek", "Chat"),
            long_context=Target("DeepSeek", "R1"),
            classifier=Target("local", "c"),
            long_context_threshold=5000,
            think_effort="max",
        ),
        path=folder / "config.json",
        sources=(folder / "config.json", folder / ".env", folder / "plugins/own.py"),
        host="0.0.0.0",
        port=4000,
        workers=3,
        api_key="secret",
        api_timeout_ms=1000,
        proxy_url="http://proxy:1",
        log=False,
        log_level="warn",
        fallback={
            "default": (Target("DeepSeek", "R1"), Target("local", "x")),
            "think": (Target("local", "x"),),
        },
        transformers=(UserTransformer(folder / "plugins/own.py", {"a": [1, None]}),),
        non_interactive_mode=True,
        claude_path="/bin/claude",
        custom_router_path=folder / "router.py",
        rewrite_system_prompt=folder / "prompt.txt",
        hints=Hints(True),
        environment={
            "ANTHROPIC_SMALL_FAST_MODEL": "m",
            "GOOGLE_CLOUD_PROJECT": "p",
            "NODE_TLS_REJECT_UNAUTHORIZED": "0",
            "FLAG": "false",
        },
    )


def test_every_field(tmp_path: Path) -> None:
    make_files(tmp_path)
    assert load_text(tmp_path, FULL_JSON).config == full(tmp_path)


def test_yaml_in_other_spellings_gives_the_same(tmp_path: Path) -> None:
    make_files(tmp_path)
    loaded = load_text(tmp_path, FULL_YAML, name="config.yaml")
    path = tmp_path / "config.yaml"
    expected = replace(full(tmp_path), path=path, sources=(path, *full(tmp_path).sources[1:]))
    assert loaded.config == expected
    spellings = [problem.pointer for problem in loaded.problems]
    assert spellings == ["/router/think"]  # Only the bare provider is worth a word; it is shown as it is written.


def test_defaults(tmp_path: Path) -> None:
    config = config_of(tmp_path, '"Router": { "default": "a,m", "longContextThreshold": 0 }')
    assert config == Config(
        providers=(ProviderConfig("a", "http://localhost/v1", models=("m",)),),
        router=RouterConfig(default=Target("a", "m")),
        path=tmp_path / "config.json",
        sources=(tmp_path / "config.json", tmp_path / ".env"),
    )
    assert config.port == 3456
    assert config.router.long_context_threshold == 60000


def test_unknown_transformer_names_wait_for_the_users_own_files(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("")
    text = f'{{ {SMALL}, "transformers": [{{ "path": "own.py" }}] }}'.replace(
        '"models"', '"transformer": { "use": ["mine"] }, "models"'
    )
    assert load_text(tmp_path, text).problems == ()
    later = load_text(tmp_path, text, known=replace(KNOWN, user_files_loaded=True))
    assert [problem.message for problem in later.problems] == ['there is no transformer called "mine"']
    transformers = {**KNOWN.transformers, "mine": {"type": "object", "maxProperties": 0}}
    loaded = load_text(tmp_path, text, known=replace(KNOWN, transformers=transformers, user_files_loaded=True))
    assert loaded.problems == ()


# --- variables


def test_variables_in_every_text_of_the_config(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MODEL=m\nPORT_NUMBER=99\nKEY=from file\n")
    config = config_of(
        tmp_path,
        '"Router": { "default": "$PROVIDER,${MODEL}" }, "PORT": "$PORT_NUMBER", '
        '"APIKEY": "$KEY", "LOG": "${OFF:-false}"',
        {"PROVIDER": "a", "KEY": "from environment"},
    )
    assert config.router.default == Target("a", "m")
    assert (config.port, config.api_key, config.log) == (99, "from environment", False)


def test_service_port_wins(tmp_path: Path) -> None:
    assert config_of(tmp_path, '"PORT": 1', {"SERVICE_PORT": "2"}).port == 2
    assert config_of(tmp_path, '"PORT": 1', {"SERVICE_PORT": ""}).port == 1
    for wrong in ("x", "0", "70000", "٣"):
        (problem,) = problems_of(tmp_path, '"PORT": 1', {"SERVICE_PORT": wrong})
        assert problem.severity == "error"
        assert "SERVICE_PORT" in problem.message


def test_an_unset_variable_stays_as_it_is_written_and_is_told(tmp_path: Path) -> None:
    text = f"{{ {SMALL} }}".replace('"models"', '"api_key": "$NO_KEY", "headers": { "X": "${NO_HEADER}" }, "models"')
    loaded = load_text(tmp_path, text)
    assert loaded.config is not None
    assert loaded.config.providers[0].api_keys == ("$NO_KEY",)
    assert loaded.config.providers[0].headers == {"X": "${NO_HEADER}"}
    assert [problem.severity for problem in loaded.problems] == ["warning", "warning"]
    assert str(tmp_path / ".env") in (loaded.problems[0].fix or "")


def test_an_apikey_whose_variable_is_unset_opens_nothing(tmp_path: Path) -> None:
    """The placeholder itself would be a key that everybody can guess."""
    config = config_of(tmp_path, '"APIKEY": "$NOT_SET", "HOST": "0.0.0.0"')
    assert config.api_key is None
    assert config.host == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1", "[::1]"])
def test_loopback_hosts_need_no_key(tmp_path: Path, host: str) -> None:
    assert problems_of(tmp_path, f'"HOST": "{host}"') == ()
    assert config_of(tmp_path, f'"HOST": "{host}"').host == host.strip("[]")


# --- secrets


def test_no_problem_shows_a_secret(tmp_path: Path) -> None:
    secret = "hunter2"
    text = f"""{{
      "PORT": "$SECRET", "LOG": "$SECRET", "LOG_LEVEL": "$SECRET", "APIKEY": "{secret}\\n", "GOOGLE_KEY": ["{secret}"],
      "PROXY_URL": "http:/{secret}", "HTTPS_PROXY": "{secret}", "REWRITE_SYSTEM_PROMPT": 5, "HOST": "$SECRET /",
      "Providers": [
        {{ "name": "a", "api_base_url": "//u:{secret}@h", "api_key": {{ "{"k"}": "{secret}" }}, "models": ["m"],
          "headers": {{ "A": ["{secret}"], "B": "x\\n{secret}" }}, "protocol": "$SECRET",
          "context_window": "$SECRET", "quirks": {{ "images": "$SECRET", "effort_style": "$SECRET" }},
          "transformer": {{
            "use": [["maxtoken", {{ "max_tokens": "{secret}", "x": "{secret}" }}], ["maxtoken", "{secret}"]],
          }} }},
        {{ "name": "b", "api_base_url": "http://{secret}:x/", "api_key": ["{secret}\\u0000", 5, "ключ{secret}"] }},
      ],
      "Router": {{ "default": "a,m", "longContextThreshold": "$SECRET", "thinkEffort": "$SECRET" }},
      "transformers": [{{ "path": "x.js", "options": "{secret}" }}],
    }}"""
    loaded = load_text(tmp_path, text, environment={"SECRET": secret})
    assert len(loaded.problems) > 15
    for problem in loaded.problems:
        assert secret not in str(problem)


# --- files


def test_a_broken_env_file_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff")
    (problem,) = problems_of(tmp_path, '"LOG": true')
    assert (problem.severity, problem.file) == ("warning", tmp_path / ".env")
    (tmp_path / ".env").unlink()
    (tmp_path / ".env").mkdir()
    (problem,) = problems_of(tmp_path, '"LOG": true')
    assert "folder" in problem.message
    (tmp_path / ".env").rmdir()
    (tmp_path / ".env").write_text("A=1\nwhat\n")
    (problem,) = problems_of(tmp_path, '"LOG": true')
    assert (problem.severity, problem.file, problem.line) == ("warning", tmp_path / ".env", 2)


def only_problem(path: Path) -> Problem:
    loaded = load_config(path, environment={}, known=KNOWN)
    assert loaded.config is None
    (problem,) = loaded.problems
    assert problem.severity == "error"
    assert problem.file == path
    assert problem.fix
    return problem


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no config file here" in only_problem(tmp_path / "config.json").message
    assert "there is no config file here" in only_problem(tmp_path / "no" / "config.json").message


def test_a_folder_a_pipe_and_a_huge_file(tmp_path: Path) -> None:
    assert "folder" in only_problem(tmp_path).message
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    assert "too large" in only_problem(huge).message
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        assert "not an ordinary file" in only_problem(tmp_path / "pipe.json").message


def test_a_path_through_a_file_and_one_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    only_problem(tmp_path / "file" / "config.json")
    only_problem(tmp_path / ("x" * 5000))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0)
    assert "may not be read" in only_problem(path).message


def test_permission_denied_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, but also where the tests run as root."""
    path = tmp_path / "config.json"
    path.write_text("{}")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "may not be read" in only_problem(path).message


def test_relative_paths_start_at_the_configs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "own.py").write_text("")
    (tmp_path / "config.json").write_text(f'{{ {SMALL}, "transformers": [{{ "path": "own.py" }}] }}')
    monkeypatch.chdir(tmp_path / "sub")
    loaded = load_config(Path("../config.json"), environment={}, known=KNOWN)
    assert loaded.config is not None
    assert loaded.config.transformers[0].path.samefile(tmp_path / "own.py")
    assert loaded.config.path is not None
    assert loaded.config.path.is_absolute()


def test_tilde_is_the_users_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "own.py").write_text("")
    config = config_of(tmp_path, '"transformers": [{ "path": "~/own.py" }]')
    assert config.transformers[0].path == tmp_path / "own.py"
