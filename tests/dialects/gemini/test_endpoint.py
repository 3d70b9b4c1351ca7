"""Every way to write a base URL; never a key in a URL."""

import pytest

from ccrouter.dialects.gemini import GEMINI

HOST = "https://generativelanguage.googleapis.com"


@pytest.mark.parametrize(
    "base",
    [
        f"{HOST}/v1beta/models/",  # CCR's spelling
        f"{HOST}/v1beta/models",
        f"{HOST}/v1beta/",
        f"{HOST}/v1beta",
        f"{HOST}/",
        HOST,
        f" {HOST}/v1beta/models/ ",
        f"{HOST}/v1beta/models/gemini-1.5-pro:generateContent",
        f"{HOST}/v1beta/models/gemini-1.5-pro:streamGenerateContent?alt=sse",
        f"{HOST}/v1beta/models/?key=AIzaSecret",
    ],
)
def test_base_urls(base: str) -> None:
    stream = GEMINI.url(base, model="gemini-3-pro-preview", stream=True)
    assert stream == f"{HOST}/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse"
    whole = GEMINI.url(base, model="models/gemini-2.5-pro", stream=False)
    assert whole == f"{HOST}/v1beta/models/gemini-2.5-pro:generateContent"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/models/m:generateContent"),
        ("http://127.0.0.1:8000/gemini/v1beta", "http://127.0.0.1:8000/gemini/v1beta/models/m:generateContent"),
        ("http://127.0.0.1:8000/relay", "http://127.0.0.1:8000/relay/v1beta/models/m:generateContent"),
        ("http://h/v1beta?team=a&alt=json", "http://h/v1beta/models/m:generateContent?team=a"),
        (
            "https://h/v1/projects/p/locations/l/publishers/google",
            "https://h/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
        ),
    ],
)
def test_other_hosts(base: str, url: str) -> None:
    assert GEMINI.url(base, model="m", stream=False) == url


def test_a_models_name_cannot_leave_its_place() -> None:
    url = GEMINI.url(HOST, model="../x?key=1#y", stream=False)
    assert url == f"{HOST}/v1beta/models/..%2Fx%3Fkey%3D1%23y:generateContent"


def test_the_key_goes_into_a_header() -> None:
    assert GEMINI.headers("AIza", url=HOST) == {"content-type": "application/json", "x-goog-api-key": "AIza"}
    assert GEMINI.headers("ya29.token", url=HOST)["authorization"] == "Bearer ya29.token"
    assert GEMINI.headers(None, url=HOST) == {"content-type": "application/json"}
