"""The order in which a provider's keys are tried."""

import zlib

KEY_AT_FAULT = frozenset({401, 402, 403, 429})
"""Statuses that another key of the same provider may not get."""


def keys_in_order(keys: tuple[str, ...], affinity: str | None) -> tuple[str | None, ...]:
    """All keys, beginning with the one that belongs to `affinity` (the session): prompt caches are kept by key.

    (None,) for a provider that needs none.
    """
    if not keys:
        return (None,)
    first = zlib.crc32(affinity.encode()) % len(keys) if affinity else 0
    return (*keys[first:], *keys[:first])
