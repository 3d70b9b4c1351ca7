"""Whose `.env` a file is: three proxies read the same names and mean different things by them.

gemini-for-claude-code (also published as claude-gemini-bridge), 1rgs/claude-code-proxy, fuergaosi233/claude-code-proxy.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from ccrouter.frozen import frozen

Proxy: TypeAlias = Literal["gemini-for-claude-code", "1rgs/claude-code-proxy", "fuergaosi233/claude-code-proxy"]

GEMINI_PROXY: Final = "gemini-for-claude-code"
LITELLM_PROXY: Final = "1rgs/claude-code-proxy"
OPENAI_PROXY: Final = "fuergaosi233/claude-code-proxy"

HEADER_PREFIX: Final = "CUSTOM_HEADER_"

_ONLY: Final[tuple[tuple[Proxy, frozenset[str]], ...]] = (
    (GEMINI_PROXY, frozenset({"MAX_STREAMING_RETRIES", "FORCE_DISABLE_STREAMING", "EMERGENCY_DISABLE_STREAMING"})),
    (
        LITELLM_PROXY,
        frozenset(
            {"PREFERRED_PROVIDER", "USE_VERTEX_AUTH", "VERTEX_PROJECT", "VERTEX_LOCATION", "OPENAI_API_BASE_URL"}
        ),
    ),
    (OPENAI_PROXY, frozenset({"MIDDLE_MODEL", "AZURE_API_VERSION", "MIN_TOKENS_LIMIT"})),
)
"""Names that one of them alone reads."""

_KEYS: Final = ("OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY")


@frozen
class Recognised:
    """`sign` is what told, None where the file would suit several: it was then chosen, and `why` says by what."""

    proxy: Proxy
    sign: str | None = None
    why: str = ""


def recognise(variables: Mapping[str, str]) -> Recognised | None:
    """Whose file it is; None where it has no key that any of them reads."""
    for proxy, names in _ONLY:
        for name in variables:
            if name in names or (proxy == OPENAI_PROXY and name.startswith(HEADER_PREFIX)):
                return Recognised(proxy, sign=name)
    keys = [name for name in _KEYS if variables.get(name)]
    if "GEMINI_API_KEY" in keys:
        if keys == ["GEMINI_API_KEY"]:
            return Recognised(GEMINI_PROXY, sign="GEMINI_API_KEY")
        return Recognised(LITELLM_PROXY, sign="GEMINI_API_KEY")
    if "OPENAI_API_KEY" in keys:
        return _of_two(variables)
    return Recognised(LITELLM_PROXY, sign="ANTHROPIC_API_KEY") if keys else None


def _of_two(variables: Mapping[str, str]) -> Recognised:
    """Both proxies with OPENAI_API_KEY: to one ANTHROPIC_API_KEY is a provider's key, to the other its clients'."""
    anthropic = variables.get("ANTHROPIC_API_KEY")
    if not anthropic:
        return Recognised(OPENAI_PROXY, sign="OPENAI_API_KEY")  # both would do the same with what is there
    if anthropic.startswith("sk-ant-"):
        return Recognised(LITELLM_PROXY, why="ANTHROPIC_API_KEY is taken as the key of a provider, by its look")
    return Recognised(OPENAI_PROXY, why="ANTHROPIC_API_KEY is taken as the key that clients must send, by its look")
