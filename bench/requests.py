"""Requests of the shapes that Claude Code sends, generated: nothing is taken from anybody's session.

Shape and size of the first turn are those measured on Claude Code 2.1.197 (field-notes 6): 79 KB, 24 tools, three
system blocks, and a `role: system` message amid the messages.
"""

import random

import orjson

CLAUDE = "claude-sonnet-4-5-20250929"
NUMBER = b"########"
"""Stands where a request's number is written, so that no two are the same."""
FIRST_TURN_BYTES = 79_000
FIRST_TURN_TOOLS = (
    "Agent", "AskUserQuestion", "Bash", "CronCreate", "CronDelete", "CronList", "Edit", "EnterPlanMode",
    "EnterWorktree", "ExitPlanMode", "ExitWorktree", "Glob", "Grep", "NotebookEdit", "Read", "ScheduleWakeup",
    "SendMessage", "Skill", "TaskOutput", "TaskStop", "TodoWrite", "WebFetch", "WebSearch", "Write",
)  # fmt: skip

PROSE = (
    "the file path must be absolute when a command returns more than its limit output is truncated before it reaches "
    "you use this tool to read search edit and write code in repository prefer small steps over large ones never guess "
    "names of functions check them first if test fails explain why and fix cause not symptom `rg` is faster than grep "
    'quotes around paths with spaces (for example "a b.txt") are needed; don\'t skip hooks — ask user instead'
)
WORDS = PROSE.split(" ")


def marker(scenario: str) -> str:
    """What the upstream finds in the request to know which answer is meant, whatever a router does to the rest."""
    return f"[[bench:{scenario}]]"


def small(scenario: str, *, stream: bool = False, tool: bool = False, model: str = CLAUDE) -> bytes:
    """The smallest request that makes sense."""
    write = {"type": "object", "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}}}
    return orjson.dumps(
        {
            "model": model,
            "max_tokens": 1024,
            "messages": [{"role": "user", "content": f"Say hello. {marker(scenario)}"}],
            **({"stream": True} if stream else {}),
            **({"tools": [{"name": "Write", "description": "Write it", "input_schema": write}]} if tool else {}),
        }
    )


def conversation(scenario: str, *, turns: int, size: int) -> bytes:
    """Claude Code's first turn and so many tool turns after it, `size` bytes in all to within a few; the last message
    holds `NUMBER`.
    """
    request = orjson.loads(_first_turn(scenario, "00000001", prompt=""))
    dice = random.Random(13)
    each = (size - len(orjson.dumps(request))) // turns - 330
    for turn in range(turns):
        identity = f"toolu_bench{turn:04d}"
        call = {"type": "tool_use", "id": identity, "name": "Read", "input": {"file_path": f"/src/file_{turn}.py"}}
        text = _fitting(_prose(dice, each), each)
        request["messages"] += [
            {"role": "assistant", "content": [{"type": "text", "text": f"Reading file {turn}."}, call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": identity, "content": text}]},
        ]
    request["messages"].append({"role": "assistant", "content": [{"type": "text", "text": "I have read them."}]})
    request["messages"].append({"role": "user", "content": f"Question {NUMBER.decode()}: what next?"})
    return orjson.dumps(request)


def first_turn(scenario: str) -> bytes:
    """Claude Code's first turn, `FIRST_TURN_BYTES` long to within a few bytes. What is asked and the session hold
    `NUMBER`: who has seen one first turn has not seen the next.
    """
    number = NUMBER.decode()
    shorter = _first_turn(scenario, number, prompt="")
    prose = _prose(random.Random(7), FIRST_TURN_BYTES)  # more than enough; cut to what is missing
    return _first_turn(scenario, number, prompt=_fitting(prose, FIRST_TURN_BYTES - len(shorter)))


def _fitting(text: str, size: int) -> str:
    """The longest start of `text` whose JSON form adds at most `size` bytes."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(orjson.dumps(text[:middle])) - 2 <= size:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _first_turn(scenario: str, number: str, prompt: str) -> bytes:
    dice = random.Random(11)
    cached = {"cache_control": {"type": "ephemeral"}}
    reminder = f"<system-reminder>\n{_prose(dice, 3000)}\n</system-reminder>"
    identity = "You are Claude Code, Anthropic's official CLI for Claude."
    session = orjson.dumps(
        {"device_id": "bench", "account_uuid": "", "session_id": f"5f0c2c5e-0000-4000-8000-0000{number}"}
    ).decode()
    return orjson.dumps(
        {
            "model": CLAUDE,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": reminder},
                        {
                            "type": "text",
                            "text": f"{number}: explain this repository. {marker(scenario)}",
                            **cached,
                        },
                    ],
                },
                {"role": "system", "content": f"Available agent types:\n{_prose(dice, 2500)}"},
            ],
            "system": [
                {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.197.bench; cc_entrypoint=cli;"},
                {"type": "text", "text": identity, **cached},
                {"type": "text", "text": f"{_prose(dice, 9000)}\n<env>\n{prompt}\n</env>", **cached},
            ],
            "tools": [_tool(dice, name) for name in FIRST_TURN_TOOLS],
            "metadata": {"user_id": session},
            "max_tokens": 64_000,
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"},
            "stream": True,
        }
    )


def _tool(dice: random.Random, name: str) -> dict[str, object]:
    properties: dict[str, object] = {}
    for number in range(dice.randint(2, 6)):
        kind = dice.choice(("string", "string", "number", "boolean", "array"))
        described: dict[str, object] = {"type": kind, "description": _prose(dice, dice.randint(60, 160))}
        if kind == "array":
            described["items"] = {
                "type": "object",
                "properties": {"content": {"type": "string", "minLength": 1}, "status": {"enum": ["open", "done"]}},
                "required": ["content", "status"],
                "additionalProperties": False,
            }
        properties[f"{dice.choice(WORDS).strip('`;()')}_{number}"] = described
    return {
        "name": name,
        "description": _prose(dice, dice.choice((300, 700, 1500, 3000))),
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "required": list(properties)[:2],
            "additionalProperties": False,
        },
    }


def _prose(dice: random.Random, size: int) -> str:
    """About `size` characters of lines and list items, as prompts are written."""
    written: list[str] = []
    length = 0
    while length < size:
        line = ("- " if dice.random() < 0.4 else "") + " ".join(dice.choices(WORDS, k=dice.randint(6, 22)))
        written.append(line)
        length += len(line) + 1
    return "\n".join(written)[:size]


def long_history(scenario: str, *, size: int, unseen: bool) -> bytes:
    """A conversation of about `size` bytes in messages of some 4 KB, its last message holding `NUMBER`.

    With `unseen` every message holds it, so that no message of one request is in the one before.
    """
    dice = random.Random(17)
    number = f"{NUMBER.decode()} " if unseen else ""
    count = max(1, round(size / 4000)) // 2 * 2  # the user has the last word after them
    messages = [
        {"role": "assistant" if place % 2 else "user", "content": f"{number}{_prose(dice, 3900)}"}
        for place in range(count)
    ]
    messages.append({"role": "user", "content": f"Question {NUMBER.decode()}: what next? {marker(scenario)}"})
    return orjson.dumps({"model": CLAUDE, "max_tokens": 1024, "messages": messages})
