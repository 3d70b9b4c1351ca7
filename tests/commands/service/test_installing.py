"""What can be known before anything is asked or written."""

from pathlib import Path

import pytest

from ccrouter.commands.service.installing import is_passing


@pytest.mark.parametrize(
    ("prefix", "passing"),
    [
        ("/home/a/.cache/uv/archive-v0/Zk3b0c_5Qh2", True),
        ("/home/a/.cache/uv/environments-v2/ccrouter-1f2e", True),
        ("/home/a/.local/share/uv/tools/ccrouter", False),
        ("/home/a/archive/.venv", False),
    ],
)
def test_an_environment_of_uvx_is_passing(prefix: str, passing: bool) -> None:
    assert is_passing(Path(prefix)) == passing
