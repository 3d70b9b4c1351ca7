"""One mistake at a time: its exact place (the § in the text), pointer, severity, words, fix; and nothing else said."""

from pathlib import Path

import pytest

from tests.config.loading import load_text, unmark

GOOD_PROVIDER = '{ "name": "deepseek", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["chat", "R1"] }'
ROUTER = '"Router": { "default": "deepseek,chat" }'


def whole(extra: str = "", *, providers: str = GOOD_PROVIDER, router: str = ROUTER) -> str:
    return f'{{\n  "Providers": [\n    {providers}\n  ],\n  {router},\n  {extra}\n}}\n'


def provider(fields: str) -> str:
    """A config whose provider has these fields after its good ones."""
    return whole(providers=GOOD_PROVIDER.removesuffix("}") + f", {fields} }}")


def router(fields: str) -> str:
    return whole(router=f'"Router": {{ "default": "deepseek,chat", {fields} }}')


ERRORS = {
    # --- types and values
    "port": (whole('"PORT": §"abc"'), "/PORT", 'must be a whole number, is a string "abc"', None),
    "workers range": (whole('"WORKERS": §65'), "/WORKERS", "must be at most 64, is the number 65", None),
    "port range": (whole('"PORT": §70000'), "/PORT", "must be at most 65535, is the number 70000", None),
    "port fraction": (whole('"PORT": §1.5'), "/PORT", "must be a whole number, is the number 1.5", None),
    "port infinity": (whole('"PORT": §Infinity'), "/PORT", "must be a whole number, is the number inf", None),
    "port list": (whole('"PORT": §[1]'), "/PORT", "must be a whole number, is a list", None),
    "port by another spelling": (whole('"port": §true'), "/port", "must be a whole number, is true", None),
    "log": (whole('"LOG": §"maybe"'), "/LOG", 'must be true or false, is a string "maybe"', None),
    "log level": (whole('"LOG_LEVEL": §"inof"'), "/LOG_LEVEL", "must be one of", 'Did you mean "info"?'),
    "providers object": (whole(providers="").replace("[\n    \n  ]", "§{}"), "/Providers", "must be a list", "[ ]"),
    "router text": (whole(router='"Router": §"deepseek,chat"'), "/Router", "must be an object, is a string", None),
    "provider text": (whole(providers=GOOD_PROVIDER + ', §"x"'), "/Providers/1", "must be an object", None),
    "models text": (
        whole(providers=GOOD_PROVIDER.replace('["chat", "R1"]', '§"chat"')),
        "/Providers/0/models",
        'must be a list, is a string "chat"',
        "Put [ ] around it",
    ),
    "model number": (
        whole(providers=GOOD_PROVIDER.replace('"R1"', "§4")),
        "/Providers/0/models/1",
        "must be a string, is the number 4",
        "Put quotes around it",
    ),
    "key number": (
        whole(providers=GOOD_PROVIDER.replace('"k"', "§5")),
        "/Providers/0/api_key",
        "must be a string or a list, is a number",
        None,
    ),
    "key of two lines": (
        whole(providers=GOOD_PROVIDER.replace('"k"', r'§"a\nb"')),
        "/Providers/0/api_key",
        "a key must be one line",
        "line break",
    ),
    "no name": (
        whole(providers=GOOD_PROVIDER + ', §{ "api_base_url": "http://x" }'),
        "/Providers/1",
        '"name" is',
        None,
    ),
    "no url": (
        whole(providers=GOOD_PROVIDER + ', §{ "name": "x" }'),
        "/Providers/1",
        '"api_base_url" is missing',
        None,
    ),
    "empty url": (
        whole(providers=GOOD_PROVIDER.replace('"https://x.y/v1"', '§""')),
        "/Providers/0/api_base_url",
        "must not be empty",
        None,
    ),
    "url without scheme": (
        whole(providers=GOOD_PROVIDER.replace('"https://x.y/v1"', '§"x.y/v1"')),
        "/Providers/0/api_base_url",
        "must be a URL that begins with http:// or https://",
        "Write https:// (or http://) in front",
    ),
    "url with a bad port": (
        whole(providers=GOOD_PROVIDER.replace('"https://x.y/v1"', '§"http://x:99999/"')),
        "/Providers/0/api_base_url",
        "must be a URL",
        "https://host/path",
    ),
    "header name": (provider('"headers": { §"a b": "c" }'), "/Providers/0/headers/a b", "not a name", None),
    "header value": (provider(r'"headers": { "a": §"c\r\nd" }'), "/Providers/0/headers/a", "one line", None),
    "header number": (provider('"headers": { "a": §2 }'), "/Providers/0/headers/a", "must be a string, is a num", None),
    "context window": (
        provider('"context_windows": { "chat": §"big" }'),
        "/Providers/0/context_windows/chat",
        'must be a whole number, is a string "big"',
        None,
    ),
    "quirk": (provider('"quirks": { "images": §1 }'), "/Providers/0/quirks/images", "must be true or false", None),
    "host": (whole('"HOST": §"a b"'), "/HOST", "HOST must be an address", "127.0.0.1"),
    "proxy": (whole('"PROXY_URL": §"localhost:7890"'), "/PROXY_URL", "must be the URL of an HTTP proxy", "http://"),
    "proxy variable": (whole('"PROXY_URL": §"$NOT_SET"'), "/PROXY_URL", "must be the URL", "${NOT_SET:-…}"),
    "port variable": (whole('"PORT": §"$NOT_SET"'), "/PORT", "must be a whole number", "${NOT_SET:-…}"),
    "apikey": (whole(r'"APIKEY": §"a\nb"'), "/APIKEY", "one line", None),
    # --- against itself
    "two of a name": (
        whole(providers=GOOD_PROVIDER + ", " + GOOD_PROVIDER.replace('"deepseek"', '§"deepseek"')),
        "/Providers/1/name",
        'two providers called "deepseek"',
        "another name",
    ),
    "comma in a name": (
        whole(providers=GOOD_PROVIDER + ", " + GOOD_PROVIDER.replace('"deepseek"', '§"a,b"')),
        "/Providers/1/name",
        "comma",
        None,
    ),
    "no default": (
        whole(router='"Router": §{}'),
        "/Router",
        "Router.default is missing",
        'Write "Router": { "default": "deepseek,chat" }',
    ),
    "empty default": (
        whole(router='"Router": { "default": §"" }'),
        "/Router/default",
        "Router.default is missing",
        None,
    ),
    "no router": ("§" + whole(router='"LOG": true'), "", "Router.default is missing", None),
    "no provider": (
        whole(providers="").replace('"Providers": [', '"Providers": §['),
        "/Providers",
        "no provider is configured yet",
        "ccr demo",
    ),
    "unknown provider": (
        router('"think": §"deepsek,chat"'),
        "/Router/think",
        'there is no provider called "deepsek"',
        'Did you mean "deepseek"?',
    ),
    "unknown provider, nothing near": (
        router('"think": §"zzz"'),
        "/Router/think",
        'there is no provider called "zzz"',
        "There is deepseek",
    ),
    "route without provider": (router('"think": §"R1"'), "/Router/think", "names no provider", 'Write "deepseek,R1"'),
    "fallback": (
        whole('"fallback": { "think": ["deepseek,chat", §"deepsek,chat"] }'),
        "/fallback/think/1",
        'no provider called "deepsek"',
        'Did you mean "deepseek"?',
    ),
    "transformer": (
        provider('"transformer": { "use": ["deepseek", §"deepsek"] }'),
        "/Providers/0/transformer/use/1",
        'no transformer called "deepsek"',
        'Did you mean "deepseek"?',
    ),
    "transformer with options": (
        provider('"transformer": { "use": [[§"maxtokens", {}]] }'),
        "/Providers/0/transformer/use/0/0",
        'no transformer called "maxtokens"',
        'Did you mean "maxtoken"?',
    ),
    "model's transformer": (
        provider('"transformer": { "chat": { "use": [§"x"] } }'),
        "/Providers/0/transformer/chat/use/0",
        'no transformer called "x"',
        None,
    ),
    "option": (
        provider('"transformer": { "use": [["maxtoken", { "max_tokens": §"5" }]] }'),
        "/Providers/0/transformer/use/0/1/max_tokens",
        "must be a whole number, is a string",
        None,
    ),
    "option missing": (
        provider('"transformer": { "use": [§"maxtoken"] }'),
        "/Providers/0/transformer/use/0",
        '"max_tokens" is missing',
        None,
    ),
    "transformer list": (
        provider('"transformer": §["deepseek"]'),
        "/Providers/0/transformer",
        "must be an object, is a list",
        None,
    ),
    "model's transformer list": (
        provider('"transformer": { "chat": §["deepseek"] }'),
        "/Providers/0/transformer/chat",
        "must be an object, is a list",
        None,
    ),
    "protocol": (
        provider('"protocol": §"opnai_chat"'),
        "/Providers/0/protocol",
        "not a wire protocol",
        'Did you mean "openai_chat"?',
    ),
    "user file": (whole('"transformers": [{ "path": §"no.py" }]'), "/transformers/0/path", "there is no file", None),
    "user file of a kind": (whole('"transformers": [{ "path": §"a.rb" }]'), "/transformers/0/path", "Python", None),
    "prompt file": (whole('"REWRITE_SYSTEM_PROMPT": §"no.txt"'), "/REWRITE_SYSTEM_PROMPT", "there is no file", None),
    "hints": (whole('"hints": §"yes"'), "/hints", "must be true or false or an object", None),
    "hints file": (whole('"hints": { "files": { "qwen": §"no.md" } }'), "/hints/files/qwen", "there is no file", None),
    "not an object": ("§[]", "", "a configuration is an object, this is a list", None),
    "a text": ("§'x'", "", "a configuration is an object, this is a string", None),
}

