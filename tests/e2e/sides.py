"""The strict upstream of each dialect, as a provider in one configuration and as one side of a conversation."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ccrouter.model.json import Json, JsonObject
from tests.e2e.claude_code import Answer, ClaudeCode
from tests.e2e.scripts import play
from tests.e2e.wires import CHAT, CLAUDE, GEMINI, RESPONSES, Wire
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.gemini import GeminiUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream, Script
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.replies import Failure, Reply

ALLOW = "--dangerously-skip-permissions"


class Recorded(Protocol):
    """What every strict upstream records of a request."""

    @property
    def raw(self) -> bytes: ...
    @property
    def body(self) -> JsonObject: ...
    @property
    def model(self) -> str: ...


class Upstream(Protocol):
    """What every strict upstream is."""

    @property
    def requests(self) -> Sequence[Recorded]: ...
    @property
    def refusals(self) -> list[str]: ...
    def begin(self, script: Script) -> None: ...


@dataclass(frozen=True, slots=True)
class Words:
    """The dialect's own words for how an answer ended."""

    too_long: str
    refused: str


@dataclass(frozen=True, slots=True)
class Side:
    """One provider: its upstream, its models as `/model` takes them, how its bodies are read."""

    name: str
    model: str
    upstream: Upstream
    wire: Wire
    words: Words
    takes_pictures: bool = True

    @property
    def turns(self) -> list[Recorded]:
        """The requests that offered tools: the conversation itself."""
        return [request for request in self.upstream.requests if request.body.get("tools")]

    @property
    def last(self) -> JsonObject:
        """The body of the conversation's last request."""
        return self.turns[-1].body

    def play(self, *turns: Reply | Failure) -> None:
        """Set what the upstream answers from now on (see scripts.play) and forget what it saw."""
        self.upstream.begin(play(*turns))

    def ask(self, client: ClaudeCode, prompt: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Answer:
        """One run of the client with this side's model and every tool allowed."""
        return client.ask(prompt, ALLOW, "--model", self.model, *arguments, extra=extra)

    def assert_prefixes(self) -> None:
        """Every request of the conversation is the one before and more (Rule 7): the provider's cache holds."""
        for shorter, longer in zip(self.turns, self.turns[1:], strict=False):
            broken = self.wire.grew(shorter.body, longer.body)
            assert broken is None, f"{self.name}: {broken}"


@dataclass
class Sides:
    """All strict upstreams. `chat` is the one that `Rig` has too; `reasoner` wants its reasoning back (DeepSeek)."""

    chat: OpenAIChatUpstream
    claude: AnthropicUpstream
    reasoner: OpenAIChatUpstream = field(
        default_factory=lambda: OpenAIChatUpstream(strictness=Strictness(reasoning="required", images=False))
    )
    responses: OpenAIResponsesUpstream = field(default_factory=OpenAIResponsesUpstream)
    gemini: GeminiUpstream = field(default_factory=GeminiUpstream)

    @contextmanager
    def running(self) -> Generator["Sides"]:
        """Serve with those upstreams that do not run yet: all but `chat` and `claude`."""
        with ExitStack() as stack:
            for upstream in (self.reasoner, self.responses, self.gemini):
                stack.enter_context(upstream)
            yield self

    def providers(self) -> list[Json]:
        """Their entries in a configuration, except that of `chat`."""
        return [
            {
                "name": "claude",
                "api_base_url": self.claude.endpoint,
                "api_key": "sk-ant",
                "models": ["claude-opus-4-8"],
                "transformer": {"use": ["Anthropic"]},
            },
            {
                "name": "reasoner",
                "api_base_url": self.reasoner.endpoint,
                "api_key": "sk-upstream",
                "models": ["deepseek-v3.2"],
                "transformer": {"use": [["maxtoken", {"max_tokens": 8192}]]},
            },
            {
                "name": "responses",
                "api_base_url": self.responses.endpoint,
                "api_key": "sk-upstream",
                "models": ["gpt-5.2"],
            },
            {
                "name": "gemini",
                "api_base_url": self.gemini.base_url,
                "api_key": "goog-upstream",
                "models": ["gemini-3.1-pro-preview", "gemini-2.5-flash"],
                "transformer": {"use": ["gemini"]},
            },
        ]

    def all(self) -> dict[str, Side]:
        """Every side by name."""
        openai, google = Words("length", "content_filter"), Words("MAX_TOKENS", "SAFETY")
        sides = (
            Side("chat", "strict,m-chosen", self.chat, CHAT, openai),
            Side("reasoner", "reasoner,deepseek-v3.2", self.reasoner, CHAT, openai, takes_pictures=False),
            Side(
                "responses",
                "responses,gpt-5.2",
                self.responses,
                RESPONSES,
                Words("max_output_tokens", "content_filter"),
            ),
            Side("gemini", "gemini,gemini-3.1-pro-preview", self.gemini, GEMINI, google),
            Side("gemini-2.5", "gemini,gemini-2.5-flash", self.gemini, GEMINI, google),
            Side("claude", "claude,claude-opus-4-8", self.claude, CLAUDE, Words("max_tokens", "refusal")),
        )
        return {side.name: side for side in sides}


NAMES = ("chat", "reasoner", "responses", "gemini", "gemini-2.5", "claude")
