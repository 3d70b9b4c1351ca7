"""The notations in which models write tool calls, for when one leaks into the text of an answer.

A notation is data: how a call begins and ends, and what may stand around it. Hosts without the right parser pass it on
as text (field-notes, pains 20 and 39).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.transformers.json_prefix import is_object
from ccrouter.transformers.json_repair import repair
from ccrouter.transformers.schema_fit import dump, mend_arguments, typed

Schemas = Mapping[str, JsonObject]


@frozen
class LeakedCall:
    """A call found in text; `arguments` is the JSON text of an object."""

    name: str
    arguments: str


@frozen
class Form:
    """One notation.

    `openings` is what a leak may begin with, wrapper or call. `begins` matches from there up to the place where the
    call's body starts, with the tool's name in the group `name` where it stands before the body; `begun` matches any
    text that may still become that. `ends` matches what ends the body. `trails` may follow a call (closing wrappers).
    `read` makes a call of name and body, None where the body is not whole yet or no call at all. `ends_itself`: a body
    that can be read is whole even when `ends` is missing at the end of the text; servers often swallow the token that
    a model stops at.
    """

    openings: tuple[str, ...]
    begins: re.Pattern[str]
    begun: re.Pattern[str]
    ends: re.Pattern[str]
    trails: tuple[str, ...]
    read: Callable[[str, str, Schemas], LeakedCall | None]
    ends_itself: bool = False


def read_json(name: str, body: str, schemas: Schemas) -> LeakedCall | None:
    """A body that is the arguments' JSON, maybe in a Markdown fence."""
    body = FENCED.sub(r"\1", body).strip()
    if not body and name in schemas:
        return LeakedCall(name, "{}")
    mended, closed = mend_arguments(body, schemas.get(name, {}))
    return LeakedCall(name, mended) if closed and is_object(mended) else None


def read_named_json(name: str, body: str, schemas: Schemas) -> LeakedCall | None:
    """A body that holds name and arguments: `{"name": …, "arguments": {…}}`."""
    del name
    repaired = repair(FENCED.sub(r"\1", body).strip())
    fields = as_object(repaired.value) if repaired is not None and repaired.closed else None
    if fields is not None and "name" not in fields:
        fields = as_object(fields.get("function"))
    told = as_str(fields.get("name")) if fields is not None else None
    if fields is None or told is None or told not in schemas:
        return None
    for key in ("arguments", "parameters", "input"):
        given = fields.get(key)
        if isinstance(given, str):
            return read_json(told, given, schemas)
        if isinstance(given, dict):
            return read_json(told, dump(given), schemas)
    return LeakedCall(told, "{}") if fields.keys() == {"name"} else None


def read_parameters(pattern: re.Pattern[str]) -> Callable[[str, str, Schemas], LeakedCall | None]:
    """A reader for bodies of elements, each one argument: `pattern` matches one, with `key`, `value` and maybe `plain`.

    Values are strings or JSON, as the tool's schema says; where the notation itself says it (`string="false"`), that
    counts for what the schema does not know.
    """

    def read(name: str, body: str, schemas: Schemas) -> LeakedCall | None:
        schema = schemas.get(name)
        if schema is None:
            return None
        properties = as_object(schema.get("properties")) or {}
        arguments: JsonObject = {}
        at, body = 0, body.strip()
        while at < len(body):
            found = pattern.match(body, at)
            if found is None:
                return None
            fields = found.groupdict()
            key, value = fields["key"].strip(), fields["value"]
            known = as_object(properties.get(key))
            plain = known is None and fields.get("plain") == "false"
            arguments[key] = _plain(value) if plain else typed(value, known or {})
            at = found.end()
        return LeakedCall(name, dump(arguments))

    return read


def _plain(text: str) -> Json:
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value


FENCED: Final = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)

# A mark before the tag's name: DeepSeek's, in one or two bars of either width; Anthropic's and MiniMax's name spaces.
ANTML: Final = "antml:"
MARK: Final = r"(?:[｜|]{1,2}\s?DSML\s?[｜|]{1,2}|antml:|minimax:)?"
WRAPPER: Final = rf"{MARK}(?:function_calls|tool_calls|tool_call)"

INVOKE: Final = re.compile(rf'(?:<{WRAPPER}>\s*)?<{MARK}invoke\s+name="(?P<name>[^"<>]+)"\s*>')
INVOKE_BEGUN: Final = re.compile(r"(?:<[^<>]*>\s*)?(?:<[^<>]*)?")
INVOKE_END: Final = re.compile(rf"</{MARK}invoke>")
INVOKE_PARAMETERS: Final = read_parameters(
    re.compile(
        rf'\s*<{MARK}parameter\s+name="(?P<key>[^"<>]+)"(?:\s+string="(?P<plain>true|false)")?[^<>]*>'
        rf"(?P<value>.*?)</{MARK}parameter>\s*(?=<{MARK}parameter\s|\Z)",
        re.DOTALL,
    )
)
DSML_MARKS: Final = ("｜DSML｜", "｜｜DSML｜｜", "|DSML|", "||DSML||")
WRAPPERS: Final = ("function_calls>", "tool_calls>", ANTML + "function_calls>", "minimax:tool_call>")

