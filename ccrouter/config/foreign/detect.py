"""Whose configuration a document is."""

from ccrouter.config.document import Document
from ccrouter.config.foreign.litellm import is_litellm, translate_litellm
from ccrouter.config.foreign.translation import Translation
from ccrouter.model.json import as_object


def translate(document: Document) -> Translation | None:
    """The document as ours, None where it is ours or nothing that is known."""
    value = as_object(document.value)
    return translate_litellm(document) if value is not None and is_litellm(value) else None
