"""`timeouts`, `proxy`, `ca_bundle` and the limits of a provider; `retries`, `cooldown` and `rescue` of the config."""

from pathlib import Path

import pytest

from ccrouter.config.types import (
    DEFAULT_QUEUE,
    EVERY_SCENARIO,
    Config,
    Cooldown,
    Limits,
    ModelPrices,
    ProviderConfig,
    Retries,
    Timeouts,
)
from tests.config.loading import load_text, unmark


def whole(extra: str = "") -> str:
    return f"""{{
  "Providers": [
    {{ "name": "p", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["m"] }},
  ],
  "Router": {{ "default": "p,m" }},
  {extra}
}}"""


def provider(fields: str) -> str:
    return whole().replace('["m"] }', f'["m"], {fields} }}')


def load(folder: Path, text: str) -> Config:
    environment = {"SECONDS": "2.5", "COUNT": "7", "PROXY": "http://u:p@127.0.0.1:1"}
    loaded = load_text(folder, text, environment=environment)
    assert loaded.problems == ()
    assert loaded.config is not None
    return loaded.config


def load_provider(folder: Path, fields: str) -> ProviderConfig:
    return load(folder, provider(fields)).providers[0]


def test_prices(tmp_path: Path) -> None:
    own, others = '"M": { "input": 1, "Output": "$SECONDS", "cacheRead": 0.1 }', '"*": { "input": 0, "output": 0 }'
    given = load_provider(tmp_path, f'"prices": {{ {own}, {others} }}')
    assert given.prices == {"m": ModelPrices(1, 2.5, 0.1), "*": ModelPrices(0, 0)}


@pytest.mark.parametrize(
    ("fields", "timeouts"),
    [
        ('"headers": {}', Timeouts()),
        ('"timeouts": {}', Timeouts()),
        (
            '"timeouts": { "connect": 3, "firstByte": 0.5, "IDLE": "$SECONDS", "total": "600" }',
            Timeouts(3, 0.5, 2.5, 600),
        ),
        ('"timeouts": { "connect": "${NOT_SET:-}", "idle": 20 }', Timeouts(idle=20)),
    ],
)
def test_timeouts(tmp_path: Path, fields: str, timeouts: Timeouts) -> None:
    assert load_provider(tmp_path, fields).timeouts == timeouts


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ('"headers": {}', Limits(None, None, None, DEFAULT_QUEUE)),
        ('"max_concurrent": 4, "rpm": 60, "tpm": 90000, "queue": 0', Limits(4, 60, 90_000, 0)),
        ('"maxConcurrent": "$COUNT", "RPM": "${NOT_SET:-}"', Limits(7, None, None, DEFAULT_QUEUE)),
    ],
)
def test_limits(tmp_path: Path, fields: str, limits: Limits) -> None:
    assert load_provider(tmp_path, fields).limits == limits


@pytest.mark.parametrize(
    ("written", "proxy"),
    [
        ('"http://127.0.0.1:7890"', "http://127.0.0.1:7890"),
        ('"$PROXY"', "http://u:p@127.0.0.1:1"),
        ('" None "', "none"),
        ('""', None),
        ('"${NOT_SET:-}"', None),
    ],
)
def test_proxy(tmp_path: Path, written: str, proxy: str | None) -> None:
    assert load_provider(tmp_path, f'"proxy": {written}').proxy == proxy


def test_ca_bundle_starts_at_the_folder_and_its_change_is_a_reload(tmp_path: Path) -> None:
    file = tmp_path / "company.pem"
    file.write_text("")
    config = load(tmp_path, provider('"ca_bundle": "company.pem"'))
    assert config.providers[0].ca_bundle == file
    assert file in config.sources
    assert load_provider(tmp_path, f'"ca_bundle": "{file.as_posix()}"').ca_bundle == file
    assert load_provider(tmp_path, '"ca_bundle": ""').ca_bundle is None


