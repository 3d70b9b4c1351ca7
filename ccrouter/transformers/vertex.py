"""`vertex-gemini`, `vertex-claude`, `vertex-openai`: models on Google's Vertex AI.

They select the protocol and hold where and how to sign in; `providers/vertex.py` and `upstream/vertex.py` read the
options. No body is changed. In CCR the array form `["vertex-claude", {…}]` loses the whole provider.
"""

from ccrouter.transformers.base import Transformer
from ccrouter.transformers.options import only

VERTEX_OPTIONS = only(
    {
        "project_id": {"type": "string", "description": "The Google Cloud project; else GOOGLE_CLOUD_PROJECT."},
        "location": {
            "type": "string",
            "pattern": "^[a-z0-9-]*$",
            "description": "A region, or global; else that of the URL, else GOOGLE_CLOUD_LOCATION.",
        },
        "credentials": {
            "type": ["string", "object"],
            "description": "A service account's key file, or its JSON; else GOOGLE_APPLICATION_CREDENTIALS.",
        },
        "client_email": {"type": "string", "description": "The service account, with private_key."},
        "private_key": {"type": "string", "description": "Its key in PEM form, with client_email."},
    }
)


class VertexGemini(Transformer):
    """Google's own models."""

    name = "vertex-gemini"
    options_schema = VERTEX_OPTIONS


class VertexClaude(Transformer):
    """Anthropic's models."""

    name = "vertex-claude"
    options_schema = VERTEX_OPTIONS


class VertexOpenAI(Transformer):
    """Every model, through Vertex's OpenAI-compatible endpoint. Its models are called `publisher/model`."""

    name = "vertex-openai"
    options_schema = VERTEX_OPTIONS
