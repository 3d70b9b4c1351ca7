"""`vercel`: Vercel's AI Gateway, which speaks like OpenRouter."""

from ccrouter.transformers.openrouter import OpenRouter


class Vercel(OpenRouter):
    """As `openrouter`; the options (`providerOptions`, …) go into the wire body."""

    name = "vercel"
