"""How an explanation looks on a terminal."""

import time
from collections.abc import Iterable

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ccrouter.commands.keys import local_time, rest_words
from ccrouter.commands.status import duration
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.statusline.wording import dollars

LONGEST_VALUE = 2_000
"""Of a text in an outgoing body more is not for reading (base64 of images); `--json` has it whole."""


def show(told: JsonObject) -> None:
    """Print {"record", "now"}, see `gateway/journal.py` and `gateway/explaining.py`."""
    console = Console(highlight=False, soft_wrap=False)
    record, now = as_object(told.get("record")), as_object(told.get("now"))
    if record is not None:
        show_record(console, record, decided=now is None)
    if now is not None:
        if record is not None:
            headline(console, "The same request now")
        show_explanation(console, now)


def show_record(console: Console, record: JsonObject, *, decided: bool) -> None:
    """What became of a logged request; with `decided` also why it went there."""
    headline(console, f"Request {words(record.get('id'))}")
    now = time.time()
    at = seconds(record.get("at")) or now
    table = facts_table()
    ago = duration(int(max(0.0, now - at)))
    fact(table, "when", f"{local_time(at, now)} ({ago} ago)")
    fact(table, "session", words(record.get("session")) or "-")
    fact(table, "model", f"{words(record.get('model'))} was asked for")
    fact(table, "outcome", *outcome(record))
    if error := words(record.get("error")):
        fact(table, "error", error, "red")
    for number, failure in enumerate(as_list(record.get("failures")) or (), 1):
        fact(table, "failed" if number == 1 else "", words(failure), "yellow")
    if rescued := as_list(record.get("rescued_by")):
        fact(table, "continued by", ", ".join(map(words, rescued)))
    if hints := words(record.get("hints")):
        fact(table, "hints", hints)
    fact(table, "usage", usage(as_object(record.get("usage")) or {}))
    if isinstance(cost := record.get("cost"), int | float):
        fact(table, "cost", dollars(cost))
    for number, loss in enumerate(as_list(record.get("notes")) or (), 1):
        fact(table, "losses" if number == 1 else "", words(loss))
    if decided:
        fact(table, "scenario", words(record.get("scenario")), "bold")
        fact(table, "reason", words(record.get("reason")))
        fact(table, "targets", ", then ".join(map(words, as_list(record.get("targets")) or ())) or "-")
        fact(table, "size", size(record))
    console.print(table)
    if decided:
        show_rules(console, record)


def show_explanation(console: Console, told: JsonObject) -> None:
    """Where the request goes now, and why."""
    table = facts_table()
    fact(table, "model", f"{words(told.get('model')) or 'none'} is asked for")
    if error := words(told.get("error")):
        fact(table, "refused", f"{as_int(told.get('status')) or ''} {error}".strip(), "red")
        console.print(table)
        return
    fact(table, "scenario", words(told.get("scenario")), "bold green")
    fact(table, "reason", words(told.get("reason")))
    fact(table, "size", size(told))
    if "live" in told:
        live = told.get("live") is True
        fact(table, "state", "the running daemon's" if live else "no daemon runs: keys rest as the last one left them")
    console.print(table)
    show_rules(console, told)
    show_parts(console, as_object(told.get("parts")) or {})
    headline(console, "Targets, in this order")
    for number, target in enumerate(objects(told.get("targets")), 1):
        show_target(console, number, target)


def show_rules(console: Console, told: JsonObject) -> None:
    """Every rule that was tried, and why it did not match; then the one that did."""
    headline(console, "Rules, in this order")
    table = facts_table()
    for entry in as_list(told.get("considered")) or ():
        rule, why = [words(part) for part in as_list(entry) or ("", "")][:2]
        table.add_row(Text(f"  {rule}", style="dim"), Text(why, style="dim"))
    table.add_row(Text(f"→ {words(told.get('scenario'))}", style="bold green"), Text(words(told.get("reason"))))
    console.print(table)


def show_parts(console: Console, parts: JsonObject) -> None:
    """Tokens by part, the largest first, each with a bar."""
    counts = {part: count for part, value in parts.items() if (count := as_int(value))}
    total = sum(counts.values())
    if not total:
        return
    headline(console, f"Tokens: {total:,} (counted here; each provider's tokenizer differs a little)")
    table = facts_table()
    table.add_column(justify="left")
    for part, count in sorted(counts.items(), key=lambda item: -item[1]):
        bar = "▇" * max(1, round(30 * count / total)) if console.encoding.startswith("utf") else ""
        table.add_row(f"  {part}", f"{count:>9,}  {count / total:>4.0%}", Text(bar, style="cyan"))
    console.print(table)


