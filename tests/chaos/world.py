"""What the chaos run is made of, as pure functions of its seed: questions, answers, and who is well when."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Final, Literal, TypeAlias

from ccrouter.model.json import JsonObject, as_list, as_object, as_str
from tests.upstreams.misbehaving import FAULTS, Asked, Fault, Manner, well, words_of
from tests.upstreams.replies import Call, Reply

UPSTREAMS: Final = 3
PERIOD: Final = 2.0
"""Seconds for which an upstream keeps its mood."""
KEYS: Final = ("key-one", "key-two", "key-three")
WORDS: Final = (
    *(
        "router",
        "stream",
        "calm",
        "model",
        "token",
        "answer",
        "proxy",
        "upstream",
        "exact",
        "quick",
        "window",
        "prompt",
    ),
    *(
        "größe",
        "naïve",
        "čeština",
        "日本語",
        "русский",
        "🙂",
        "👩\u200d👩\u200d👧",
        "data:",
        "event:",
        "{json}",
        "</p>",
    ),
    *("\\n", '"quoted"', "<b>", "100%", "ok.", "tool", "agent", "branch", "commit", "cache"),
)

Mood: TypeAlias = Literal["well", "flaky", "keys", "down", "untrusted"]
"""Serves; fails at random; fails by key, with what a key can fail with; nobody listens; TLS that nobody trusts."""
MOODS: Final[tuple[Mood, ...]] = ("flaky", "flaky", "flaky", "keys", "down", "untrusted")
FLAKY: Final = 0.7
"""How many answers of a flaky upstream are no answers."""

NOT_THE_UPSTREAMS: Final = "400"
"""The request's own fault: no other attempt is made for it, rightly."""
OF_KEYS: Final = tuple([name for name in FAULTS if name[:3] in {"401", "402", "403", "429"}])
SLOW: Final = tuple([name for name in FAULTS if name.startswith(("silent", "stall"))])
QUICK: Final = tuple([name for name in FAULTS if name not in SLOW and name != NOT_THE_UPSTREAMS])


def well_in(seed: int, period: int) -> int:
    """The upstream that is well in `period`, and in the next one: whoever begins always finds one that stays well."""
    return Random(f"{seed}/well/{period}").randrange(UPSTREAMS)


def mood_of(seed: int, upstream: int, seconds: float) -> Mood:
    """The mood of an upstream so many seconds after the beginning."""
    period = int(seconds // PERIOD)
    if upstream in {well_in(seed, period), well_in(seed, period - 1)}:
        return "well"
    return Random(f"{seed}/mood/{upstream}/{period}").choice(MOODS)


def fault_of(mood: Mood, asked: Asked, dice: Random) -> str | None:
    """The name of the fault that an answer becomes; None: it is a right one."""
    if mood == "keys":
        return dice.choice(OF_KEYS)
    if mood == "flaky" and dice.random() < FLAKY:
        return dice.choice(SLOW if dice.random() < 0.05 else QUICK)
    return None


def manner_of(fault: str | None, asked: Asked, dice: Random) -> Manner:
    """What goes over the wire."""
    act: Fault = well if fault is None else FAULTS[fault]
    manner = replace(act(asked, answer_to(question_in(asked.body))), pause=dice.random() * 0.01)
    return recut(manner, dice) if dice.random() < 0.3 else manner


def recut(manner: Manner, dice: Random) -> Manner:
    """The same bytes, cut anywhere."""
    data = b"".join(manner.parts)
    places = sorted({dice.randrange(len(data)) for _ in range(6)}) if data else []
    cuts = [0, *places, len(data)]
    return replace(manner, parts=tuple([data[start:end] for start, end in pairwise(cuts)]))


def question(seed: int, number: int) -> str:
    return f"question {seed}/{number}"


def answer_to(asked: str) -> Reply:
    """The one right answer: text, and for some questions a tool call."""
    dice = Random(asked)
    text = " ".join([asked.removeprefix("question "), *dice.choices(WORDS, k=dice.randint(2, 80))])
    calls = (Call("Bash", {"command": " ".join(dice.choices(WORDS, k=12))}),) if dice.random() < 0.2 else ()
    return Reply(text=words_of(text), calls=calls)


def question_in(body: JsonObject) -> str:
    """The last user message of an OpenAI-chat request."""
    content = (as_object((as_list(body.get("messages")) or [None])[-1]) or {}).get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [as_str((as_object(part) or {}).get("text")) or "" for part in parts]
    return texts[-1]


def request(seed: int, number: int) -> JsonObject:
    """A request as Claude Code sends it, as to form: every second is streamed, every third is background work."""
    dice = Random(f"{seed}/request/{number}")
    earlier: list[JsonObject] = [
        {"role": role, "content": " ".join(dice.choices(WORDS, k=dice.choice((5, 50, 500))))}
        for role in ("user", "assistant")
    ]
    return {
        "model": "claude-haiku-4-5" if number % 3 == 0 else "claude-sonnet-5",
        "max_tokens": 4096,
        "stream": number % 2 == 0,
        "system": "You answer.",
        "tools": [{"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}],
        "messages": [*earlier, {"role": "user", "content": question(seed, number)}],
    }


def session(seed: int, number: int) -> str:
    """Fifty sessions: each sticks to a key."""
    return f"session-{seed}-{number % 50}"


def providers(endpoints: Sequence[str], ca_bundle: str) -> list[JsonObject]:
    """The first of the upstreams is spoken to over TLS."""
    return [
        {
            "name": f"p{number}",
            "api_base_url": endpoint,
            "api_key": list(KEYS),
            "models": ["m"],
            "timeouts": {"connect": 2, "first_byte": 1, "idle": 1},
            **({"ca_bundle": ca_bundle} if endpoint.startswith("https") else {}),
        }
        for number, endpoint in enumerate(endpoints)
    ]


def config(endpoints: Sequence[str], ca_bundle: str, port: int) -> JsonObject:
    """A group over the three, and a fallback over the three. What rests, rests for as long as a mood at most."""
    members = [f"p{number},m" for number in range(len(endpoints))]
    return {
        "PORT": port,
        "Providers": list(providers(endpoints, ca_bundle)),
        "groups": {"all": {"strategy": "round_robin", "members": list(members)}},
        "Router": {"default": "group,all", "background": members[0]},
        "fallback": {"background": list(members[1:])},
        "retries": {"max_attempts": 20},
        "cooldown": {"cap_seconds": PERIOD},
    }
