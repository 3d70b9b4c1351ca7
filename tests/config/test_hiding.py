"""No key stays in a text that is shown, and nothing else goes."""

import pytest

from ccrouter.config.edit import json5_text
from ccrouter.config.hiding import Hidden, hidden

SECRETS = [
    'api_key: "{}"',
    "'api_key': '{}',",
    '"apiKey":"{}"',
    '{{ "name": "groq", "api_key": "{}", "models": ["x"] }},',
    '"api_key": ["{}", "$OTHER"]',
    '"api_key": [\n  "$OTHER",\n  "{}"\n]',
    '"api_key":\n  "{}"',
    '"Providers": [{{ "name": "a", "api_key": "{}" }}]',
    "Authorization: Bearer {}",
    "GROQ_API_KEY={}",
    "export GROQ_API_KEY={}; ccr start",
    "key: {}",
    "my old password = {} (2024)",
    "备用密钥：{}。",
    "备用 key：{}",
    "https://host/v1?key={}&alt=sse",
    "https://host/v1?access_token={}",
]


@pytest.mark.parametrize("secret", ["plainword", "hunter2", "a.b-c_d"])
@pytest.mark.parametrize("line", SECRETS)
def test_what_is_called_a_key_is_hidden(line: str, secret: str) -> None:
    shown = hidden(line.format(secret), {})
    assert shown.text == line.format("****")
    assert len(shown.places) == 1


def test_what_goes_with_a_key_is_hidden_with_it() -> None:
    assert hidden("https://me:hunter2@host/v1", {}).text == "https://****@host/v1"
    line = '"headers": { "Authorization": "Bearer plainword", "x-team": "blue" }'
    assert hidden(line, {}).text == '"headers": { "Authorization": "****", "x-team": "blue" }'


@pytest.mark.parametrize(
    "secret",
    [
        "sk-or-v1-0123456789abcdef",
        "sk-ant-api03-abcdefgh_ijkl-mnop",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "gsk_abcdefghijklmnop",
        "xai-abcdefghijklmnop",
        "some-vendor-0123456789abcdef",
        "hf_abcdefghijklmnop",
        "0123456789abcdef0123456789abcdef.ABCDEFGHIJ",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.abc_def",
        "cr_0123456789abcdef",
    ],
)
def test_what_looks_like_a_key_is_hidden(secret: str) -> None:
    assert hidden(f"the old one ({secret}) until May", {}).text == "the old one (****) until May"


@pytest.mark.parametrize(
    "line",
    [
        "my first config",
        "see https://openrouter.ai/docs/api-reference/overview for more",
        '"models": ["claude-sonnet-4-5-20250929", "anthropic/claude-3.5-haiku", "Qwen3-235B-A22B-Instruct-2507"]',
        '"api_key": "$GROQ_API_KEY"',
        '"api_key": "${GROQ_API_KEY:-none}"',
        "api_key: ${GROQ_API_KEY}",
        "api_key: os.environ/GROQ_API_KEY",
        '"headers": { "Authorization": "Bearer $TOKEN" }',
        '"api_key": ""',
        '"api_key": "<your key>"',
        '"api_key": "sk-xxx"',
        '"api_key": "your-api-key"',
        '"max_tokens": 16000, "longContextThreshold": 60000',
        "the key: get one at the provider's page",
        "API keys: put them into .env",
        '"key": { "a": 1 }',
        "deepseek-chat is cheap at night, key or no key",
        "2026-11-30T14:12 changed",
    ],
)
def test_nothing_else_is(line: str) -> None:
    assert hidden(line, {}) == Hidden(line)


def test_a_known_key_gets_what_stands_for_it() -> None:
    shown = hidden(
        "was mostly-words here, api_key: 'mostly-words' and not ollama", {"mostly-words": "$A", "ollama": "$B"}
    )
    assert shown.text == "was $A here, api_key: '$A' and not ollama"
    assert shown.places == ()


def test_only_the_parts_are_looked_at_and_a_name_above_counts() -> None:
    text = '// "api_key": [\n"api_key": "stays",\n//   "goes"\n// ]'
    comments = json5_text.comment_spans(text)
    assert [text[slice(*part)] for part in comments] == ['// "api_key": [', '//   "goes"', "// ]"]
    assert hidden(text, {}, comments).text == text.replace("goes", "****")


def test_a_long_text_takes_no_long_time() -> None:
    for text in ("a" * 200_000, "key " * 50_000, 'key: "' * 30_000, "key: [" * 30_000, "\\" * 100_000, "eyJ" * 60_000):
        assert hidden(text, {"unrelated-key": "$A"}).text  # some of these are quadratic for a careless expression
