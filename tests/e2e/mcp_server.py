"""A small MCP server over standard input and output, with names and schemas as they are found in the wild.

Run as a script by the client; it must import nothing of the project."""

import json
import sys
from typing import Any

LONG_NAME = "a_tool_with_quite_a_long_name_that_goes_on_and_on_for_more_than_sixty_four"
TOOLS = [
    {
        "name": LONG_NAME,
        "description": "Its full name has more than the 64 characters that OpenAI allows.",
        "inputSchema": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
    },
    {"name": "bare", "description": "Its schema has no properties.", "inputSchema": {"type": "object"}},
]


def answer(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The result of one call of the protocol."""
    match method:
        case "initialize":
            version = parameters["protocolVersion"]
            return {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "fox", "version": "1"},
            }
        case "tools/list":
            return {"tools": TOOLS}
        case "tools/call":
            said = f"fox says {parameters['name'][:4]} {json.dumps(parameters.get('arguments'))}"
            return {"content": [{"type": "text", "text": said}]}
        case _:
            return {}


def main() -> None:
    """Answer requests until standard input ends; notifications have no id and get no answer."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            result = answer(message["method"], message.get("params") or {})
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
