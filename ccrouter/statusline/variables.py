"""What `{{name}}` in a module's text stands for. Pure: everything it speaks of is given."""

from __future__ import annotations

from ccrouter.statusline.values import as_object, at, number_at, text_at
from ccrouter.statusline.wording import dollars, duration, fixed, tokens


def variables(given: object, facts: object, folder: str, branch: str) -> dict[str, str]:
    """The variables by name; those that have nothing to say are empty.

    `given` is Claude Code's JSON, `facts` the daemon's answer of GET /admin/statusline (None: it did not answer).
    """
    session = at(facts, "session")
    found = {
        "workDirName": folder_name(folder),
        "gitBranch": branch,
        "version": text_at(given, "version"),
        "sessionId": text_at(given, "session_id")[:8],
        **_model(given, facts),
        **_counts(given, session),
        **_speed(session),
        **_context(given, session),
        **_costs(given, session),
        **_lines(given),
        "scenario": text_at(session, "scenario"),
        "reason": text_at(session, "reason"),
        "fallback": "fallback" if at(session, "fallback") is True else "",
        "keys": _keys(facts),
    }
    return {name: visible(value) for name, value in found.items()}


def folder_name(folder: str) -> str:
    """The last part of a path, also of a Windows one; of a root the root itself."""
    return folder.replace("\\", "/").rstrip("/").rpartition("/")[2] or folder


def visible(text: str) -> str:
    """`text` without what would move the cursor or change colours: names of branches and models come from anywhere."""
    return "".join([letter if letter.isprintable() else " " for letter in text])


def _model(given: object, facts: object) -> dict[str, str]:
    """Who really answered last. Before the first answer: what the next request will go to, as far as it is known."""
    provider = text_at(facts, "session", "provider")
    model = text_at(facts, "session", "model")
    if not model:
        named = text_at(given, "model", "id")
        # `provider,model` was chosen by name and is the truth; any other name is only what Claude Code calls it.
        named = named if "," in named else text_at(facts, "default")
        provider, _, model = named.partition(",")
        provider, model = provider.strip(), model.strip()
    shown = model or text_at(given, "model", "display_name") or text_at(given, "model", "id")
    return {"model": shown, "provider": provider, "target": f"{provider},{model}" if provider and model else ""}


def _counts(given: object, session: object) -> dict[str, str]:
    usage = at(session, "last") if at(session, "last") is not None else at(given, "context_window", "current_usage")
    read = "cached" if at(session, "last") is not None else "cache_read_input_tokens"
    names = ("input", "output") if at(session, "last") is not None else ("input_tokens", "output_tokens")
    total_in, total_out = (_total(given, session, name) for name in ("input", "output"))
    return {
        "inputTokens": tokens(number_at(usage, names[0]) or 0),
        "outputTokens": tokens(number_at(usage, names[1]) or 0),
        "cachedTokens": tokens(number_at(usage, read) or 0),
        "totalInputTokens": tokens(total_in),
        "totalOutputTokens": tokens(total_out),
    }


def _total(given: object, session: object, name: str) -> float:
    if at(session, "total") is None:
        return number_at(given, "context_window", f"total_{name}_tokens") or 0
    parts = ("input", "cached", "cache_write") if name == "input" else (name,)
    return sum(number_at(session, "total", part) or 0 for part in parts)


def _speed(session: object) -> dict[str, str]:
    speed = number_at(session, "last", "tokens_per_second")
    first = number_at(session, "last", "first_token_ms")
    streaming = (number_at(session, "open") or 0) > 0
    return {
        "tokenSpeed": f"{speed:.0f}" if speed else "0",
        "speed": f"{speed:.0f} t/s" if speed else "",
        "timeToFirstToken": duration(first) if first is not None else "",
        "isStreaming": "streaming" if streaming else "",
        "streamingIndicator": "[Streaming]" if streaming else "",
    }


def _context(given: object, session: object) -> dict[str, str]:
    """How full the context is: of the model that answers where its window is known, else of the one Claude Code
    believes in."""
    window = number_at(session, "context_window")
    used = number_at(session, "last", "prompt")
    if used is None:
        usage = as_object(at(given, "context_window", "current_usage"))
        parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        used = sum(number_at(usage, part) or 0 for part in parts)
    window = window or number_at(given, "context_window", "context_window_size")
    return {
        "contextPercent": fixed(used / window * 100, 0) if window else "0",
        "contextTokens": tokens(used),
        "contextWindowSize": tokens(window or 0, 0),
    }


def _costs(given: object, session: object) -> dict[str, str]:
    """What the router knows: Claude Code's own figure has Anthropic's prices, whoever answered."""
    last = number_at(session, "last", "cost")
    total = number_at(session, "total", "cost")
    more = "+" if (number_at(session, "total", "unpriced") or 0) > 0 else ""
    own = number_at(given, "cost", "total_cost_usd")
    return {
        "cost": f"{dollars(total)}{more}" if total else "",
        "lastCost": dollars(last) if last else "",
        "claudeCost": dollars(own) if own else "",
    }


def _lines(given: object) -> dict[str, str]:
    milliseconds = number_at(given, "cost", "total_duration_ms")
    added = number_at(given, "cost", "total_lines_added") or 0
    removed = number_at(given, "cost", "total_lines_removed") or 0
    return {
        "duration": duration(milliseconds) if milliseconds else "",
        "linesAdded": f"{added:.0f}",
        "linesRemoved": f"{removed:.0f}",
        "netLines": f"{added - removed:.0f}",
    }


def _keys(facts: object) -> str:
    resting, every = number_at(facts, "keys", "resting"), number_at(facts, "keys", "all")
    if not resting or not every:
        return ""
    return "key resting" if every == 1 else f"{resting:.0f}/{every:.0f} keys resting"