FORMS: Final[Mapping[str, Form]] = {
    # DeepSeek from V3.2 on: <｜DSML｜tool_calls><｜DSML｜invoke name="X"><｜DSML｜parameter name="k" string="true">v…
    "dsml": Form(
        openings=tuple(f"<{mark}" for mark in DSML_MARKS),
        begins=INVOKE,
        begun=INVOKE_BEGUN,
        ends=INVOKE_END,
        trails=tuple(f"</{mark}{name}>" for mark in (*DSML_MARKS, "") for name in ("tool_calls", "function_calls")),
        read=INVOKE_PARAMETERS,
    ),
    # Anthropic's own notation, which other models have learnt too, and MiniMax's: the same in another wrapper.
    "invoke": Form(
        openings=(*(f"<{wrapper}" for wrapper in WRAPPERS), '<invoke name="', f'<{ANTML}invoke name="'),
        begins=INVOKE,
        begun=INVOKE_BEGUN,
        ends=INVOKE_END,
        trails=tuple(f"</{wrapper}" for wrapper in WRAPPERS),
        read=INVOKE_PARAMETERS,
    ),
    # Hermes and most Qwen models: <tool_call>{"name": "X", "arguments": {…}}</tool_call>.
    "hermes": Form(
        openings=("<tool_call>",),
        begins=re.compile(r"<tool_call>\s*(?=\{)"),
        begun=re.compile(r"<tool_call>\s*"),
        ends=re.compile(r"</tool_call>"),
        trails=(),
        read=read_named_json,
        ends_itself=True,
    ),
    # Qwen3-Coder and Qwen3.5: <tool_call><function=X><parameter=k>v</parameter></function></tool_call>.
    "qwen": Form(
        openings=("<tool_call>", "<function="),
        begins=re.compile(r"(?:<tool_call>\s*)?<function=(?P<name>[^<>\s]+)\s*>"),
        begun=re.compile(r"(?:<tool_call>\s*)?(?:<[a-z]*(?:=[^<>\s]*\s*)?)?"),
        ends=re.compile(r"</function>"),
        trails=("</tool_call>",),
        read=read_parameters(
            re.compile(
                r"\s*<parameter=(?P<key>[^<>]+)>\n?(?P<value>.*?)\n?</parameter>\s*(?=<parameter=|\Z)",
                re.DOTALL,
            )
        ),
    ),
    # GLM from 4.5 on: <tool_call>X<arg_key>k</arg_key><arg_value>v</arg_value></tool_call>.
    "glm": Form(
        openings=("<tool_call>",),
        begins=re.compile(r"<tool_call>\s*(?P<name>[^<>{}\s]+)\s*(?:</arg_value>)?(?=<arg_key>|</tool_call>)"),
        begun=re.compile(r"<tool_call>\s*[^<>{}\s]*\s*(?:<[^<>]*|</arg_value>(?:<[^<>]*)?)?"),
        ends=re.compile(r"</tool_call>"),
        trails=(),
        read=read_parameters(
            re.compile(
                r"\s*<arg_key>(?P<key>.*?)</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>\s*(?=<arg_key>|\Z)",
                re.DOTALL,
            )
        ),
    ),
    # Kimi K2: <|tool_calls_section_begin|><|tool_call_begin|>functions.X:0<|tool_call_argument_begin|>{…} and ends.
    "kimi": Form(
        openings=("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>", "<|tool_call_begin|>"),
        begins=re.compile(
            r"(?:<\|tool_calls?_section_begin\|>\s*)?<\|tool_call_begin\|>\s*"
            r"(?:functions\.)?(?P<name>[^\s<>|:]+)(?::\d+)?\s*<\|tool_call_argument_begin\|>"
        ),
        begun=re.compile(r"(?:<\|[^<>]*>\s*){1,2}[^\s<>]*\s*(?:<[^<>]*)?"),
        ends=re.compile(r"<\|tool_call_end\|>"),
        trails=("<|tool_calls_section_end|>", "<|tool_call_section_end|>"),
        read=read_json,
        ends_itself=True,
    ),
    # DeepSeek R1 and V3 (`function<｜tool▁sep｜>X`, then a fence), and V3.1 (`X<｜tool▁sep｜>{…}`).
    "deepseek": Form(
        openings=("<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"),
        begins=re.compile(
            r"(?:<｜tool▁calls▁begin｜>\s*)?<｜tool▁call▁begin｜>\s*"
            r"(?:function<｜tool▁sep｜>(?=[^\n]*\n)|(?!function<))(?P<name>[^\s<>]+)[ \t]*(?:<｜tool▁sep｜>|(?=\n))"
        ),
        begun=re.compile(r"(?:<[^<>]*>\s*){1,2}[^\s<>]*(?:<[^<>]*>[^\s<>]*[ \t]*)?(?:<[^<>]*)?"),
        ends=re.compile(r"<｜tool▁call▁end｜>"),
        trails=("<｜tool▁calls▁end｜>", "<｜end▁of▁sentence｜>"),
        read=read_json,
        ends_itself=True,
    ),
    # Models without any notation of their own, when they were told to call tools in JSON.
    "fenced_json": Form(
        openings=("```json", "```tool_call"),
        begins=re.compile(r"```(?:json|tool_call)[ \t]*\n\s*(?=\{)"),
        begun=re.compile(r"```(?:json|tool_call)[ \t]*(?:\n\s*)?"),
        ends=re.compile(r"\n[ \t]*```"),
        trails=(),
        read=read_named_json,
    ),
}
