"""Which API and URL a model on Vertex has, from what configs say."""

from typing import Any

import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.providers.resolve import protocol_for
from ccrouter.providers.vertex import (
    CLAUDE,
    GEMINI,
    OPENAI,
    base_url,
    host_of,
    project_of,
    protocol_on_vertex,
    vertex_options,
)

GLOBAL = "https://aiplatform.googleapis.com"
REGIONAL = "https://europe-west1-aiplatform.googleapis.com"


def provider(url: str = REGIONAL, *uses: str, protocol: str | None = None, **options: Any) -> ProviderConfig:
    return ProviderConfig("v", url, use=tuple(TransformerUse(use, options) for use in uses), protocol=protocol)


@pytest.mark.parametrize(
    ("config", "model", "protocol"),
    [
        (provider("https://any.example", "vertex-claude"), "claude-x", CLAUDE),
        (provider("https://any.example", "Vertex-Gemini"), "gemini-x", GEMINI),
        (provider("https://any.example", "vertex-openai"), "meta/llama", OPENAI),
        (provider("https://any.example"), "claude-x", None),
        (provider("https://generativelanguage.googleapis.com/v1beta"), "gemini-x", None),
        (provider("https://evil-aiplatform.googleapis.com.example"), "gemini-x", None),
        (provider(), "claude-opus-5", CLAUDE),
        (provider(), "gemini-3.1-pro-preview", GEMINI),
        (provider(), "meta/llama-4-maverick-maas", OPENAI),
        (provider(GLOBAL), "gemini-3.1-pro-preview", GEMINI),
        (provider("https://aiplatform.eu.rep.googleapis.com"), "claude-opus-5", CLAUDE),
        (
            provider("https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"),
            "x",
            OPENAI,
        ),
        (provider(f"{REGIONAL}/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict"), "m", CLAUDE),
        (provider(f"{REGIONAL}/v1/projects/p/locations/l/publishers/google/models/m:generateContent"), "m", GEMINI),
        (provider(REGIONAL, protocol="openai_chat"), "gemini-x", OPENAI),
        (provider(REGIONAL, protocol="anthropic"), "m", CLAUDE),
        # one provider with models of both publishers: neither can be anywhere else
        (provider(REGIONAL, "vertex-gemini"), "claude-opus-5", CLAUDE),
        (provider(REGIONAL, "vertex-claude"), "gemini-2.5-flash", GEMINI),
        (provider(REGIONAL, "vertex-openai"), "claude-opus-5", OPENAI),
        (provider(REGIONAL, "vertex-gemini"), "my-tuned-model", GEMINI),
    ],
)
def test_the_protocol(config: ProviderConfig, model: str, protocol: str | None) -> None:
    assert protocol_on_vertex(config, model) == protocol
    if protocol is not None:
        assert protocol_for(config, model) == protocol


def test_a_models_own_transformer_counts_more() -> None:
    config = ProviderConfig(
        "v",
        REGIONAL,
        use=(TransformerUse("vertex-gemini", {"project_id": "p", "location": "us-east5"}),),
        model_use={"x/y": (TransformerUse("vertex-openai", {"location": "us-central1", "client_email": ""}),)},
    )
    assert protocol_on_vertex(config, "x/y") == OPENAI
    assert vertex_options(config, "x/y") == {"project_id": "p", "location": "us-central1"}
    assert vertex_options(config) == {"project_id": "p", "location": "us-east5"}


@pytest.mark.parametrize(
    ("url", "options", "environment", "expected"),
    [
        # CCR's defaults, where nothing says anything
        ("https://x.example", {}, {}, "https://x.example/v1/projects/p/locations/us-east5"),
        (GLOBAL, {}, {}, f"{GLOBAL}/v1/projects/p/locations/global"),
        (REGIONAL, {}, {}, f"{REGIONAL}/v1/projects/p/locations/europe-west1"),
        (f"{REGIONAL}/v1beta1/", {}, {}, f"{REGIONAL}/v1beta1/projects/p/locations/europe-west1"),
        # the region of a host is no accident; the global host is what people write for want of another
        (REGIONAL, {}, {"GOOGLE_CLOUD_LOCATION": "us-east5"}, f"{REGIONAL}/v1/projects/p/locations/europe-west1"),
        (
            GLOBAL,
            {},
            {"GOOGLE_CLOUD_LOCATION": "us-east5"},
            "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5",
        ),
        (
            GLOBAL,
            {},
            {"CLOUD_ML_REGION": "us-east5"},
            "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5",
        ),
        (REGIONAL, {"location": "global"}, {}, f"{GLOBAL}/v1/projects/p/locations/global"),
        (
            REGIONAL,
            {"location": "eu"},
            {},
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu",
        ),
        ("https://aiplatform.us.rep.googleapis.com", {}, {}, "https://aiplatform.us.rep.googleapis.com/v1/projects/p/locations/us"),
        # whole URLs, and proxies with paths of their own
        (
            f"{REGIONAL}/v1/projects/other/locations/us-east1/publishers/anthropic/models/m:rawPredict",
            {},
            {},
            "https://us-east1-aiplatform.googleapis.com/v1/projects/p/locations/us-east1",
        ),
        ("http://127.0.0.1:8080/google/", {"location": "global"}, {}, "http://127.0.0.1:8080/google/v1/projects/p/locations/global"),
        ("http://127.0.0.1:8080/google/v1", {"location": "global"}, {}, "http://127.0.0.1:8080/google/v1/projects/p/locations/global"),
    ],
)  # fmt: skip
def test_the_url(url: str, options: dict[str, Any], environment: dict[str, str], expected: str) -> None:
    config = provider(url, "vertex-claude", **options)
    assert base_url(config, "claude-x", CLAUDE, project="p", environment=environment) == expected


def test_the_url_of_the_openai_endpoint() -> None:
    found = base_url(provider(REGIONAL), "meta/llama", OPENAI, project="p", environment={})
    assert found == f"{REGIONAL}/v1/projects/p/locations/europe-west1/endpoints/openapi"
    whole = f"{REGIONAL}/v1/projects/p/locations/europe-west1/endpoints/openapi/chat/completions"
    assert base_url(provider(whole), "meta/llama", OPENAI, project="p", environment={}) == found


def test_no_text_of_the_config_leaves_its_place_in_the_url() -> None:
    found = base_url(provider(location="../x?y"), "m", CLAUDE, project="a/b#c", environment={})
    assert found.endswith("/v1/projects/a%2Fb%23c/locations/europe-west1"), "options of other transformers are not read"
    found = base_url(provider("https://x.example", "vertex-claude", location="a/b"), "m", CLAUDE, project="domain.com:p", environment={})  # fmt: skip # noqa: E501
    assert found == "https://x.example/v1/projects/domain.com:p/locations/a%2Fb"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us-east5", "us-east5-aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
    ],
)
def test_hosts(location: str, host: str) -> None:
    assert host_of(location) == host


def test_the_project() -> None:
    environment = {"GOOGLE_CLOUD_PROJECT": "e", "ANTHROPIC_VERTEX_PROJECT_ID": "f"}
    assert project_of(provider(REGIONAL, "vertex-claude", project_id="o"), environment) == "o"
    assert project_of(provider(f"{REGIONAL}/v1/projects/u/locations/x"), environment) == "u"
    assert project_of(provider(), environment) == "e"
    assert project_of(provider(), {"ANTHROPIC_VERTEX_PROJECT_ID": "f", "GOOGLE_CLOUD_PROJECT": ""}) == "f"
    assert project_of(provider(), {}) is None