WARNINGS = {
    "unknown in provider": (provider('§"modles": []'), "/Providers/0/modles", '"modles" is not known', '"models"?'),
    "unknown in router": (
        router('§"longContextTreshold": 5'),
        "/Router/longContextTreshold",
        "is not known and has no effect",
        'Did you mean "longContextThreshold"?',
    ),
    "unknown in fallback": (whole('"fallback": { §"thnk": [] }'), "/fallback/thnk", "is not known", '"think"?'),
    "unknown in hints": (whole('"hints": { §"gemini": "a.md" }'), "/hints/gemini", "is not known", "enabled, files"),
    "unknown family": (whole('"hints": { "files": { §"gwen": "a" } }'), "/hints/files/gwen", "is not known", '"qwen"?'),
    "unknown at the top": (whole('§"Provider": []'), "/Provider", "is not known", 'Did you mean "Providers"?'),
    "unknown in quirks": (provider('"quirks": { §"image": true }'), "/Providers/0/quirks/image", "known", '"images"?'),
    "nearly ours": (
        whole('§"API_TIMEOUT": 5'),
        "/API_TIMEOUT",
        "only becomes an environment variable",
        'Did you mean "API_TIMEOUT_MS"?',
    ),
    "two spellings": (whole('"LOG": true, §"log": false'), "/log", '"log" is left out: "LOG" says the same', None),
    "two spellings, ours last": (whole('§"log": false, "LOG": true'), "/log", '"log" is left out', None),
    "given twice": (whole('"LOG": true, §"LOG": false'), "", "given twice", "Take one"),
    "no effect": (whole('§"plugins": [{ "name": "token-speed" }]'), "/plugins", "has no effect", None),
    "bare provider": (
        router('"think": §"deepseek"'),
        "/Router/think",
        'the first one of "deepseek" is used',
        'Write "deepseek,chat"',
    ),
    "unlisted model": (
        router('"think": §"deepseek,chta"'),
        "/Router/think",
        'does not list the model "chta"',
        'Did you mean "deepseek,chat"?',
    ),
    "model of a transformer": (
        provider('"transformer": { §"chta": { "use": [] } }'),
        "/Providers/0/transformer/chta",
        '"chta" is not a model',
        'Did you mean "chat"?',
    ),
    "unknown option": (
        provider('"transformer": { "use": [["maxtoken", { "max_tokens": 5, §"max_token": 5 }]] }'),
        "/Providers/0/transformer/use/0/1/max_token",
        'has no option "max_token"',
        'Did you mean "max_tokens"?',
    ),
    "no options": (
        provider('"transformer": { "use": [["deepseek", §{ "x": 1 }]] }'),
        "/Providers/0/transformer/use/0/1",
        "takes no options",
        'Write just "deepseek"',
    ),
    "not yet": (
        provider('"transformer": { "use": [§"Gemini"] }'),
        "/Providers/0/transformer/use/0",
        'transformer "gemini" cannot run here',
        "Gemini is not spoken yet.",
    ),
    "protocol not yet": (provider('"protocol": §"gemini"'), "/Providers/0/protocol", "does not speak", None),
    "javascript": (whole('"transformers": [{ "path": §"x.js" }]'), "/transformers/0/path", "JavaScript", "porting"),
    "javascript router": (whole('"CUSTOM_ROUTER_PATH": §"r.js"'), "/CUSTOM_ROUTER_PATH", "JavaScript", "Python"),
    "no key": (
        whole(providers=GOOD_PROVIDER.replace('"k"', '§""')),
        "/Providers/0/api_key",
        "no api_key",
        '"$VARIABLE"',
    ),
    "variable": (
        whole(providers=GOOD_PROVIDER.replace('"k"', '§"$MY_KEY"')),
        "/Providers/0/api_key",
        "the variable MY_KEY is not set",
        "put MY_KEY=… into ",
    ),
    "open host": (whole('"HOST": §"0.0.0.0"'), "/HOST", "no APIKEY, so HOST stays 127.0.0.1", "Set APIKEY"),
    "case only": (
        whole(providers=GOOD_PROVIDER + ", " + GOOD_PROVIDER.replace('"deepseek"', '§"DeepSeek"')),
        "/Providers/1/name",
        "only in other case",
        None,
    ),
}

