"""Where a config's daemon would listen, also while the config is broken."""

from pathlib import Path

import pytest

from ccrouter.commands.address import configured_address


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{}", ("127.0.0.1", 3456)),
        ("{PORT: 8080, // comment\n}", ("127.0.0.1", 8080)),
        ('{"port": "$THE_PORT"}', ("127.0.0.1", 4000)),
        ('{"PORT": "${OTHER_PORT:-4001}"}', ("127.0.0.1", 4001)),
        ('{"PORT": "$DOTENV_PORT"}', ("127.0.0.1", 4002)),
        ('{"HOST": "0.0.0.0"}', ("127.0.0.1", 3456)),
        ('{"HOST": "0.0.0.0", "APIKEY": "k"}', ("0.0.0.0", 3456)),
        ('{"PORT": 8080, "Router": {"default": "nobody,x"}}', ("127.0.0.1", 8080)),
        ('{"PORT": "no number"}', ("127.0.0.1", 3456)),
        ("{PORT: ", None),
        ("[]", None),
    ],
)
def test_what_a_config_names(tmp_path: Path, content: str, expected: tuple[str, int] | None) -> None:
    config = tmp_path / "config.json"
    config.write_text(content)
    (tmp_path / ".env").write_text("DOTENV_PORT=4002\n")
    assert configured_address(config, {"THE_PORT": "4000"}) == expected


def test_service_port_wins_as_in_ccr(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"PORT": 1}')
    assert configured_address(config, {"SERVICE_PORT": "5000"}) == ("127.0.0.1", 5000)


def test_no_config_names_nothing(tmp_path: Path) -> None:
    assert configured_address(tmp_path / "config.json", {}) is None
