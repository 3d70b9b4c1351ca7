"""A scripted answer as OpenAI's Responses API tells it: as a stream of typed events, or whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object
from tests.upstreams.openai_responses_rules import seal
from tests.upstreams.replies import Call, Reply

INCOMPLETE = ("max_output_tokens", "content_filter")


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is told. `late_arguments`: a call's arguments come only in `.done` (LM Studio).

    `reasoning_before_each`: a reasoning item of its own before every item, not only before the first.
    `summaries` False: reasoning is told encrypted only, which is what organisations get that are not verified."""

    late_arguments: bool = False
    reasoning_before_each: bool = False
    summaries: bool = True
    phase: str | None = None
    """The `phase` of message items (gpt-5.3-codex and later)."""


def items(body: JsonObject, reply: Reply, number: int, manner: Manner) -> list[JsonObject]:
    """The output items of the answer to request `number`."""
    found: list[JsonObject] = []
    tools = [as_object(tool) or {} for tool in as_list(body.get("tools")) or []]
    searched = reply.search if any(tool.get("type") == "web_search" for tool in tools) else None
    if searched is not None:
        sources: list[Json] = [{"type": "url", "url": url} for url, _ in searched.links]
        action: JsonObject = {"type": "search", "query": searched.query, "sources": sources}
        found.append({"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": action})
    if reply.text:
        annotations: list[Json] = [
            {"type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": 1}
            for url, title in (searched.links if searched is not None else ())
        ]
        part: JsonObject = {"type": "output_text", "text": "".join(reply.text), "annotations": annotations}
        message: JsonObject = {"id": f"msg_{number}", "type": "message", "status": "completed", "role": "assistant"}
        if manner.phase is not None:
            message["phase"] = manner.phase
        found.append({**message, "content": [part]})
    for position, call in enumerate(reply.calls):
        found.append(
            {
                "id": f"fc_{number}_{position}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.id,
                "name": call.name,
                "arguments": orjson.dumps(dict(call.arguments)).decode(),
            }
        )
    if not reply.reasoning:
        return found
    told: list[JsonObject] = []
    for position, item in enumerate(found):
        if position == 0 or manner.reasoning_before_each:
            told.append(_reasoning(reply, f"rs_{number}_{position}", item, manner))
        told.append(item)
    return told


def _reasoning(reply: Reply, item_id: str, following: JsonObject, manner: Manner) -> JsonObject:
    after = str(following["type"])
    if after == "function_call":
        after = f"{after}:{following['name']}"
    summary: list[Json] = [{"type": "summary_text", "text": "".join(reply.reasoning)}] if manner.summaries else []
    return {"id": item_id, "type": "reasoning", "summary": summary, "encrypted_content": seal(item_id, after)}


def response(body: JsonObject, reply: Reply, number: int, output: list[JsonObject], status: str) -> JsonObject:
    """The response object. Usage is told once the answer has ended."""
    spent = reply.spent
    usage: JsonObject = {
        "input_tokens": spent.prompt,
        "input_tokens_details": {"cached_tokens": spent.cached},
        "output_tokens": spent.completion,
        "output_tokens_details": {"reasoning_tokens": spent.reasoning},
        "total_tokens": spent.prompt + spent.completion,
    }
    failed: JsonObject = {
        "code": "server_error",
        "message": "The server had an error processing your request. Sorry about that!",
    }
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": failed if status == "failed" else None,
        "incomplete_details": {"reason": reply.finish} if status == "incomplete" else None,
        "model": body["model"],
        "output": list[Json](output),
        "usage": None if status == "in_progress" else usage,
        "store": False,
    }


def ending(reply: Reply) -> str:
    """The final status."""
    return "incomplete" if reply.finish in INCOMPLETE else reply.finish or "completed"


def whole(body: JsonObject, reply: Reply, number: int, manner: Manner) -> JsonObject:
    """The answer as one response object."""
    return response(body, reply, number, items(body, reply, number, manner), ending(reply))