@pytest.mark.parametrize(
    ("text", "retries"),
    [
        ("", Retries(8, 2, 90.0, 20.0)),
        ('"retries": {}', Retries()),
        (
            '"retries": { "max_attempts": 3, "same_target": 0, "deadline_seconds": 30.5, "waitSeconds": "$SECONDS" }',
            Retries(3, 0, 30.5, 2.5),
        ),
        ('"Retries": { "wait_seconds": 0 }', Retries(wait_seconds=0.0)),
    ],
)
def test_retries(tmp_path: Path, text: str, retries: Retries) -> None:
    assert load(tmp_path, whole(text)).retries == retries


def test_cooldown(tmp_path: Path) -> None:
    assert load(tmp_path, whole()).cooldown == Cooldown(300.0)
    assert load(tmp_path, whole('"cooldown": { "cap_seconds": 45 }')).cooldown == Cooldown(45.0)


@pytest.mark.parametrize(
    ("text", "rescue"),
    [
        ("", set[str]()),
        ('"rescue": false', set[str]()),
        ('"rescue": []', set[str]()),
        ('"rescue": ["default", "THINK", "longcontext"]', {"default", "think", "longContext"}),
        ('"rescue": true', set(EVERY_SCENARIO)),
    ],
)
def test_rescue(tmp_path: Path, text: str, rescue: set[str]) -> None:
    assert load(tmp_path, whole(text)).rescue == rescue


P = "/Providers/0"
ERRORS = {
    "timeouts number": (provider('"timeouts": §30'), f"{P}/timeouts", "must be an object, is the number 30", None),
    "timeout 0": (
        provider('"timeouts": { "idle": §0 }'),
        f"{P}/timeouts/idle",
        "must be more than 0, is the number 0",
        None,
    ),
    "timeout words": (
        provider('"timeouts": { "idle": §"10s" }'),
        f"{P}/timeouts/idle",
        'must be a number, is a string "10s"',
        None,
    ),
    "timeout true": (provider('"timeouts": { "idle": §true }'), f"{P}/timeouts/idle", "must be a number", None),
    "timeout infinite": (provider('"timeouts": { "idle": §Infinity }'), f"{P}/timeouts/idle", "at most 86400", None),
    "timeout no number": (provider('"timeouts": { "idle": §NaN }'), f"{P}/timeouts/idle", "must be a number", "Leave"),
    "timeout variable": (
        provider('"timeouts": { "idle": §"$NOT_SET" }'),
        f"{P}/timeouts/idle",
        "must be a number",
        "${NOT_SET:-…}",
    ),
    "proxy scheme": (
        provider('"proxy": §"socks5://x:1"'),
        f"{P}/proxy",
        "must be the URL of an HTTP proxy",
        'or "none" for none; SOCKS',
    ),
    "proxy type": (provider('"proxy": §false'), f"{P}/proxy", "must be a string, is false", None),
    "ca_bundle missing": (provider('"ca_bundle": §"gone.pem"'), f"{P}/ca_bundle", "there is no file", "right path"),
    "ca_bundle type": (provider('"ca_bundle": §[]'), f"{P}/ca_bundle", "must be a string, is a list", None),
    "max_concurrent 0": (provider('"max_concurrent": §0'), f"{P}/max_concurrent", "must be at least 1", None),
    "rpm fraction": (provider('"rpm": §0.5'), f"{P}/rpm", "must be a whole number", None),
    "tpm words": (provider('"tpm": §"90k"'), f"{P}/tpm", 'must be a whole number, is a string "90k"', None),
    "queue below 0": (provider('"queue": §-1'), f"{P}/queue", "must be at least 0", None),
    "retries number": (whole('"retries": §3'), "/retries", "must be an object, is the number 3", None),
    "no attempt": (whole('"retries": { "max_attempts": §0 }'), "/retries/max_attempts", "must be at least 1", None),
    "deadline 0": (
        whole('"retries": { "deadline_seconds": §0 }'),
        "/retries/deadline_seconds",
        "must be more than 0",
        None,
    ),
    "cap words": (whole('"cooldown": { "cap_seconds": §"5m" }'), "/cooldown/cap_seconds", "must be a number", None),
    "rescue text": (whole('"rescue": §"default"'), "/rescue", "must be a list or true or false", "Put [ ] around it"),
    "rescue unknown": (
        whole('"rescue": ["default", §"thinking"]'),
        "/rescue/1",
        "must be one of",
        'Did you mean "think"?',
    ),
    "price without output": (
        provider('"prices": { "m": §{ "input": 1 } }'),
        f"{P}/prices/m",
        '"output" is missing',
        None,
    ),
    "negative price": (
        provider('"prices": { "m": { "input": §-1, "output": 1 } }'),
        f"{P}/prices/m/input",
        "at least 0",
        None,
    ),
    "price as words": (
        provider('"prices": { "m": { "input": 1, "output": 1, "cache_read": §"cheap" } }'),
        f"{P}/prices/m/cache_read",
        "must be",
        None,
    ),
}