CASES = [
    *(pytest.param("error", case, id=name) for name, case in ERRORS.items()),
    *(pytest.param("warning", case, id=name) for name, case in WARNINGS.items()),
]


@pytest.mark.parametrize(("severity", "case"), CASES)
def test_a_mistake(tmp_path: Path, severity: str, case: tuple[str, str, str, str | None]) -> None:
    marked, pointer, message, fix = case
    text, position = unmark(marked)
    loaded = load_text(tmp_path, text)
    assert (loaded.config is None) == (severity == "error")
    found = [problem for problem in loaded.problems if problem.severity == severity]
    others = [str(problem) for problem in loaded.problems if problem not in found]
    assert len(found) == 1, [str(problem) for problem in found]
    (problem,) = found
    assert (problem.line, problem.column) == position
    assert problem.pointer == pointer
    assert message in problem.message
    assert fix is None or fix in (problem.fix or "")
    assert problem.file == tmp_path / "config.json"
    # An unset variable is told besides what is wrong for the lack of it; nothing else may come along.
    assert all("is not set" in other for other in others), others


def test_the_text_without_mistakes_is_good(tmp_path: Path) -> None:
    assert load_text(tmp_path, whole()).problems == ()


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = whole(
        '"PORT": "x", "HOST": "0.0.0.0", "fallback": { "think": ["nope,x"] }',
        providers='{ "name": "a", "api_base_url": "ftp://x.y", "modles": [], "transformer": { "use": ["b"] } }',
        router='"Router": { "default": "c,d" }',
    )
    loaded = load_text(tmp_path, text)
    assert [problem.pointer for problem in loaded.problems] == [
        "/Providers/0/api_key",  # It is not there: shown at the provider.
        "/Providers/0/api_base_url",
        "/Providers/0/modles",
        "/Providers/0/transformer/use/0",
        "/Router/default",
        "/PORT",
        "/HOST",
        "/fallback/think/0",
    ]
