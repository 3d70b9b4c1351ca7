"""What the daemon's CPU time goes into, and why each of these is needed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Stack = tuple[str, ...]
"""Functions from the outermost to the one that runs, each as `name (file)`."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A part of the work: the files that do it, and why it must be done."""

    name: str
    files: tuple[str, ...]
    why: str


LOOP: Final = Cost(
    "event loop and sockets",
    (),
    "uvloop polls, reads and writes the sockets and starts what waits for them, mostly in the kernel. The pass-through "
    "pays for it too. One write for each read keeps it down; more is not merged: no word waits for the next.",
)
COSTS: Final = (
    Cost(
        "aiohttp's client",
        ("aiohttp/client", "aiohttp/connector", "aiohttp/payload", "aiohttp/streams", "aiohttp/http_exceptions"),
        "Sends the request (of a long conversation: a megabyte into the socket) and reads the answer's HTTP. The "
        "pass-through pays for it too.",
    ),
    Cost(
        "aiohttp's server",
        ("aiohttp/web", "aiohttp/abc", "aiohttp/base_protocol"),
        "Reads the client's HTTP and writes the answer's. The pass-through pays for it too.",
    ),
    Cost(
        "reading the request's body",
        (
            "ccrouter/dialects/anthropic/body",
            "ccrouter/dialects/anthropic/continued",
            "ccrouter/dialects/anthropic/known",
        ),
        "What stood in an earlier body is found by its bytes, the rest is parsed by orjson: without it there is "
        "nothing to route by or to translate. Comparing is proportional to the conversation, as is sending it.",
    ),
    Cost(
        "the request as the neutral model",
        ("ccrouter/dialects/anthropic/request", "ccrouter/dialects/anthropic/blocks", "ccrouter/client_apis"),
        "Every block becomes a frozen object once. A second attempt, with another key or model, encodes the same "
        "request again, for its own target, so what came cannot be changed in place.",
    ),
    Cost(
        "counting tokens",
        ("ccrouter/tokens", "ccrouter/gateway/prompt", "ccrouter/gateway/counting"),
        "The long-context route and the status line need the prompt's size. Messages counted before are found by a "
        "hash of their text, which is all that the history costs.",
    ),
    Cost(
        "deciding the route",
        ("ccrouter/router", "ccrouter/gateway/overriding", "ccrouter/gateway/project_files"),
        "Scenario, rules and hints are looked for in the request; the decision keeps its reasons for `ccr explain`.",
    ),
    Cost(
        "the answer's translation",
        (
            "ccrouter/sse",
            "ccrouter/dialects/reply_decoder",
            "ccrouter/dialects/repeated",
            "ccrouter/dialects/openai_chat/blocks",
            "ccrouter/dialects/openai_chat/events",
            "ccrouter/dialects/openai_chat/calls",
            "ccrouter/dialects/openai_chat/usage",
            "ccrouter/dialects/openai_chat/finish",
            "ccrouter/dialects/anthropic/stream",
            "ccrouter/dialects/anthropic/events",
            "ccrouter/dialects/anthropic/message",
            "ccrouter/dialects/anthropic/usage",
            "ccrouter/pipeline/reply",
            "ccrouter/pipeline/inbound",
            "ccrouter/pipeline/verifier",
            "ccrouter/pipeline/joining",
            "ccrouter/pipeline/mending",
            "ccrouter/pipeline/rounds",
            "ccrouter/pipeline/stop_sequences",
            "ccrouter/transformers/tag_splitter",
            "ccrouter/model/grammar",
            "ccrouter/model/events",
        ),
        "Each of the upstream's chunks is parsed, checked against the order of events, and written as Anthropic's: the "
        "very work that a router is there for. Chunks are not merged: every delta reaches the client as it came.",
    ),
    Cost(
        "the request in the upstream's words",
        ("ccrouter/pipeline", "ccrouter/dialects", "ccrouter/transformers", "ccrouter/providers"),
        "Messages, tools and their schemas are written anew in the provider's wire and serialised by orjson; the same "
        "history gives the same bytes, which keeps the provider's prompt cache.",
    ),
    Cost(
        "log, journal and usage",
        (
            "ccrouter/gateway/journal",
            "ccrouter/gateway/accounting",
            "ccrouter/gateway/access_log",
            "ccrouter/usage",
            "ccrouter/daemon/logs",
            "ccrouter/log_messages",
            "ccrouter/router/sketch",
            "logging",
            "json",
        ),
        "One line of log a request, the record that `ccr explain` and `ccr status` tell, and the prices. What can be "
        "written later is.",
    ),
    Cost(
        "the upstream's connection and keys",
        ("ccrouter/upstream",),
        "Choosing a key that is not resting, time-outs, and closing the upstream when the client goes.",
    ),
    Cost(
        "the request's life",
        ("ccrouter/gateway", "ccrouter/runtime"),
        "Attempts and fallbacks, nothing committed before the first word, pings meanwhile.",
    ),
    Cost(
        "the daemon's own HTTP layer",
        ("ccrouter/server",),
        "Who may ask, the request's id, and handing the answer's bytes to aiohttp.",
    ),
)
REST: Final = Cost("all else", (), "The standard library and what no row above names.")


def cost_of(stack: Stack) -> Cost:
    """The cost that the innermost function with a row of its own belongs to: what it calls is done for it."""
    if not stack:
        return LOOP
    for frame in reversed(stack):
        file = file_of(frame)
        matching = [(len(start), cost) for cost in COSTS for start in cost.files if file.startswith(start)]
        if matching:
            return max(matching, key=lambda found: found[0])[1]
    return REST


def file_of(frame: str) -> str:
    """The file of a frame `name (file)`."""
    return frame.rpartition("(")[2].removesuffix(")")


@dataclass(frozen=True, slots=True)
class Share:
    """What part of all samples fell to a cost, and the functions in which most of them were taken."""

    cost: Cost
    part: float
    functions: tuple[str, ...]


def shares(samples: Mapping[Stack, int]) -> list[Share]:
    """Every cost that was met, the dearest first."""
    total = sum(samples.values())
    parts: Counter[str] = Counter()
    functions: dict[str, Counter[str]] = {}
    by_name = {cost.name: cost for cost in (*COSTS, LOOP, REST)}
    for stack, count in samples.items():
        cost = cost_of(stack)
        parts[cost.name] += count
        if stack:
            functions.setdefault(cost.name, Counter())[_own(stack, cost)] += count
    return [
        Share(by_name[name], count / total, tuple(each for each, _ in functions.get(name, Counter()).most_common(2)))
        for name, count in parts.most_common()
    ]


def _own(stack: Stack, cost: Cost) -> str:
    """The innermost function of the cost's own files, without its file; the innermost at all where it has none."""
    own: Sequence[str] = [frame for frame in stack if any(file_of(frame).startswith(start) for start in cost.files)]
    return (own or stack)[-1].partition(" (")[0]