def pieces(body: JsonObject, reply: Reply, number: int, manner: Manner) -> Iterator[bytes]:
    """The answer as server-sent events."""
    output = items(body, reply, number, manner)
    for sequence, event in enumerate(_events(body, reply, number, output, manner)):
        kind = str(event["type"])
        yield f"event: {kind}\ndata: ".encode() + orjson.dumps({**event, "sequence_number": sequence}) + b"\n\n"


def _events(
    body: JsonObject, reply: Reply, number: int, output: list[JsonObject], manner: Manner
) -> Iterator[JsonObject]:
    begun = response(body, reply, number, [], "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    together = reply.interleaved and not manner.reasoning_before_each
    calls = [index for index, item in enumerate(output) if item["type"] == "function_call"] if together else []
    for index, item in enumerate(output):
        if index not in calls:
            yield from _item_events(index, item, reply, manner)
    for index in calls:
        yield {"type": "response.output_item.added", "output_index": index, "item": _announced(output[index])}
    for turn in zip_longest(*[_arguments(index, output[index], reply) for index in calls]):
        yield from (event for event in turn if event is not None)
    for index in calls:
        yield from _call_end(index, output[index])
    status = ending(reply)
    yield {"type": f"response.{status}", "response": response(body, reply, number, output, status)}


def _announced(item: JsonObject) -> JsonObject:
    empty: JsonObject = {"arguments": "", "content": [], "summary": []}
    return {name: empty.get(name, value) for name, value in item.items() if name != "encrypted_content"} | (
        {"status": "in_progress"} if "status" in item else {}
    )


def _item_events(index: int, item: JsonObject, reply: Reply, manner: Manner) -> Iterator[JsonObject]:
    item_id = item["id"]
    place: JsonObject = {"item_id": item_id, "output_index": index}
    yield {"type": "response.output_item.added", "output_index": index, "item": _announced(item)}
    match item["type"]:
        case "reasoning" if item["summary"]:
            place["summary_index"] = 0
            part: JsonObject = {"type": "summary_text", "text": ""}
            yield {"type": "response.reasoning_summary_part.added", **place, "part": part}
            for piece in reply.reasoning:
                yield {"type": "response.reasoning_summary_text.delta", **place, "delta": piece}
            said = "".join(reply.reasoning)
            yield {"type": "response.reasoning_summary_text.done", **place, "text": said}
            yield {"type": "response.reasoning_summary_part.done", **place, "part": {**part, "text": said}}
        case "web_search_call":
            yield {"type": "response.web_search_call.searching", **place}
            yield {"type": "response.web_search_call.completed", **place}
        case "message":
            yield from _text_events(place, item, reply)
        case "function_call":
            if not manner.late_arguments:
                yield from _arguments(index, item, reply)
            yield from _call_end(index, item)
            return
        case _:
            pass
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _text_events(place: JsonObject, item: JsonObject, reply: Reply) -> Iterator[JsonObject]:
    (part,) = [as_object(entry) or {} for entry in as_list(item["content"]) or []]
    place["content_index"] = 0
    empty: JsonObject = {"type": "output_text", "text": "", "annotations": []}
    yield {"type": "response.content_part.added", **place, "part": empty}
    for piece in reply.text:
        yield {"type": "response.output_text.delta", **place, "delta": piece}
    for number, annotation in enumerate(as_list(part["annotations"]) or []):
        added: JsonObject = {"annotation_index": number, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **place, **added}
    yield {"type": "response.output_text.done", **place, "text": part["text"]}
    yield {"type": "response.content_part.done", **place, "part": part}


def _arguments(index: int, item: JsonObject, reply: Reply) -> Iterator[JsonObject]:
    arguments = str(item["arguments"])
    fragment = _call_of(item, reply).fragment
    for start in range(0, len(arguments), fragment):
        delta = arguments[start : start + fragment]
        place: JsonObject = {"item_id": item["id"], "output_index": index}
        yield {"type": "response.function_call_arguments.delta", **place, "delta": delta}


def _call_of(item: JsonObject, reply: Reply) -> Call:
    return next(call for call in reply.calls if call.id == item["call_id"])


def _call_end(index: int, item: JsonObject) -> Iterator[JsonObject]:
    place: JsonObject = {"item_id": item["id"], "output_index": index}
    yield {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