WARNINGS = {
    "unknown timeout": (
        provider('"timeouts": { §"read": 5 }'),
        f"{P}/timeouts/read",
        '"read" is not known',
        "Known here: connect, first_byte, idle, total",
    ),
    "timeout over the total": (
        provider('"timeouts": { "idle": §50, "total": 20 }'),
        f"{P}/timeouts/idle",
        "no effect: the whole attempt ends after 20 seconds",
        None,
    ),
    "unknown limit": (provider('§"max_concurent": 5'), f"{P}/max_concurent", "not known", '"max_concurrent"'),
    "unknown retry": (whole('"retries": { §"attempts": 5 }'), "/retries/attempts", "not known", '"max_attempts"'),
    "wait over the deadline": (
        whole('"retries": { "wait_seconds": §100 }'),
        "/retries/wait_seconds",
        "no wait is longer than deadline_seconds (90)",
        "Raise",
    ),
    "password in the URL": (
        whole().replace('"https://x.y/v1"', '§"https://u:geheim@x.y/v1"'),
        f"{P}/api_base_url",
        "this URL holds a name or password",
        '"Authorization" in "headers"',
    ),
    "price of no model": (
        provider('"prices": { §"mm": { "input": 1, "output": 2 } }'),
        f"{P}/prices/mm",
        'no model of this provider is called "mm"',
        'Did you mean "m"?',
    ),
    "unknown kind of price": (
        provider('"prices": { "m": { "input": 1, "output": 2, §"cached": 1 } }'),
        f"{P}/prices/m/cached",
        "not known",
        None,
    ),
    "unknown cooldown": (whole('"cooldown": { §"cap": 5 }'), "/cooldown/cap", "not known", None),
}


@pytest.mark.parametrize(
    ("severity", "name"), [("error", name) for name in ERRORS] + [("warning", name) for name in WARNINGS]
)
def test_mistakes(tmp_path: Path, severity: str, name: str) -> None:
    marked, pointer, words, fix = (ERRORS if severity == "error" else WARNINGS)[name]
    text, place = unmark(marked)
    loaded = load_text(tmp_path, text)
    problems = [problem for problem in loaded.problems if "variable NOT_SET is not set" not in problem.message]
    assert len(problems) == 1, problems
    (problem,) = problems
    assert (problem.severity, problem.pointer, (problem.line, problem.column)) == (severity, pointer, place)
    assert words in problem.message
    assert (fix or "") in (problem.fix or "")
    assert "geheim" not in repr(problems)
    assert (loaded.config is None) == (severity == "error")


def test_a_proxy_is_never_shown(tmp_path: Path) -> None:
    problems = load_text(tmp_path, provider('"proxy": ["http://u:geheim@x"]')).problems
    assert problems
    assert "geheim" not in repr(problems)
