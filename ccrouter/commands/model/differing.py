"""A change of the config as people see it before it is written. No key is in it, not even one in a comment. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from ccrouter.config.edit.draft import Draft
from ccrouter.config.edit.text import config_text
from ccrouter.config.hiding import hidden
from ccrouter.config.taking.secrets import separate
from ccrouter.model.json import as_object
from ccrouter.upstream.masking import masked

AROUND = 2
"""Lines that are shown before and after what changes."""


def changes(draft: Draft, secrets: Sequence[str] = ()) -> list[str]:
    """The lines that change, each after `+` or `-`, and some around them after a blank. `secrets` are further keys."""
    before, after = config_text(draft.original, draft.path), draft.text
    keys = [*secrets, *(key for provider in draft.config.providers for key in provider.api_keys if key[:1] != "$")]
    for text in (before, after):
        keys += separate(as_object(text.document.value) or {}, {}, {}).variables.values()
    known = {key: masked(key) for key in keys}
    # Compared as they are: two keys may look alike when they are masked.
    old, new = _lines(before.text), _lines(after.text)
    old_shown, new_shown = (_lines(hidden(text.text, known).text) for text in (before, after))
    lines: list[str] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND):
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                lines += [f" {line}" for line in old_shown[start:end]]
            else:
                lines += [f"-{line}" for line in old_shown[start:end]]
                lines += [f"+{line}" for line in new_shown[new_start:new_end]]
    return lines


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]
