"""`ccr keys`: with a daemon, and without one from what the last one wrote."""

import json
import time
from typing import TYPE_CHECKING

import pytest

from ccrouter.commands.keys import key_rows, local_time, rest_words
from ccrouter.model.json import JsonObject
from ccrouter.upstream.cooldown import KeyStates, Place, Rest, fingerprint
from ccrouter.upstream.cooldown_json import to_json

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr

NOW = 1_000_000.0
PROVIDERS = [
    {
        "name": "mock",
        "api_base_url": "http://127.0.0.1:9/v1/chat/completions",
        "api_key": "sk-0123456789-mock",
        "models": ["m-text"],
    }
]


def test_the_daemon_is_asked(ccr: "Ccr") -> None:
    ccr.run("start")
    told = ccr.run("keys")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0] == "mock & co"
    assert lines[1].startswith("   1  sk-…7890  resting  model m-text: until ")
    assert lines[1].endswith("(in 42 s): 429 slow down")
    assert lines[2:5] == ["   2  ****      ready", "local", "   no key"]
    report = json.loads(ccr.run("keys", "--json").stdout)
    assert report["running"] is True
    assert [provider["name"] for provider in report["providers"]] == ["mock & co", "local"]


def test_the_daemon_clears(ccr: "Ccr") -> None:
    ccr.run("start")
    assert ccr.run("keys", "clear").stdout == "2 rests ended.\n"
    assert ccr.run("keys", "clear", "mock & co").stdout == "1 rest of 'mock & co' ended.\n"
    unknown = ccr.run("keys", "clear", "locla")
    assert unknown.returncode == 2
    assert "there is no provider 'locla' in the config. Did you mean 'local'?" in unknown.stderr


def test_a_daemon_of_elsewhere_cannot_be_asked(ccr: "Ccr") -> None:
    ccr.run("start")
    (ccr.folder / "daemon.json").rename(ccr.folder / "elsewhere.json")
    told = ccr.run("keys")
    (ccr.folder / "elsewhere.json").rename(ccr.folder / "daemon.json")
    assert told.returncode == 1
    assert "another config folder" in told.stderr


def write_rests(ccr: "Ccr") -> None:
    now = time.time()
    place = Place("mock", fingerprint("sk-0123456789-mock"), "m-text")
    rests = {place: Rest(now, now + 3600, 429, "slow down"), Place("gone", "x"): Rest(now, now + 9, 401, "no")}
    content = {"keys": to_json(KeyStates(rests)), "learned": {"mock,m-text": {"kept": 1}}}
    (ccr.folder / "router-state.json").write_text(json.dumps(content))


def test_without_a_daemon_the_file_tells(ccr: "Ccr") -> None:
    ccr.write_config(Providers=PROVIDERS)
    fresh = ccr.run("keys")
    assert fresh.stdout == "mock\n   1  sk-…mock  ready\n"
    assert "does not run" in fresh.stderr
    write_rests(ccr)
    told = ccr.run("keys")
    assert told.returncode == 0
    assert "   1  sk-…mock  resting  model m-text: until " in told.stdout
    assert told.stdout.rstrip().endswith("ccr keys clear [provider]")
    report = json.loads(ccr.run("keys", "--json").stdout)
    assert (report["running"], report["providers"][0]["keys"][0]["state"]) == (False, "resting")


def test_without_a_daemon_the_file_is_cleared(ccr: "Ccr") -> None:
    ccr.write_config(Providers=PROVIDERS)
    assert ccr.run("keys", "clear").stdout == "No key was resting.\n"
    assert "router-state.json" not in ccr.files()
    write_rests(ccr)
    assert ccr.run("keys", "clear", "mock").stdout == "1 rest of 'mock' ended.\n"
    kept = json.loads((ccr.folder / "router-state.json").read_text())
    assert [entry["provider"] for entry in kept["keys"]] == ["gone"]
    assert kept["learned"] == {"mock,m-text": {"kept": 1}}
    assert ccr.run("keys", "clear", "mock").stdout == "No key of 'mock' was resting.\n"
    assert ccr.run("keys", "--config", str(ccr.config), "clear").stdout == "1 rest ended.\n"
    assert json.loads((ccr.folder / "router-state.json").read_text())["keys"] == []


