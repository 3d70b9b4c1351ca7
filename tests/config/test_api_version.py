"""Azure's `api-version` as a field of its own, and the endpoint that comes of all three shapes of its URLs."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter import runtime
from ccrouter.config.types import Target

AZURE = "https://r.openai.azure.com"
CHAT = f"{AZURE}/openai/deployments/my-gpt/chat/completions"


@pytest.mark.parametrize(
    ("url", "version", "model", "endpoint"),
    [
        (AZURE, None, "my-gpt", f"{AZURE}/openai/v1/chat/completions"),
        (AZURE, "2024-10-21", "my-gpt", f"{CHAT}?api-version=2024-10-21"),
        (f"{AZURE}/", " preview ", "my-gpt", f"{AZURE}/openai/v1/chat/completions?api-version=preview"),
        (f"{AZURE}/openai/deployments/my-gpt", "2024-10-21", "gpt-4o", f"{CHAT}?api-version=2024-10-21"),
        (CHAT, "2024-10-21", "gpt-4o", f"{CHAT}?api-version=2024-10-21"),
        (f"{CHAT}?api-version=2024-06-01", "2024-10-21", "gpt-4o", f"{CHAT}?api-version=2024-06-01"),
        (f"{CHAT}?a=b", "2024-10-21", "gpt-4o", f"{CHAT}?a=b&api-version=2024-10-21"),
        (f"{AZURE}/openai/v1", None, "gpt-5-mini", f"{AZURE}/openai/v1/responses"),
        (f"{AZURE}/openai/v1", "preview", "gpt-5-mini", f"{AZURE}/openai/v1/responses?api-version=preview"),
        (AZURE, "2024-10-21", "gpt-5", f"{AZURE}/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21"),
    ],
)
def test_where_requests_go(url: str, version: str | None, model: str, endpoint: str, tmp_path: Path) -> None:
    provider: dict[str, Any] = {"name": "azure", "api_base_url": url, "api_key": "k", "models": [model]}
    if version is not None:
        provider["api_version"] = version
    path = tmp_path / "config.json"
    path.write_bytes(orjson.dumps({"Providers": [provider], "Router": {"default": f"azure,{model}"}}))
    built = runtime.build(path, {})
    assert built.service is not None, built.problems
    assert built.problems == ()
    pipeline = built.service.pipeline(Target("azure", model))
    sent = pipeline.dialect.url(pipeline.base_url, model=model, stream=True)
    assert sent == endpoint
    assert pipeline.dialect.headers("k", url=sent)["api-key"] == "k"
