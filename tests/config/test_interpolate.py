from pathlib import Path

import pytest

from ccrouter.config.interpolate import Variables, interpolate, interpolate_text, named_variables
from ccrouter.config.read import read
from ccrouter.model.json import Json

ENVIRONMENT = {"A": "env", "EMPTY": "", "lower": "low", "WITH_DOLLAR": "$A"}
DOTENV = {"A": "file", "B": "file", "EMPTY": "from file"}


@pytest.mark.parametrize(
    ("text", "expected", "missing"),
    [
        ("plain", "plain", []),
        ("$A", "env", []),  # The process environment wins over .env.
        ("$B/${B}/x$B", "file/file/xfile", []),
        ("${lower} $lower", "low $lower", []),  # CCR: without braces only upper-case names.
        ("$EMPTY", "from file", []),
        ("$NONE", "$NONE", ["NONE"]),
        ("a ${NONE} b $NONE", "a ${NONE} b $NONE", ["NONE"]),
        ("${NONE:-default}", "default", []),
        ("${NONE:-}", "", []),
        ("${A:-default}", "env", []),
        ("${NONE:-http://x:1/-y}", "http://x:1/-y", []),
        ("${NONE:-$A}", "env", []),
        ("${NONE:-$OTHER}", "$OTHER", ["OTHER"]),
        ("$A_B$A", "$A_Benv", ["A_B"]),
        ("$5 $ ${} 100$", "$5 $ ${} 100$", []),
        ("$WITH_DOLLAR", "$A", []),  # Values are not looked into again.
    ],
)
def test_texts(text: str, expected: str, missing: list[str]) -> None:
    assert interpolate_text(text, ENVIRONMENT, DOTENV) == (expected, missing)


def test_every_text_of_a_document_but_no_key() -> None:
    document = read(b'{"$A": ["$A", {"x": "${B}"}], "n": 1,\n "k": "$NONE"}', Path("/h/config.json")).document
    assert document is not None
    result = interpolate(document, Variables(ENVIRONMENT, DOTENV, Path("/h/.env")))
    assert result.value == {"$A": ["env", {"x": "file"}], "n": 1, "k": "$NONE"}
    assert result.changed == {"/$A/0", "/$A/1/x"}
    assert result.unset == {"/k": "NONE"}
    (problem,) = result.problems
    assert str(problem) == (
        "/h/config.json:2:7 /k: the variable NONE is not set. Export it, or put NONE=… into /h/.env"
    )
    assert problem.severity == "warning"


def test_the_variables_that_a_config_names() -> None:
    value: Json = {"a": ["$A ${b}", 1, None], "$KEYS_ARE_NOT_READ": {"c": "${C:-$D} $lower ${C}"}, "e": "cost: 5$"}
    assert sorted(named_variables(value)) == ["A", "C", "D", "b"]
