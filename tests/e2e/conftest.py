"""One strict upstream and one daemon for all end-to-end tests; a client with a fresh home for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccrouter.model.json import Json, JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.daemon import Daemon
from tests.e2e.install import NEWEST_FLOOR, OLDER, binary, versions
from tests.e2e.scripts import play
from tests.e2e.sides import Sides
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.replies import Failure, Reply

KEY = "sk-e2e"
LIMIT = 8192
MODELS = ("m-default", "m-background", "m-think", "m-long", "m-search", "m-classifier", "m-chosen")


def strict_config(upstream: OpenAIChatUpstream, *others: Json) -> JsonObject:
    """Every scenario leads to a model of its own, all on the same strict upstream; `others` are further providers."""
    return {
        "LOG": True,
        "APIKEY": KEY,
        "Providers": [
            {
                "name": "strict",
                "api_base_url": upstream.endpoint,
                "api_key": "sk-upstream",
                "models": list(MODELS),
                "transformer": {"use": [["maxtoken", {"max_tokens": LIMIT}]]},
            },
            *others,
        ],
        "Router": {
            "default": "strict,m-default",
            "background": "strict,m-background",
            "think": "strict,m-think",
            "longContext": "strict,m-long",
            "webSearch": "strict,m-search",
            "classifier": "strict,m-classifier",
        },
    }


@dataclass(frozen=True, slots=True)
class Rig:
    """A client, the daemon between, and the upstream."""

    client: ClaudeCode
    daemon: Daemon
    upstream: OpenAIChatUpstream

    def play(self, *turns: Reply | Failure, verdict: Reply | Failure | None = None) -> None:
        """Set what the upstream answers from now on (see scripts.play) and forget what it saw."""
        self.upstream.begin(play(*turns, verdict=verdict))

    @property
    def turns(self) -> list[Recorded]:
        """The upstream's requests that offered tools: the conversation itself."""
        return [request for request in self.upstream.requests if "tools" in request.body]


@pytest.fixture(scope="session")
def upstream() -> Iterator[OpenAIChatUpstream]:
    strictness = Strictness(reasoning="accepted", max_tokens_limit=LIMIT)
    with OpenAIChatUpstream(strictness=strictness, models=frozenset(MODELS)) as running:
        yield running


@pytest.fixture(scope="session")
def anthropic() -> Iterator[AnthropicUpstream]:
    with AnthropicUpstream(api_key="sk-ant") as running:
        yield running


@pytest.fixture(scope="session")
def sides(upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream) -> Iterator[Sides]:
    with Sides(upstream, anthropic).running() as running:
        yield running


@pytest.fixture(scope="session")
def daemon(sides: Sides, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Serves the strict chat upstream as `strict`, and one provider more for each dialect (sides.py)."""
    with Daemon(tmp_path_factory.mktemp("daemon"), strict_config(sides.chat, *sides.providers())) as running:
        yield running


@pytest.fixture(params=versions(), ids=["older", "newest"])
def version(request: pytest.FixtureRequest) -> str:
    """The client's version; each test runs on the older generation and on the newest."""
    found = str(request.param)
    if binary(found) is None:
        pytest.skip(f"Claude Code {found} is not installed (python -m tests.e2e.install; needs npm)")
    return found


@pytest.fixture
def newest(version: str) -> str:
    """For what the older client does not have."""
    if version == OLDER:
        pytest.skip(f"{OLDER} does not do this; {NEWEST_FLOOR} and later do")
    return version


@pytest.fixture
def client(version: str, daemon: Daemon, tmp_path: Path) -> ClaudeCode:
    found = binary(version)
    assert found is not None
    return ClaudeCode(version, found, tmp_path, daemon.url, KEY)


@pytest.fixture
def rig(client: ClaudeCode, daemon: Daemon, upstream: OpenAIChatUpstream) -> Iterator[Rig]:
    """The three together. A test fails when the upstream had to refuse anything, whatever else it saw."""
    made = Rig(client, daemon, upstream)
    made.play(Reply(text=("ok",)))
    yield made
    assert not upstream.refusals, upstream.refusals
