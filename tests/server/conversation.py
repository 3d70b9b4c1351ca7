"""Asks the router as Claude Code does, and keeps its answers as Claude Code keeps them."""

from typing import Any

import orjson


def kept(message: dict[str, Any]) -> dict[str, Any]:
    """An answer as it stands in the history of the next request."""
    return {"role": "assistant", "content": message["content"]}


def result(id_: str, content: Any = "ok", **more: Any) -> dict[str, Any]:
    """A tool's answer."""
    return {"type": "tool_result", "tool_use_id": id_, "content": content, **more}


async def ask(client: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to `body`; a stream put together as the client does. An error body as it is."""
    reply = await client.post("/v1/messages?beta=true", json=body)
    raw = await reply.read()
    if not body.get("stream") or reply.status != 200:
        return orjson.loads(raw)
    message: dict[str, Any] = {}
    json = ""
    for event in [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]:
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
                json = ""
            case "content_block_delta":
                block, delta = message["content"][-1], event["delta"]
                for name in ("text", "thinking"):
                    block[name] = block[name] + delta[name] if name in delta else block.get(name)
                block["signature"] = delta.get("signature", block.get("signature"))
                json += delta.get("partial_json", "")
                for name in [name for name, value in block.items() if value is None]:
                    del block[name]
            case "content_block_stop":
                if json:
                    message["content"][-1]["input"] = orjson.loads(json)
            case "message_delta":
                message.update(event["delta"], usage={**message["usage"], **event["usage"]})
            case "error":
                return event
            case _:
                pass
    return message
