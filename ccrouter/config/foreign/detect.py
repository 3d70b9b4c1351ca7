"""Whose configuration a document is."""

from ccrouter.config.document import Document
from ccrouter.config.foreign.ccr3 import is_ccr3, translate_ccr3
from ccrouter.config.foreign.litellm import is_litellm, translate_litellm
from ccrouter.config.foreign.translation import Translation
from ccrouter.model.json import as_object


def translate(document: Document) -> Translation | None:
    """The document as ours, None where it is ours or nothing that is known."""
    value = as_object(document.value)
    if value is None:
        return None
    if is_litellm(value):
        return translate_litellm(document)
    return translate_ccr3(document) if is_ccr3(value) else None
