"""Whose configuration a document is. The translators are loaded only for what is theirs."""

import re
from pathlib import Path
from typing import Final

from ccrouter.config.document import Document
from ccrouter.config.foreign.translation import Translation
from ccrouter.model.json import JsonObject, as_object

_LITELLM: Final = ("model_list", "litellm_settings", "router_settings")
_OURS: Final = ("Providers", "providers", "Router")
_FILE_NAME = re.compile(r"(?i)\.env(\..+)?|.+\.env")
_ASSIGNMENT = re.compile(r"\s*(export\s+)?[A-Z][A-Z0-9_]*\s*=")


def translate(document: Document) -> Translation | None:
    """The document as ours, None where it is ours or nothing that is known."""
    value = as_object(document.value)
    if value is None:
        return None
    if is_litellm(value):
        from ccrouter.config.foreign.litellm import translate_litellm

        return translate_litellm(document)
    if is_ccr3(value):
        from ccrouter.config.foreign.ccr3 import translate_ccr3

        return translate_ccr3(document)
    return None


def is_litellm(value: JsonObject) -> bool:
    """Whether an object is a configuration of LiteLLM's proxy."""
    return any(mark in value for mark in _LITELLM) and not any(mark in value for mark in _OURS)


def is_ccr3(value: JsonObject) -> bool:
    """Whether an object is a configuration of version 3: its Router has what no earlier one has."""
    router = as_object(value.get("Router")) or {}
    fallback = as_object(router.get("fallback")) or {}
    return "builtInRules" in router or "mode" in fallback


def is_env_file(file: Path, text: str) -> bool:
    """Whether a file is a list of variables: its name says so, or its first line that is no comment."""
    if _FILE_NAME.fullmatch(file.name):
        return True
    if file.suffix.lower() in (".json", ".json5", ".yaml", ".yml"):
        return False
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return _ASSIGNMENT.match(first) is not None
