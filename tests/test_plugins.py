import sys
from pathlib import Path

import pytest

from ccrouter.api import Transformer
from ccrouter.config.problems import Problem
from ccrouter.config.types import UserTransformer
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.plugins import load_transformers, with_defaults
from ccrouter.transformers.base import Transformer as Base
from ccrouter.transformers.registry import find

GOOD = '''
from dataclasses import dataclass, replace
from ccrouter.api import Context, Quirks, Request, Transformer

@dataclass
class Settings:
    cap: int = 0

class Shout(Transformer):
    """Says it loud."""
    name = "shout"
    options_schema = {"type": "object", "required": ["word", "mark"]}

    def quirks(self, quirks: Quirks) -> Quirks:
        return replace(quirks, max_tokens_cap=self.options.get("cap", 1))

class Whisper(Transformer):
    name = "whisper"

class _Shared(Transformer):
    pass
'''


def written(folder: Path, source: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(source)
    return path


def problem_of(path: Path) -> Problem:
    found, problems = load_transformers([UserTransformer(path)])
    assert found == {}
    (problem,) = problems
    assert problem.severity == "error"
    assert problem.file == path
    assert problem.pointer == "/transformers/0"
    return problem


def test_every_named_class_of_a_file_is_loaded(tmp_path: Path) -> None:
    found, problems = load_transformers([UserTransformer(written(tmp_path, GOOD))])
    assert problems == []
    assert sorted(found) == ["shout", "whisper"]
    assert found["shout"]({"cap": 5}).quirks(Quirks()).max_tokens_cap == 5


def test_the_entrys_options_are_defaults_and_the_use_lists_go_over_them(tmp_path: Path) -> None:
    options: JsonObject = {"cap": 7, "word": "x"}
    found, problems = load_transformers([UserTransformer(written(tmp_path, GOOD), options)])
    assert problems == []
    shout = found["shout"]
    assert shout().options == options
    assert shout({"word": "y", "z": 1}).options == {"cap": 7, "word": "y", "z": 1}
    assert (shout.name, shout.__name__, shout.__doc__) == ("shout", "Shout", "Says it loud.")
    assert shout.options_schema == {"type": "object", "required": ["mark"]}
    assert shout.wire is Base.wire, "a hook that the class does not override must still cost nothing"
    assert shout.quirks is not Base.quirks


def test_a_class_with_its_own_init_gets_the_merged_options() -> None:
    class Own(Transformer):
        name = "own"

        def __init__(self, options: JsonObject | None = None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
            super().__init__(options)
            self.seen = dict(self.options)

    made = with_defaults(Own, {"a": 1, "b": 2})({"b": 3})
    assert isinstance(made, Own)
    assert made.seen == {"a": 1, "b": 3}
    assert with_defaults(Own, {}) is Own


def test_it_replaces_a_built_in_of_its_name(tmp_path: Path) -> None:
    source = "from ccrouter.api import Transformer\nclass Mine(Transformer):\n    name = 'groq'\n"
    found, _ = load_transformers([UserTransformer(written(tmp_path, source))])
    assert find("groq", found) is found["groq"]


def test_of_two_with_one_name_the_later_counts_and_is_warned_of(tmp_path: Path) -> None:
    source = "from ccrouter.api import Transformer\nclass Mine(Transformer):\n    name = 'x'\n    part = {}\n"
    first = written(tmp_path, source.format(1), "first.py")
    second = written(tmp_path, source.format(2), "second.py")
    found, problems = load_transformers([UserTransformer(first), UserTransformer(second)])
    assert vars(found["x"])["part"] == 2
    (problem,) = problems
    assert (problem.severity, problem.file, problem.pointer) == ("warning", second, "/transformers/1")
    assert "'x' is defined twice" in problem.message


def test_files_called_alike_stay_apart(tmp_path: Path) -> None:
    paths: list[Path] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        source = f"from ccrouter.api import Transformer\nclass T(Transformer):\n    name = '{name}'\n"
        paths.append(written(tmp_path / name, source))
    found, problems = load_transformers([UserTransformer(path) for path in paths])
    assert problems == []
    assert {name: sys.modules[found[name].__module__].__file__ for name in "ab"} == {
        "a": str(paths[0]),
        "b": str(paths[1]),
    }


def test_a_reload_sees_changes_and_a_broken_one_leaves_the_old_alone(tmp_path: Path) -> None:
    source = "from ccrouter.api import Transformer\nclass T(Transformer):\n    name = 't'\n    version = {}\n"
    path = written(tmp_path, source.format(1))
    before, _ = load_transformers([UserTransformer(path)])
    path.write_text(source.format(2))  # within the same second, and of the same length
    after, _ = load_transformers([UserTransformer(path)])
    assert (vars(before["t"])["version"], vars(after["t"])["version"]) == (1, 2)
    path.write_text("1/0")
    module = sys.modules[after["t"].__module__]
    assert "ZeroDivisionError" in problem_of(path).message
    assert sys.modules[after["t"].__module__] is module
    assert not (tmp_path / "__pycache__").exists()


def test_good_files_load_beside_bad_ones(tmp_path: Path) -> None:
    bad, good = written(tmp_path, "(", "bad.py"), written(tmp_path, GOOD, "good.py")
    found, problems = load_transformers([UserTransformer(bad), UserTransformer(good)])
    assert sorted(found) == ["shout", "whisper"]
    assert [problem.file for problem in problems] == [bad]


def test_missing_file_and_directory(tmp_path: Path) -> None:
    assert "there is no such file" in problem_of(tmp_path / "no.py").message
    assert "is a directory" in problem_of(tmp_path).message


def test_syntax_error_names_its_line(tmp_path: Path) -> None:
    problem = problem_of(written(tmp_path, "x = 1\ny = 2\nclass (\n"))
    assert problem.line == 3
    assert str(problem).startswith(f"{tmp_path / 'mine.py'}:3 /transformers/0: the file is not valid Python")


@pytest.mark.parametrize("name", ["gemini-cli.js", "x.CJS", "x.mjs", "x.ts"])
def test_javascript_is_told_where_to_read_on(tmp_path: Path, name: str) -> None:
    problem = problem_of(written(tmp_path, "module.exports = class {}", name))
    assert "JavaScript" in problem.message
    assert "docs/porting-transformers.md" in (problem.fix or "")
    assert (Path(__file__).parents[1] / "docs/porting-transformers.md").is_file()


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("\nraise ValueError('no')", "ValueError: no", 2),
        ("import sys\nsys.exit(3)", "SystemExit: 3", 2),
        ("def f():\n    raise RuntimeError\nf()", "RuntimeError", 2),
        ("import no_such_module_at_all", "ModuleNotFoundError", 1),
        ("from ccrouter.api import no_such_name", "ImportError", 1),
        ("class E(Exception):\n    def __str__(self): return 1/0\nraise E()", "loaded: E", 3),
        ("exec('(')", "not valid Python", None),
    ],
)
def test_whatever_a_file_raises_becomes_a_problem(tmp_path: Path, source: str, message: str, line: int | None) -> None:
    modules = set(sys.modules)
    problem = problem_of(written(tmp_path, source))
    assert message in problem.message
    assert problem.line == line
    assert not {name for name in set(sys.modules) - modules if name.startswith("ccrouter_user_")}


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("x = 1", "defines no transformer"),
        ("from ccrouter.api import Transformer", "defines no transformer"),
        ("from ccrouter.transformers.groq import Groq", "defines no transformer"),
        ("from ccrouter.api import Transformer\nclass T(Transformer): pass", "(T has no `name`)"),
        ("class T:\n    name = 't'", "defines no transformer"),
    ],
)
def test_a_file_without_a_transformer_is_told(tmp_path: Path, source: str, hint: str) -> None:
    problem = problem_of(written(tmp_path, source))
    assert hint in problem.message
    assert problem.fix == "Define a class that derives from ccrouter.api.Transformer and has a `name`."


def test_not_text_at_all(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\xff\xfe\x00\x00")
    assert problem_of(path).message
