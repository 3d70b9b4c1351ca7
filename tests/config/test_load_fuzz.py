"""Configs that somebody broke in any way give problems, never an exception; and never a Config with an error."""

import random
from pathlib import Path
from typing import Any

import orjson

from ccrouter.config.load import Loaded, load_config
from ccrouter.config.read import read
from ccrouter.runtime import known_names

ROOT = Path(__file__).parents[2]
DOCUMENTED = Path(__file__).parent / "documented"
KNOWN = known_names({}, user_files_loaded=False)
ODD: list[Any] = [
    *(None, True, False, 0, -1, 3.5, 1e308, 2**70),
    *("", " ", ",", "/", "a,b", "a/b", "$X", "${X:-}", "${", "\0", "\n", "ü😀", "..", "x" * 5000),
    *("http://[", "http://x:99999999999", "~nobody/x"),
    *([], [[]], [None], ["a"], ["maxtoken", {}], [["maxtoken"]], ["a", "b", "c"]),
    *({}, {"use": 1}, {"": ""}, {"a": {"b": []}}),
]


def check(loaded: Loaded) -> None:
    failed = any(problem.severity == "error" for problem in loaded.problems)
    assert (loaded.config is None) == failed
    for problem in loaded.problems:
        assert str(problem)
        assert problem.file is not None or "SERVICE_PORT" in problem.message


def seeded() -> random.Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


def sample(name: str) -> Any:
    path = ROOT / name if name == "config.example.json" else DOCUMENTED / name
    document = read(path.read_bytes(), path).document
    assert document is not None
    return document.value


def mutate(value: Any, source: random.Random) -> Any:
    """`value` with one place of it changed."""
    if isinstance(value, dict) and value and source.random() < 0.9:
        name = source.choice(list(value))
        kind = source.randrange(5)
        if kind == 0:
            return {
                **value,
                source.choice(["providers", "Router", "name", "", "use", "x~/y", "PORT"]): source.choice(ODD),
            }
        if kind == 1:
            return {(name.swapcase() if key == name else key): item for key, item in value.items()}
        return {**value, name: mutate(value[name], source)}
    if isinstance(value, list) and value and source.random() < 0.9:
        index = source.randrange(len(value))
        return [*value[:index], mutate(value[index], source), *value[index + source.randrange(2) :]]
    return source.choice(ODD)


def test_mutated_values(tmp_path: Path) -> None:
    source = seeded()
    samples = [sample(name) for name in ("config.example.json", "readme.json", "ui.json")]
    path = tmp_path / "config.json"
    for _ in range(400):
        value = source.choice(samples)
        for _ in range(source.randrange(1, 6)):
            value = mutate(value, source)
        try:
            data = orjson.dumps(value)
        except TypeError:  # 2**70 is JSON, but not orjson's.
            continue
        path.write_bytes(data)
        check(load_config(path, environment={"X": source.choice(["", "1", "a,b"])}, known=KNOWN))


def test_mutated_texts(tmp_path: Path) -> None:
    source = seeded()
    texts = [(ROOT / "config.example.json").read_bytes(), (DOCUMENTED / "ui.json").read_bytes()]
    pieces = [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"'",
        b"//",
        b"/*",
        b"*/",
        b"\\",
        b"$",
        b"${",
        b"\n",
        b"\xff",
        b"1",
    ]
    for _ in range(300):
        path = tmp_path / source.choice(["config.json", "config.yaml"])
        data = bytearray(source.choice(texts))
        for _ in range(source.randrange(1, 4)):
            start = source.randrange(len(data))
            data[start : start + source.choice([0, 0, 1, 1, 2, 40])] = source.choice([b"", *pieces])
        path.write_bytes(bytes(data))
        check(load_config(path, environment={}, known=KNOWN))
