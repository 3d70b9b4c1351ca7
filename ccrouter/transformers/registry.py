"""Every transformer by the name that CCR's configs use, spelled as CCR spells it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ccrouter.transformers.anthropic import Anthropic
from ccrouter.transformers.base import Transformer
from ccrouter.transformers.cerebras import Cerebras
from ccrouter.transformers.cleancache import CleanCache
from ccrouter.transformers.customparams import CustomParams
from ccrouter.transformers.deepseek import DeepSeek
from ccrouter.transformers.enhancetool import EnhanceTool
from ccrouter.transformers.extrathinktag import ExtraThinkTag
from ccrouter.transformers.forcereasoning import ForceReasoning
from ccrouter.transformers.gemini import Gemini
from ccrouter.transformers.groq import Groq
from ccrouter.transformers.maxcompletiontokens import MaxCompletionTokens
from ccrouter.transformers.maxtoken import MaxToken
from ccrouter.transformers.openai import OpenAI
from ccrouter.transformers.openai_responses import OpenAIResponses
from ccrouter.transformers.openrouter import OpenRouter
from ccrouter.transformers.reasoning import Reasoning
from ccrouter.transformers.sampling import Sampling
from ccrouter.transformers.streamoptions import StreamOptions
from ccrouter.transformers.tooluse import ToolUse
from ccrouter.transformers.vercel import Vercel
from ccrouter.transformers.vertex import VertexClaude, VertexGemini, VertexOpenAI

BUILT_IN: Mapping[str, type[Transformer]] = MappingProxyType(
    {
        Anthropic.name: Anthropic,
        OpenAI.name: OpenAI,
        OpenAIResponses.name: OpenAIResponses,
        Gemini.name: Gemini,
        DeepSeek.name: DeepSeek,
        OpenRouter.name: OpenRouter,
        MaxToken.name: MaxToken,
        ToolUse.name: ToolUse,
        StreamOptions.name: StreamOptions,
        CleanCache.name: CleanCache,
        Reasoning.name: Reasoning,
        MaxCompletionTokens.name: MaxCompletionTokens,
        Sampling.name: Sampling,
        CustomParams.name: CustomParams,
        Groq.name: Groq,
        Cerebras.name: Cerebras,
        Vercel.name: Vercel,
        EnhanceTool.name: EnhanceTool,
        ForceReasoning.name: ForceReasoning,
        ExtraThinkTag.name: ExtraThinkTag,
        VertexGemini.name: VertexGemini,
        VertexClaude.name: VertexClaude,
        VertexOpenAI.name: VertexOpenAI,
    }
)

UNAVAILABLE: Mapping[str, str] = MappingProxyType({})
"""CCR's names that can't be used yet, and why."""

_NO_USER_TRANSFORMERS: Mapping[str, type[Transformer]] = MappingProxyType({})


def find(name: str, user: Mapping[str, type[Transformer]] = _NO_USER_TRANSFORMERS) -> type[Transformer] | None:
    """The transformer called `name`: of the user's own (`plugins.load_transformers`) first, then of the built-in ones.

    An exact match wins; otherwise case does not count (`anthropic` is in CCR's documents, `Anthropic` in its code).
    """
    for known in (user, BUILT_IN):
        if name in known:
            return known[name]
    folded = name.casefold()
    for known in (user, BUILT_IN):
        for other, transformer in known.items():
            if other.casefold() == folded:
                return transformer
    return None


def options_schemas() -> Mapping[str, Mapping[str, Any]]:
    """The JSON Schema of each built-in transformer's options, by name."""
    return {name: transformer.options_schema for name, transformer in BUILT_IN.items()}
