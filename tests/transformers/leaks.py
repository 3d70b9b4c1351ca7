"""One leaked answer in each notation: two calls, the second of a tool without arguments."""

from ccrouter.model.json import JsonObject
from ccrouter.transformers.leaked_forms import LeakedCall

SCHEMAS: dict[str, JsonObject] = {
    "Bash": {
        "type": "object",
        "properties": {
            "command": {"type": "string"},
            "timeout": {"type": "number"},
            "background": {"type": "boolean"},
            "edits": {"type": "array"},
        },
    },
    "List": {},
}
CALLS = [LeakedCall("Bash", '{"command":"ls -la < a","timeout":5}'), LeakedCall("List", "{}")]
ANTML = "antml:"


def invoke(mark: str, wrapper: str) -> str:
    return (
        f'<{mark}{wrapper}>\n<{mark}invoke name="Bash">\n<{mark}parameter name="command">ls -la < a</{mark}parameter>\n'
        f'<{mark}parameter name="timeout">5</{mark}parameter>\n</{mark}invoke>\n<{mark}invoke name="List">\n'
        f"</{mark}invoke>\n</{mark}{wrapper}>"
    )


def dsml(mark: str) -> str:
    return (
        f'<{mark}tool_calls>\n<{mark}invoke name="Bash">\n'
        f'<{mark}parameter name="command" string="true">ls -la < a</{mark}parameter>\n'
        f'<{mark}parameter name="timeout" string="false">5</{mark}parameter>\n</{mark}invoke>\n'
        f'<{mark}invoke name="List">\n</{mark}invoke>\n</{mark}tool_calls>'
    )


JSON_ARGUMENTS = '{"command": "ls -la < a", "timeout": 5}'
LEAKS: list[tuple[str, str]] = [
    ("dsml", dsml("｜DSML｜")),
    ("dsml", dsml("｜｜DSML｜｜")),
    ("dsml", dsml("|DSML|")),
    ("invoke", invoke("", "function_calls")),
    ("invoke", invoke(ANTML, "function_calls")),
    ("invoke", invoke("", "minimax:tool_call")),
    (
        "invoke",
        '<invoke name="Bash"><parameter name="command">ls -la < a</parameter><parameter name="timeout">5</parameter>'
        '</invoke><invoke name="List"></invoke>',
    ),
    (
        "hermes",
        f'<tool_call>\n{{"name": "Bash", "arguments": {JSON_ARGUMENTS}}}\n</tool_call>\n'
        '<tool_call>{"name":"List","arguments":{}}</tool_call>',
    ),
    (
        "qwen",
        "<tool_call>\n<function=Bash>\n<parameter=command>\nls -la < a\n</parameter>\n<parameter=timeout>\n5\n"
        "</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=List>\n</function>\n</tool_call>",
    ),
    (
        "qwen",
        "<function=Bash><parameter=command>ls -la < a</parameter><parameter=timeout>5</parameter></function>"
        "<function=List></function>",
    ),
    (
        "glm",
        "<tool_call>Bash\n<arg_key>command</arg_key>\n<arg_value>ls -la < a</arg_value>\n<arg_key>timeout</arg_key>\n"
        "<arg_value>5</arg_value>\n</tool_call>\n<tool_call>List</tool_call>",
    ),
    (
        "kimi",
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.Bash:0<|tool_call_argument_begin|>{JSON_ARGUMENTS}"
        "<|tool_call_end|><|tool_call_begin|>functions.List:1<|tool_call_argument_begin|>{}<|tool_call_end|>"
        "<|tool_calls_section_end|>",
    ),
    (
        "deepseek",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>Bash\n```json\n{JSON_ARGUMENTS}\n```"
        "<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>List\n```json\n{}\n```<｜tool▁call▁end｜>"
        "<｜tool▁calls▁end｜>",
    ),
    (
        "deepseek",
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>Bash<｜tool▁sep｜>{JSON_ARGUMENTS}<｜tool▁call▁end｜>"
        "<｜tool▁call▁begin｜>List<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    (
        "fenced_json",
        f'```json\n{{"name": "Bash", "arguments": {JSON_ARGUMENTS}}}\n```\n```json\n{{"name": "List"}}\n```',
    ),
]
NAMES = [f"{form}-{number}" for number, (form, _) in enumerate(LEAKS)]
