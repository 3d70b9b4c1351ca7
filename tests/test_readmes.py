"""The Chinese pages say what the English ones say: the same commands, fields, defaults and links, in the same places.

Prose is free. What is compared is what a reader copies or looks up, so that a row which one page gets fails here until
the other has it, too.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from ccrouter.cli import COMMANDS
from ccrouter.config.schema import load_schema

ROOT = Path(__file__).parents[1]
CHINESE = {
    "README.md": "README.zh-CN.md",
    "docs/migrating.md": "docs/zh-CN/migrating.md",
    "docs/gemini-balance.md": "docs/zh-CN/gemini-balance.md",
    "docs/adding-providers.md": "docs/zh-CN/adding-providers.md",
    "docs/other-clients.md": "docs/zh-CN/other-clients.md",
    "docs/troubleshooting.md": "docs/zh-CN/troubleshooting.md",
}
ENGLISH = {chinese: english for english, chinese in CHINESE.items()}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SHELL_COMMENT = re.compile(r"(^|\s+)#.*$", re.MULTILINE)
SCENARIO = re.compile(r"^\d+\. \*\*([^*]+)\*\*", re.MULTILINE)
BULLET = re.compile(r"^- ", re.MULTILINE)
CELL_BORDER = re.compile(r"(?<!\\)\|")
PAIRS = pytest.mark.parametrize(("english", "chinese"), CHINESE.items())


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(text: str) -> str:
    """`text` without its code blocks."""
    return BLOCK.sub("", text)


def commands(text: str) -> list[tuple[str, str]]:
    """The code blocks with their languages; shell comments, which are translated, are left out."""
    return [(kind, SHELL_COMMENT.sub("", body) if kind == "sh" else body) for kind, body in BLOCK.findall(text)]


def tables(text: str) -> list[list[list[str]]]:
    """The cells of every table's rows, without the heads."""
    found: list[list[list[str]]] = []
    before = ""
    for line in prose(text).splitlines():
        if line.startswith("| ---"):
            found.append([])
        elif line.startswith("|") and before.startswith("|"):
            found[-1].append([cell.strip() for cell in CELL_BORDER.split(line)[1:-1]])
        before = line
    return found


def named(name: str) -> set[str]:
    """All code in the page's prose; a line may end within it."""
    return {" ".join(code.split()) for code in CODE.findall(prose(read(name)))}


def first_column(text: str) -> list[list[list[str]]]:
    """By table and row: the code in the first cell."""
    return [[CODE.findall(row[0]) for row in table] for table in tables(text)]


def defaults(text: str) -> list[list[str]]:
    """The fields' defaults, where they are values and not words."""
    rows = [row for table in tables(text) for row in table if len(row) == 3]
    return [re.findall(r"\d[\d.]*|true|false|info", row[1]) for row in rows]


def destinations(name: str) -> Counter[str]:
    """Where the page's links lead, seen from the project's folder; a Chinese page counts as its English one."""
    found: Counter[str] = Counter()
    for link in LINK.findall(prose(read(name))):
        if "://" in link:
            found[link] += 1
            continue
        path, _, heading = link.partition("#")
        inside = (ROOT / name).parent.joinpath(path).resolve().relative_to(ROOT).as_posix()
        if (ROOT / inside) != (ROOT / CHINESE.get(name, ENGLISH.get(name, ""))):  # not the links between the two
            found[ENGLISH.get(inside, inside) + (f"#{heading}" if heading else "")] += 1
    return found


@PAIRS
def test_the_same_commands_and_configs_to_copy(english: str, chinese: str) -> None:
    assert commands(read(chinese)) == commands(read(english))


@PAIRS
def test_the_same_rows_in_the_tables(english: str, chinese: str) -> None:
    assert first_column(read(chinese)) == first_column(read(english))
    assert [[len(row) for row in table] for table in tables(read(chinese))] == [
        [len(row) for row in table] for table in tables(read(english))
    ]


@PAIRS
def test_the_same_names_in_every_row(english: str, chinese: str) -> None:
    for theirs, ours in zip(tables(read(chinese)), tables(read(english)), strict=True):
        for their_row, our_row in zip(theirs, ours, strict=True):
            assert Counter(CODE.findall(" ".join(their_row))) == Counter(CODE.findall(" ".join(our_row)))


def test_the_same_defaults() -> None:
    assert defaults(read("README.zh-CN.md")) == defaults(read("README.md"))


@PAIRS
def test_the_same_names_in_the_prose(english: str, chinese: str) -> None:
    """Every field, file, header and command that one page names, the other names as well."""
    assert named(chinese) == named(english)


@PAIRS
def test_the_same_sections_and_entries_of_lists(english: str, chinese: str) -> None:
    levels = [
        [line.split(" ")[0] for line in prose(read(name)).splitlines() if line.startswith("#")]
        for name in (english, chinese)
    ]
    assert levels[0] == levels[1]
    assert SCENARIO.findall(read(chinese)) == SCENARIO.findall(read(english))
    assert len(BULLET.findall(read(chinese))) == len(BULLET.findall(read(english)))


@PAIRS
def test_the_same_links(english: str, chinese: str) -> None:
    assert destinations(chinese) == destinations(english)


@pytest.mark.parametrize("name", [*CHINESE, *ENGLISH])
def test_every_link_leads_to_a_file(name: str) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(prose(read(name))) if "://" not in link]
    assert [link for link in links if link and not ((ROOT / name).parent / link).exists()] == []


@PAIRS
def test_the_pages_lead_to_each_other(english: str, chinese: str) -> None:
    for here, there in ((english, chinese), (chinese, english)):
        top = "\n".join(read(here).splitlines()[:5])
        assert (ROOT / there).resolve() in [((ROOT / here).parent / link).resolve() for link in LINK.findall(top)]


def test_the_readme_names_every_command() -> None:
    shown = set(
        re.findall(r"`ccr ([a-z][a-z-]*)", "\n".join(row[0] for table in tables(read("README.md")) for row in table))
    )
    assert set(COMMANDS) - shown == set()


def test_the_readme_names_every_field_that_has_an_effect() -> None:
    schema = load_schema()
    rows = {name for table in first_column(read("README.md")) for row in table for name in row}
    other_names = {"$schema", "HTTPS_PROXY", "providers", "router", "port", "host", "log"}
    fields = {**schema["properties"], **schema["$defs"]["provider"]["properties"]}
    assert {name for name, node in fields.items() if "x-no-effect" not in node} - other_names - rows == set()


def test_a_row_that_one_page_lacks_is_found() -> None:
    text = read("README.md")
    row = next(line for line in text.splitlines() if line.startswith("| `rescue`"))
    assert first_column(text.replace(row + "\n", "")) != first_column(text)
    assert commands(text.replace("ccr init  ", "ccr init --yes  ")) != commands(text)
    assert commands(text.replace("# looks for", "# 查找")) == commands(text)
