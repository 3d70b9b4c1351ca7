"""What a provider's error says, and which of them are about reasoning that was given back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ccrouter.dialects.failures import error_of_response
from ccrouter.errors import REASONING_REJECTED, SUMMARY_REJECTED, UpstreamError

_ABOUT_REASONING: Final = re.compile(
    # The encrypted content for item rs_… could not be verified. Reason: …
    r"encrypted content.{0,200}?(could not be verified|not supported|could not be decrypted|invalid)"
    # Item with id 'rs_…' not found. Items are not persisted when `store` is set to false
    r"|item with id '?rs_[^']*'? not found"
    # Item 'rs_…' of type 'reasoning' was provided without its required following item.
    r"|of type 'reasoning' was provided without its required following item",
    re.IGNORECASE | re.DOTALL,
)


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error in a non-2xx answer."""
    return marked(error_of_response(status, headers, body))


_ABOUT_SUMMARIES: Final = re.compile(
    # Your organization must be verified to generate reasoning summaries. Please go to …
    r"must be verified to generate reasoning summar|'reasoning\.summary' is not supported",
    re.IGNORECASE,
)


def marked(error: UpstreamError) -> UpstreamError:
    """`error`, with a code of ours where the same request without what it says of reasoning may be taken.

    The words stay the provider's own (maximhq/bifrost#5186, openai/openai-agents-js#546).
    """
    detail = error.detail
    if not 400 <= detail.status < 500:
        return error
    for code, words in ((REASONING_REJECTED, _ABOUT_REASONING), (SUMMARY_REJECTED, _ABOUT_SUMMARIES)):
        if words.search(detail.message):
            return UpstreamError(replace(detail, code=code), retryable=error.retryable)
    return error
