from pathlib import Path

import pytest

from ccrouter.config.dotenv import parse_dotenv

FILE = Path("/home/u/.env")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# comment\n\n  # another\n", {}),
        ("A=1\nB = two words  \n", {"A": "1", "B": "two words"}),
        ("export A=1\r\nexport\tB=2\r\n", {"A": "1", "B": "2"}),
        ("A=a # comment\nB=a#b\nC=#\n", {"A": "a", "B": "a#b", "C": ""}),
        ("A='a # $B \\n' # comment\n", {"A": "a # $B \\n"}),
        ('A="a\\nb\\t\\"c\\" \\\\ \\$D \\q"\n', {"A": 'a\nb\t"c" \\ $D \\q'}),
        ('KEY="-----BEGIN\nabc\n-----END"\nB=1', {"KEY": "-----BEGIN\nabc\n-----END", "B": "1"}),
        ("A=\nB=x=y\n", {"A": "", "B": "x=y"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("a.b-c=1", {"a.b-c": "1"}),
    ],
)
def test_variables(text: str, expected: dict[str, str]) -> None:
    result = parse_dotenv(text, FILE)
    assert result.variables == expected
    assert result.problems == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nsk-secret\nB=2", 2),
        ("A=1\nC='secret\nB=2", 2),
        ('A=1\n\nC="secret" x\nB=2', 3),
        ("A=1\n1C=secret\nB=2", 2),
    ],
)
def test_a_line_that_cannot_be_read_is_told_without_its_text(text: str, line: int) -> None:
    result = parse_dotenv(text, FILE)
    assert result.variables == {"A": "1", "B": "2"}
    (problem,) = result.problems
    assert (problem.severity, problem.file, problem.line) == ("warning", FILE, line)
    assert "secret" not in str(problem)


def test_lines_are_counted_past_a_quoted_text_of_several() -> None:
    (problem,) = parse_dotenv('A="1\n2\n3"\nbad\n', FILE).problems
    assert problem.line == 4
