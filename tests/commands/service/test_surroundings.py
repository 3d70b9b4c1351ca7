"""What of the shell a service is given, and what it lacks."""

import pytest

from ccrouter.commands.service.surroundings import Surroundings, lacking, surroundings


def test_what_the_daemon_reads_is_given_and_nothing_else() -> None:
    shell = {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "OPENROUTER_API_KEY": "sk-secret",
        "GOOGLE_CLOUD_PROJECT": "p",
        "SSL_CERT_FILE": "",
        "https_proxy": "http://proxy:3128",
        "CCR_ADMIN_TOKEN": "t",
        "PYTHONPATH": "/evil",
    }
    given = {"PATH": "/bin", "GOOGLE_CLOUD_PROJECT": "p", "https_proxy": "http://proxy:3128"}
    assert surroundings(shell) == Surroundings(given)


@pytest.mark.parametrize("url", ["http://u:p@proxy:1", "u:p@proxy:1", "http://token@proxy", "http://[::1:p@x"])
def test_a_proxy_with_a_password_is_withheld(url: str) -> None:
    assert surroundings({"HTTPS_PROXY": url, "http_proxy": "http://plain:1"}) == Surroundings(
        {"http_proxy": "http://plain:1"}, ("HTTPS_PROXY",)
    )


def test_what_has_another_value_or_none_is_lacking() -> None:
    shell = {"A": "1", "B": "2", "C": "3", "D": "4", "EMPTY": "", "UNNAMED": "5"}
    service = {"B": "2", "C": "other", "EMPTY": "x"}
    dotenv = {"D": "4", "C": "3"}
    named = ["A", "B", "C", "D", "EMPTY", "UNSET"]
    assert lacking(named, shell, service, dotenv) == {"A": "1", "C": "3"}
