"""What the config's tests share: a KnownNames, a loader for texts, and positions marked in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccrouter.config.known import KnownNames
from ccrouter.config.load import Loaded, load_config

MARK = "§"
"""Stands in a test's text before the character that a problem must point to."""

_NO_OPTIONS: Mapping[str, Any] = {"type": "object", "maxProperties": 0}
KNOWN = KnownNames(
    transformers={
        "Anthropic": _NO_OPTIONS,
        "OpenAI": _NO_OPTIONS,
        "deepseek": _NO_OPTIONS,
        "tooluse": _NO_OPTIONS,
        "openrouter": {"type": "object"},
        "maxtoken": {
            "type": "object",
            "properties": {"max_tokens": {"type": "integer", "minimum": 1}},
            "required": ["max_tokens"],
            "additionalProperties": False,
        },
    },
    protocols=frozenset({"openai_chat", "anthropic"}),
    unavailable={"gemini": "Gemini is not spoken yet."},
)


def unmark(text: str) -> tuple[str, tuple[int, int] | None]:
    """`text` without its mark, and the line and column where the mark was."""
    before, mark, _ = text.partition(MARK)
    if not mark:
        return text, None
    return text.replace(MARK, "", 1), (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def load_text(
    folder: Path,
    text: str,
    *,
    name: str = "config.json",
    environment: Mapping[str, str] | None = None,
    known: KnownNames = KNOWN,
) -> Loaded:
    """Load a config with this text from `folder`."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return load_config(path, environment=environment or {}, known=known)