def show_target(console: Console, number: int, target: JsonObject) -> None:
    """One target: its keys, its transformers, what would be lost, and the outgoing request where it was asked for."""
    table = facts_table()
    name = Text(f"{number}  {words(target.get('target'))}", style="bold")
    if group := words(target.get("of")):
        name.append(f"  of {group}, {words(target.get('strategy'))}", style="dim")
    console.print(name)
    if target.get("usable") is False:
        fact(table, "  unusable", words(target.get("error")), "red")
    for index, key in enumerate(objects(target.get("keys"))):
        fact(table, "  keys" if index == 0 else "", *key_words(key))
    if target.get("usable") is True:
        window = as_int(target.get("context_window"))
        room = f", a context window of {window:,} tokens" if window else ", its context window is not known"
        fact(table, "  protocol", f"{words(target.get('protocol'))}{room}")
        fact(table, "  transformers", chain(target))
        if hints := hints_words(as_object(target.get("hints")) or {}):
            fact(table, "  hints", hints)
        if learned := learned_words(as_object(target.get("learned")) or {}):
            fact(table, "  learned", learned)
        for index, loss in enumerate(objects(target.get("notes"))):
            line = f"{words(loss.get('what'))} {words(loss.get('where'))}: {words(loss.get('why'))}"
            fact(table, "  losses" if index == 0 else "", line)
        if not target.get("notes"):
            fact(table, "  losses", "none")
    console.print(table)
    if (wire := as_object(target.get("wire"))) is not None:
        show_wire(console, wire)


def show_wire(console: Console, wire: JsonObject) -> None:
    """The outgoing request."""
    console.print(Text(f"   {words(wire.get('method'))} {words(wire.get('url'))}", style="cyan"), soft_wrap=True)
    for name, value in (as_object(wire.get("headers")) or {}).items():
        console.print(Text(f"   {name}: {words(value)}", style="dim"), soft_wrap=True)
    body = orjson.dumps(shortened(wire.get("body")), option=orjson.OPT_INDENT_2).decode()
    console.print(Text(body), soft_wrap=True)


def shortened(value: Json) -> Json:
    """The value with texts that are not for reading cut."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}… ({len(value):,} characters)"
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    return value


def key_words(key: JsonObject) -> tuple[str, str]:
    """A key with its state, and the colour for it."""
    state = words(key.get("state")) or "?"
    now = seconds(key.get("now")) or time.time()
    told = "; ".join(rest_words(rest, now) for rest in objects(key.get("rests")))
    line = f"{words(key.get('key'))} {state}" + (f": {told}" if told else "")
    return line, "green" if state == "ready" else "yellow"


def chain(target: JsonObject) -> str:
    """The configured transformers and those that work, by place."""
    named = ", ".join(map(words, as_list(target.get("chain")) or ())) or "none configured"
    hooks = as_object(target.get("hooks")) or {}
    places = [f"{place}: {' → '.join(map(words, as_list(names) or ()))}" for place, names in hooks.items() if names]
    return f"{named} ({'; '.join(places)})" if places else named


def hints_words(hints: JsonObject) -> str:
    """What the router adds to the system prompt."""
    if not hints:
        return ""
    source = words(hints.get("file")) or "built in"
    return f"{words(hints.get('family'))} ({source}), {as_int(hints.get('tokens')) or 0:,} tokens"


def learned_words(learned: JsonObject) -> str:
    """What the target's refusals have taught."""
    told: list[str] = []
    if (cap := as_int(learned.get("max_tokens_cap"))) is not None:
        told.append(f"at most {cap:,} tokens of answer")
    if dropped := as_list(learned.get("dropped")):
        told.append(f"it refuses {', '.join(map(words, dropped))}")
    told += [f"{name} is called {words(new)}" for name, new in (as_object(learned.get("renamed")) or {}).items()]
    return "; ".join(told)


def outcome(record: JsonObject) -> tuple[str, str]:
    """Status, target, times and attempts in a line, and its colour."""
    status = as_int(record.get("status")) or 0
    attempts = as_int(record.get("attempts")) or 0
    parts = [f"{status or 'no answer'} from {words(record.get('target'))}"]
    if (total := seconds(record.get("total"))) is not None:
        first = seconds(record.get("first_byte"))
        parts.append(f"in {total:.1f} s" + (f", first word after {first:.1f} s" if first is not None else ""))
    parts.append(f"{attempts} attempt{'' if attempts == 1 else 's'}")
    good = status == 200 and not record.get("error")
    return ", ".join(parts), "green" if good else "red"


def usage(told: JsonObject) -> str:
    """The tokens that the provider counted."""
    names = {"input": "in", "cache_read": "read from cache", "cache_write": "written to cache", "output": "out"}
    parts = [f"{count:,} {words_}" for name, words_ in names.items() if (count := as_int(told.get(name))) is not None]
    return ", ".join(parts) or "not told"


def size(told: JsonObject) -> str:
    """Bytes, and tokens where the decision needed them."""
    tokens = as_int(told.get("tokens"))
    counted = f", {tokens:,} tokens" if tokens is not None else ""
    return f"{as_int(told.get('body_bytes')) or 0:,} bytes{counted}"


def headline(console: Console, text: str) -> None:
    """A headline with room above it."""
    console.print()
    console.print(Text(text, style="bold cyan"))


def facts_table() -> Table:
    """Names left, wrapped texts right."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def fact(table: Table, name: str, text: str, style: str = "") -> None:
    """One row."""
    table.add_row(Text(name, style="dim"), Text(text, style=style))


def words(value: Json) -> str:
    """A text as it may be shown: what a provider says is not to move the cursor."""
    text = as_str(value) or ""
    return "".join([letter if letter.isprintable() else " " for letter in text])


def objects(value: Json) -> Iterable[JsonObject]:
    """The objects in a list."""
    return [found for item in as_list(value) or () if (found := as_object(item)) is not None]


def seconds(value: Json) -> float | None:
    """A number, else None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
