"""`reasoning`: switch a model's thinking on or off by `thinking` and `enable_thinking`."""

from dataclasses import replace

from ccrouter.model.json import JsonObject, as_object
from ccrouter.model.request import Request, ThinkingConfig
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.options import only


class Reasoning(Transformer):
    """Asks for thinking when the client does, in the spelling the provider is known to take.

    Where nothing is known both spellings go out, as in CCR: `thinking: {type}` (Volcengine, GLM, Kimi, DeepSeek) and
    `enable_thinking` (Qwen and its hosts). `enable: false` switches thinking off for every request. The reply's
    `reasoning_content` needs nothing from here: the dialect decodes it.
    """

    name = "reasoning"
    options_schema = only({"enable": {"type": "boolean", "default": True}})

    def request(self, request: Request, context: Context) -> Request:
        """With `enable: false`, the request says that no thinking is wanted, and no effort."""
        if self.options.get("enable") is not False:
            return request
        extras = dict(request.extras)
        output = as_object(extras.get("output_config"))
        if output is not None and "effort" in output:
            rest: JsonObject = {key: value for key, value in output.items() if key != "effort"}
            if rest:
                extras["output_config"] = rest
            else:
                del extras["output_config"]
        return replace(request, thinking=ThinkingConfig("disabled"), extras=extras)

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Write both spellings where the dialect, knowing none, wrote neither."""
        thinking = context.request.thinking
        if context.dialect != "openai_chat" or context.quirks.effort_style != "none" or thinking is None:
            return body
        wanted = thinking.type != "disabled" and self.options.get("enable") is not False
        body.setdefault("thinking", {"type": "enabled" if wanted else "disabled"})
        # "parameter.enable_thinking must be set to false for non-streaming calls" (DashScope, ModelScope).
        body.setdefault("enable_thinking", wanted and body.get("stream") is True)
        return body
