"""`ccr test`, and what a failing routing test keeps from happening."""

import json

from tests.commands.conftest import Ccr

GOOD = {"name": "thinking thinks", "request": {"thinking": True}, "route": "think", "target": "mock,m-think"}
BAD = {"name": "pictures", "request": {"image": True}, "route": "image"}
ROUTES = {"default": "mock,m-text", "think": "mock,m-think"}


def test_a_line_each_and_the_exit_code(ccr: Ccr) -> None:
    ccr.write_config(Router=ROUTES, tests=[GOOD, BAD])
    answer = ccr.run("test")
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    assert lines[0] == 'pass  1 "thinking thinks": think mock,m-think'
    assert lines[1] == 'FAIL  2 "pictures" (line 1): default mock,m-text'
    assert "      expected image" in lines
    assert "      image: Router.image is not configured" in lines
    assert lines[-1] == "1 of 2 pass"

    told = json.loads(ccr.run("test", "--json").stdout)
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [test["passed"] for test in told["tests"]] == [True, False]
    assert told["tests"][1]["reason"] == "an ordinary request"

    ccr.write_config(Router=ROUTES, tests=[GOOD])
    assert ccr.run("test").returncode == 0


def test_without_tests_it_says_so(ccr: Ccr) -> None:
    answer = ccr.run("test")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert 'has no "tests"' in answer.stderr


def test_a_config_that_fails_one_is_refused(ccr: Ccr) -> None:
    ccr.write_config(Router=ROUTES, tests=[GOOD, BAD])
    answer = ccr.run("config", "check")
    assert answer.returncode == 1
    assert "it expects image, and gives default mock,m-text" in answer.stdout
    assert "Router.image is not configured" in answer.stdout
