"""Placeholder until the next commit."""

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


def encode_request(request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
    raise NotImplementedError
