"""Numbers as CCR writes them."""

import pytest

from ccrouter.statusline.variables import folder_name
from ccrouter.statusline.wording import dollars, duration, tokens


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0"), (999, "999"), (1000, "1000"), (1001, "1.0k"), (12_250, "12.3k"), (1e6, "1000.0k")]
)
def test_tokens(count: float, words: str) -> None:
    assert tokens(count) == words


@pytest.mark.parametrize(
    ("amount", "words"), [(0.005, "0.50¢"), (0.0099, "0.99¢"), (0.01, "$0.01"), (0.155, "$0.16"), (12.3, "$12.30")]
)
def test_dollars(amount: float, words: str) -> None:
    assert dollars(amount) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0ms"),
        (850, "850ms"),
        (3200, "3.2s"),
        (59_949, "59.9s"),
        (59_999, "1m0s"),
        (65_000, "1m5s"),
        (119_900, "2m0s"),
    ],
)
def test_duration(milliseconds: float, words: str) -> None:
    assert duration(milliseconds) == words


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/a/b", "b"),
        ("/a/b/", "b"),
        ("C:\\a\\b", "b"),
        ("C:\\", "C:"),
        ("/", "/"),
        ("", ""),
        ("b", "b"),
        ("\\\\h\\s\\ü", "ü"),
    ],
)
def test_the_name_of_a_folder(folder: str, name: str) -> None:
    assert folder_name(folder) == name
