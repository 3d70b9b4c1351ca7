"""When a model is spoken to in OpenAI's Responses API though nobody asked for it, and what it takes there.

docs/decisions/0008-responses-for-openai.md says why.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ccrouter.config.presets import split_url
from ccrouter.dialects.openai_chat.endpoint import is_azure, is_dated
from ccrouter.providers.presets.responses import RESPONSES_MODEL_ROWS, RESPONSES_OF, ResponsesFacts

_NONE: Final = ResponsesFacts()


def prefers_responses(preset: str | None, url: str, model: str | None) -> bool:
    """True when `model` is to be spoken to in the Responses API at a provider of this preset and URL.

    A URL that names chat completions (CCR's configs must) is taken at its word, unless the model is not to be had
    there; one that names an Azure deployment always: Responses wants its name in `model`, where that of the model is.
    """
    facts = RESPONSES_OF.get(preset or "", _NONE)
    parts = split_url(url)
    path = parts.path.rstrip("/").casefold()
    if is_azure(parts.hostname) and ("/deployments" in path or is_dated(parts.query)):
        return False
    pattern = facts.only if path.endswith("/chat/completions") else facts.models
    return model is not None and pattern is not None and re.search(pattern, model, re.IGNORECASE) is not None


def responses_rows(preset: str | None, model: str) -> list[Mapping[str, Any]]:
    """The facts about `model` that hold where the Responses API is spoken, each over the one before."""
    rows = (*RESPONSES_MODEL_ROWS, *RESPONSES_OF.get(preset or "", _NONE).rows)
    return [changes for pattern, changes in rows if re.search(pattern, model, re.IGNORECASE)]
