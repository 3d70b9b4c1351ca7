"""Which proxy, if any."""

import pytest

from ccrouter.upstream.proxies import proxy_for

PROXY = "http://proxy.test:8080"


@pytest.mark.parametrize(
    ("url", "configured", "environment", "expected"),
    [
        ("https://api.test/v1", None, {}, None),
        ("https://api.test/v1", PROXY, {}, PROXY),
        ("https://api.test/v1", None, {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://api.test/v1", None, {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ("https://api.test/v1", None, {"HTTP_PROXY": PROXY}, None),
        ("http://api.test/v1", None, {"HTTP_PROXY": PROXY}, PROXY),
        ("http://api.test/v1", None, {"ALL_PROXY": PROXY}, PROXY),
        ("http://127.0.0.1:11434/v1", PROXY, {}, None),
        ("http://localhost:1234/v1", None, {"HTTP_PROXY": PROXY}, None),
        ("http://[::1]:1234/v1", PROXY, {}, None),
        ("https://api.test/v1", PROXY, {"NO_PROXY": "api.test"}, None),
        ("https://eu.api.test/v1", PROXY, {"no_proxy": "x, .api.test"}, None),
        ("https://eu.api.test/v1", PROXY, {"no_proxy": "api.test"}, None),
        ("https://notapi.test/v1", PROXY, {"no_proxy": "api.test"}, PROXY),
        ("https://api.test/v1", PROXY, {"no_proxy": "*"}, None),
        ("https://api.test/v1", PROXY, {"no_proxy": ""}, PROXY),
        ("https://api.test/v1", PROXY, {"no_proxy": ",,"}, PROXY),
    ],
)
def test_proxy_for(url: str, configured: str | None, environment: dict[str, str], expected: str | None) -> None:
    assert proxy_for(url, configured, environment) == expected
