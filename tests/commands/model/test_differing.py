"""What is shown before it is written has no key in it: not of the config, not of its comments."""

from pathlib import Path

import pytest

from ccrouter.commands.model.changing import draft_of
from ccrouter.commands.model.differing import changes

JSON5 = """{
  "APIKEY": "our-clients-secret",
  "Providers": [
    { "name": "a", "api_key": "secret-of-provider-a", "models": ["m"] }, // before: hers-was-0123456789abcdef
    // { "name": "b", "api_key": "secret-of-b", "models": ["m"] },
    { "name": "c", "api_key": ["secret-of-c-1", "s2"], "headers": { "x-api-key": "in-a-header" }, "models": ["m"] }
  ],
  "Router": { "default": "a,m" } // password: hunter2
}
"""
YAML = """APIKEY: our-clients-secret
Providers:
  - name: a
    api_key: secret-of-provider-a  # before: hers-was-0123456789abcdef
    models: [m]
  # - {name: b, api_key: secret-of-b, models: [m]}
  - {name: c, api_key: ["secret-of-c-1", "s2"], headers: {x-api-key: in-a-header}, models: [m]}
Router: {default: "a,m"}  # password: hunter2
"""
SECRETS = ("secret", "hers-was", "0123456789abcdef", "s2", "in-a-header", "hunter2")


@pytest.mark.parametrize(("name", "text"), [("config.json", JSON5), ("config.yaml", YAML)])
def test_no_key_is_in_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    draft = draft_of(tmp_path / name).set_route("background", "c,m")
    draft = draft.set_provider("a", {"models": ["m", "n"]}).set_provider("c", {"models": ["m", "n"]})
    lines = changes(draft)
    shown = "\n".join(lines)
    assert not [secret for secret in SECRETS if secret in shown], shown
    assert "background" in shown
    assert any(line.startswith("+") and "n" in line for line in lines)


def test_two_keys_that_look_alike_when_masked_are_a_change(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(JSON5)
    draft = draft_of(tmp_path / "config.json").set_provider("a", {"api_key": "other"})
    assert [line for line in changes(draft) if line[:1] in "+-"] == [
        '-    { "name": "a", "api_key": "sec…er-a", "models": ["m"] }, // before: ****',
        '+    { "name": "a", "api_key": "****", "models": ["m"] }, // before: ****',
    ]
