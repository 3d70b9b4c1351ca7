"""Stop sequences, as many as an upstream takes."""

from ccrouter.model.json import Json
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


def stop_sequences(request: Request, limit: int | None, notes: Notes) -> list[Json]:
    """The request's stop sequences, the first `limit` of them. The pipeline enforces those that stay behind."""
    stop = [text for text in request.stop_sequences or () if text]
    if limit is not None and len(stop) > limit:
        notes.add(
            "stop_sequences",
            "/stop_sequences",
            f"the upstream takes {limit} of {len(stop)}; the router enforces all of them",
        )
    return list[Json](stop[:limit])