def test_without_a_daemon_the_keys_of_presets_are_told_and_cleared(ccr: "Ccr") -> None:
    ccr.write_config(Providers=PROVIDERS)
    write_rests(ccr)
    folder = ccr.folder / "presets"
    for name, manifest in (("work", {"Providers": PROVIDERS, "Router": {"default": "mock,m-text"}}), ("bad", {})):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_text(json.dumps(manifest))
    (folder / ".state").mkdir()
    (folder / ".state" / "work.json").write_bytes((ccr.folder / "router-state.json").read_bytes())
    told = ccr.run("keys").stdout
    assert "mock (preset work)\n   1  sk-…mock  resting  model m-text: until " in told
    assert told.rstrip().endswith("ccr keys clear [--preset NAME] [provider]")
    assert list(json.loads(ccr.run("keys", "--json").stdout)["presets"]) == ["work"]
    assert ccr.run("keys", "clear", "mock").stdout == "1 rest of 'mock' ended.\n"
    assert "mock (preset work)\n   1  sk-…mock  resting" in ccr.run("keys").stdout
    cleared = ccr.run("keys", "clear", "--preset", "work", "mock").stdout
    assert cleared == "1 rest of 'mock' in the preset 'work' ended.\n"
    assert ccr.run("keys", "clear").stdout == "2 rests ended.\n"  # of providers that are gone
    unknown = ccr.run("keys", "clear", "--preset", "wrok")
    assert unknown.returncode == 2
    assert "there is no preset 'wrok'. Did you mean 'work'?" in unknown.stderr
    unknown = ccr.run("keys", "clear", "--preset", "work", "mokc")
    assert "there is no provider 'mokc' in the preset 'work'. Did you mean 'mock'?" in unknown.stderr


def test_without_a_daemon_a_broken_config_is_told(ccr: "Ccr") -> None:
    ccr.config.write_text("{")
    told = ccr.run("keys")
    assert told.returncode == 1
    assert "config.json" in told.stderr


def rest(**changes: object) -> JsonObject:
    usual = {"model": "m", "state": "resting", "since": NOW - 9, "until": NOW + 61.5, "status": 429, "reason": "slow"}
    return {**usual, "failures": 1, "probe": None, **changes}  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (rest(), "model m: until {0} (in 1 min 2 s): 429 slow"),
        (rest(model=None), "every model: until {0} (in 1 min 2 s): 429 slow"),
        (rest(until=NOW - 5), "model m: rested until {0}, the next request tries it: 429 slow"),
        (rest(until=NOW - 5, probe=NOW - 3), "model m: a request has been trying it since {0}: 429 slow"),
        (rest(reason="a\n\x1b[2Jb"), "model m: until {0} (in 1 min 2 s): 429 a  [2Jb"),
        (rest(reason=""), "model m: until {0} (in 1 min 2 s): 429"),
    ],
)
def test_words(found: JsonObject, words: str) -> None:
    moment = found["probe"] or found["until"]
    assert isinstance(moment, float)
    assert rest_words(found, NOW) == words.format(local_time(moment, NOW))


def test_times_of_other_days_have_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be set by a program")
    time.tzset()
    try:
        noon = 1_767_265_200.0  # 2026-01-01T11:00:00Z
        assert local_time(noon, noon) == "12:00:00"
        assert local_time(noon + 12 * 3600, noon) == "2026-01-02 00:00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_key_with_several_rests_is_named_once() -> None:
    found: JsonObject = {"key": "sk-…7890", "state": "resting", "rests": [rest(), rest(model="n")]}
    rows = key_rows([found, {"key": "****", "rests": []}], NOW)
    assert [row[:3] for row in rows] == [("1", "sk-…7890", "resting"), ("", "", "resting"), ("2", "****", "ready")]
