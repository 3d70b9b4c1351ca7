"""Random values, and JSON5 and YAML texts of them with comments, spaces and spellings of every kind."""

import random
from typing import Any

import orjson

NAMES = ["Providers", "name", "a", "b_c", "$x", "models", "with space", "ü", "a/b", "~", "", "1"]
TEXTS = [
    "",
    "x",
    "deepseek,chat",
    "$KEY",
    "${A:-b}",
    "it's",
    'say "x"',
    "// no comment",
    "/* none */",
    "a\\b",
    "ü",
    "# x",
]
SCALARS: list[Any] = [None, True, False, 0, 1, -3, 2.5, *TEXTS]


def random_value(source: random.Random, depth: int = 0) -> Any:
    kind = source.randrange(3) if depth < 4 else 0
    if kind == 1:
        return [random_value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind == 2:
        return random_object(source, depth)
    return source.choice(SCALARS)


def random_object(source: random.Random, depth: int = 0) -> dict[str, Any]:
    return {name: random_value(source, depth + 1) for name in source.sample(NAMES, source.randrange(5))}


class Json5Writer:
    """Writes a value in a random spelling; each comment has a number of its own."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.count = 0
        self.newline = source.choice(["\n", "\n", "\r\n"])
        self.lines = source.random() < 0.8

    def blank(self) -> str:
        pieces = ["", " ", "  "]
        if self.lines:
            pieces += [self.newline, f"{self.newline}  ", f"{self.newline}\t", f"{self.newline}{self.newline}    "]
        text = self.source.choice(pieces)
        while self.source.random() < 0.2:
            self.count += 1
            if self.lines and self.source.random() < 0.5:
                text += f"// comment {self.count} \"'{{[,{self.newline}"
            else:
                inner = self.newline if self.lines and self.source.random() < 0.3 else " "
                text += f'/* comment {self.count},{inner}}}]" */'
            text += self.source.choice(pieces)
        return text

    def string(self, text: str) -> str:
        if self.source.random() < 0.3 and "'" not in text and "\\" not in text:
            return f"'{text}'"
        return orjson.dumps(text).decode()

    def key(self, name: str) -> str:
        return name if name in ("a", "b_c", "$x", "ü") and self.source.random() < 0.5 else self.string(name)

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            return self.brackets(
                "{}", [self.key(name) + self.blank() + ":" + self.blank() + self.value(value[name]) for name in value]
            )
        if isinstance(value, list):
            return self.brackets("[]", [self.value(item) for item in value])
        return self.string(value) if isinstance(value, str) else orjson.dumps(value).decode()

    def brackets(self, brackets: str, entries: list[str]) -> str:
        padded = [f"{self.blank()}{entry}{self.blank()}" for entry in entries]
        last = f",{self.blank()}" if entries and self.source.random() < 0.4 else ""
        return brackets[0] + (",".join(padded) or self.blank()) + last + brackets[1]

    def document(self, value: Any) -> str:
        return self.blank() + self.value(value) + self.blank()


def pointers(value: Any, pointer: str = "") -> list[str]:
    """The pointers to everything in `value`, the whole included."""
    found = [pointer]
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        found += pointers(entry, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    return found


class YamlWriter:
    """Writes a value as block YAML, some of it flow, with comments."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.count = 0
        self.step = source.choice([2, 2, 4])
        self.indentless = source.random() < 0.4

    def comment(self) -> str:
        if self.source.random() > 0.2:
            return ""
        self.count += 1
        return f"  # comment {self.count}"

    def above(self, indent: int) -> list[str]:
        if self.source.random() > 0.15:
            return []
        self.count += 1
        return [" " * indent + f"# comment {self.count}"]

    def block(self, value: Any, indent: int) -> list[str]:
        lines: list[str] = []
        for name in value if isinstance(value, dict) else range(len(value)):
            head = f"{orjson.dumps(name).decode()}:" if isinstance(value, dict) else "-"
            entry = value[name]
            lines += self.above(indent)
            flow = self.source.random() < 0.3
            if isinstance(entry, dict | list) and entry and not flow:
                deeper = (
                    indent
                    if isinstance(entry, list) and isinstance(value, dict) and self.indentless
                    else indent + self.step
                )
                inner = self.block(entry, deeper if isinstance(value, dict) else indent + 2)
                if isinstance(value, list) and not inner[0].lstrip().startswith("#") and self.source.random() < 0.7:
                    lines += [" " * indent + "- " + inner[0][indent + 2 :], *inner[1:]]
                else:
                    lines += [" " * indent + head + self.comment(), *inner]
            else:
                lines.append(" " * indent + f"{head} {orjson.dumps(entry).decode()}" + self.comment())
        return lines

    def document(self, value: Any) -> str:
        return "\n".join([*self.above(0), *self.block(value, 0), ""]) if value else "{}\n"
