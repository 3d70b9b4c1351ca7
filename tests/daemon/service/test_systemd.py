"""What `systemctl` prints, understood. The lines are systemd 252's own."""

import pytest

from ccrouter.daemon.service.systemd import shell_value


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("/home/ada", "/home/ada"),
        ("/home/李", "/home/李"),
        ("$'/home/a b'", "/home/a b"),
        (r"""$'it\'s $HOME \\ "x"'""", 'it\'s $HOME \\ "x"'),
        (r"$'a\tb\n\001'", "a\tb\n\x01"),
        ("$'", "$'"),
    ],
)
def test_values_of_the_environment(shown: str, value: str) -> None:
    assert shell_value(shown) == value
