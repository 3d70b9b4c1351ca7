"""What an upstream is known to want or refuse, as data. Rows live in `providers/`; behaviour in the dialects."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal, TypeAlias

from ccrouter.frozen import frozen
from ccrouter.model.json import Json

EffortStyle: TypeAlias = Literal["none", "reasoning_effort", "openrouter", "thinking", "enable_thinking"]
"""How a wire body asks for reasoning: not at all; `reasoning_effort: low`; `reasoning: {effort|enabled}`;
`thinking: {type}`; `enable_thinking: bool`."""

WebSearchStyle: TypeAlias = Literal["none", "always", "openrouter", "web_search_options", "perplexity", "compound"]
"""How a chat body asks its provider to search the web: it has no search; not at all, since it searches unasked;
OpenRouter's server tool, and its `web` plugin where a search must be run; OpenAI's `web_search_options`; nothing but
where to search (Perplexity, Groq's compound)."""

LeakedForm: TypeAlias = Literal["dsml", "invoke", "hermes", "qwen", "glm", "kimi", "deepseek", "fenced_json"]
"""A notation in which models write tool calls; `transformers/leaked_forms.py` has them."""

PrefillStyle: TypeAlias = Literal["none", "plain", "prefix", "partial"]
"""How an assistant message at the very end becomes the beginning of the answer: it does not; as it stands (Claude up to
4.5); marked `prefix: true` (Mistral, DeepSeek's beta address); marked `partial: true` (Moonshot, Alibaba)."""

ThinkTags: TypeAlias = Literal["never", "start", "anywhere", "implicit"]
"""Where in an answer `<think>` begins reasoning; `transformers/tag_splitter.py` says what each word means."""

THINK_TAGS_OUT: Final = "<think>"
"""The value of `reasoning_out` that names no field."""


@frozen
class Quirks:
    """The defaults are those of an OpenAI-chat upstream nobody knows anything about, strict rather than forgiving."""

    reasoning_out: str | None = "same"
    """Field of an assistant message in which reasoning goes back to the provider it came from: `same` is the field it
    came in, None is never. `<think>` is no field but the message's text, between these tags."""
    think_tags: ThinkTags = "start"
    """Where reasoning may stand between tags in the text of an answer. An answer that begins with a literal `<think>`
    is reasoning, whoever wrote it: a model that speaks of the tag does so in the middle of a sentence, or in backticks.
    So this is on for everybody whose reasoning is not known to come otherwise, and nothing more than this is."""
    think_tags_back: bool = False
    """Reasoning that came between tags goes back so. Chat templates cut it from earlier turns or were trained to have
    it (MiniMax); where neither is known it stays out."""
    reasoning_required: bool = False
    """Assistant turns with tool calls must carry the reasoning field, empty when there is nothing to give back."""
    effort_style: EffortStyle = "none"
    thinking_form: Literal["any", "budget", "adaptive"] = "any"
    """How a Claude is told to think: `budget` is `enabled` with a budget and no effort, `adaptive` never `enabled`."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    max_tokens_cap: int | None = None
    refused_message_keys: frozenset[str] = frozenset()
    """Keys of wire messages to leave out (Groq answers 400 to any it does not know)."""
    stream_usage: bool = True
    """Send `stream_options: {include_usage: true}` with a stream."""
    keep_cache_control: bool = False
    """The upstream honours Anthropic's `cache_control` marks on content parts (OpenRouter with Claude, Qwen)."""
    system_role: Literal["system", "developer"] = "system"
    mid_system: bool = False
    """The upstream takes system messages in the middle of a conversation. Most chat templates do not."""
    images: bool = True
    tool_choice_required: bool = True
    """The upstream takes `tool_choice: required` and named ones; else they are sent as auto."""
    parallel_tool_calls: bool = True
    """The upstream takes the `parallel_tool_calls` field."""
    tool_id_pattern: Literal["any", "mistral"] = "any"
    """Tool call ids that the upstream takes: `mistral` is exactly nine letters and digits."""
    drop_schema_keys: frozenset[str] = frozenset()
    """Keywords to leave out of tool schemas: `additionalProperties`, or with a value, `additionalProperties:false`."""
    repair_arguments: Literal["none", "syntax", "schema"] = "syntax"
    """How broken tool arguments are repaired: not at all; where they are not JSON, while all else streams as it comes;
    or also where they do not fit the tool's schema, for which each call is held until it is whole."""
    leaked_tool_calls: frozenset[LeakedForm] = frozenset()
    """Notations in which tool calls may come as text and are made calls of."""
    thinking_fields: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Fields that go beside `type` in a `thinking` object that is enabled."""
    stop_limit: int | None = 4
    """How many `stop` entries it takes; all are enforced by the router anyway."""
    json_schema: bool = False
    """The upstream takes `response_format: {type: json_schema}`; else the schema is asked for in words."""
    native_web_search: bool = False
    """The upstream runs Anthropic's `web_search_*` server tool itself. Not looked at for chat upstreams."""
    web_search_style: WebSearchStyle = "none"
    """How a chat upstream is asked to search; `none`: it has no search, the router's own serves."""
    sampling: bool = True
    """The model takes `temperature` and `top_p`."""
    efforts: frozenset[str] = frozenset()
    """The words that `reasoning.effort` takes (Responses API; none at all: the model takes no `reasoning` field), or
    `reasoning_effort` (chat; none here: low, medium, high)."""
    encrypted_reasoning: bool = False
    """Responses API: the model tells its reasoning encrypted when asked to, and wants it back so."""
    documents: bool = False
    """Responses API: PDF files are taken as `input_file`."""
    tool_result_images: bool = False
    """Responses API: a `function_call_output` may hold images and files, not only text."""
    search_sources: bool = False
    """Responses API: the provider's web search tells all its sources when asked to, not only those cited."""
    calls_last: bool = False
    """Responses API: what a turn says goes before all its calls (DeepSeek takes a message between two for its end)."""
    schema_flavour: Literal["json_schema", "gemini"] = "json_schema"
    """Gemini: tool schemas go as `parametersJsonSchema`, or as `parameters` in the subset of OpenAPI that older hosts
    of the protocol know."""
    call_ids: bool = True
    """Gemini: ids that the model gave its calls may be repeated to it (Vertex refuses the field)."""
    context_window: int | None = None
    """Tokens that prompt and answer may have together, where known."""
    bearer_only: bool = False
    """An Anthropic upstream that wants its key as a bearer token and nothing in `x-api-key`."""
    prefill: PrefillStyle = "none"
    """Torn answers are continued so where the model does not think (`pipeline/continuation.py`). Only where it really
    goes on behind the last letter."""
    extra_body: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Fields put into every wire body unless they are there already."""
