"""`ccr model` in a real terminal."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.model.world import CONFIG, KEY, upstream, write_config
from tests.terminals.tmux import AVAILABLE, Tmux
from tests.upstreams.server import ThreadedServer

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="needs tmux")
Open = Callable[..., Tmux]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    with ThreadedServer(upstream) as server:
        yield write_config(tmp_path, server.url)


@pytest.fixture
def terminal(config: Path) -> Iterator[Open]:
    opened: list[Tmux] = []

    def open_(*arguments: str, columns: int = 80, lines: int = 24, **more: str) -> Tmux:
        environment = {
            "HOME": str(config.parent),
            "PATH": os.environ["PATH"],
            "TERM": "screen-256color",
            "LANG": "C.UTF-8",
            "CCR_CONFIG": str(config),
            "DEEPSEEK_API_KEY": KEY,
            **more,
        }
        opened.append(Tmux([sys.executable, "-m", "ccrouter", "model", *arguments], environment, columns, lines))
        return opened[-1]

    yield open_
    for tmux in opened:
        tmux.__exit__(None, None, None)


def test_from_a_filter_to_the_file(config: Path, terminal: Open) -> None:
    before = config.read_text()
    tmux = terminal()
    tmux.wait("ccr model · Routes", "deepseek,deepseek-chat")
    tmux.press("Down", "Down", "Enter")
    tmux.wait("Where does think go?")
    tmux.type("reas")
    tmux.press("C-t")
    tmux.wait("deepseek,deepseek-reasoner answered in 0.", '"OK"')
    tmux.press("Enter")
    tmux.wait("think goes to deepseek,deepseek-reasoner (not written yet: w)")
    tmux.press("p", "f")
    tmux.wait("6 models that deepseek has")
    tmux.type("coder")
    tmux.press("Enter")
    tmux.wait("Models of deepseek", "deepseek-coder-v3")
    assert config.read_text() == before
    tmux.press("w")
    tmux.wait(
        "What is going to be written", '+    think: "deepseek,deepseek-reasoner",', '+        "deepseek-coder-v3",'
    )
    tmux.press("Enter")
    tmux.wait("is written.", "Backup: ", "The daemon is not running: ccr start", "exit code 0")
    meant = before.replace(
        '        "deepseek-reasoner",\n', '        "deepseek-reasoner",\n        "deepseek-coder-v3",\n'
    )
    meant = meant.replace("// costs nothing\n", '// costs nothing\n    think: "deepseek,deepseek-reasoner",\n')
    assert config.read_text() == meant


def test_ctrl_c_leaves_the_file_as_it_is(config: Path, terminal: Open) -> None:
    before = config.read_bytes()
    tmux = terminal(columns=60, lines=20)
    tmux.wait("ccr model · Routes", "q leave")
    tmux.press("Down", "d")
    tmux.wait("not written yet")
    tmux.press("C-c")
    tmux.wait("Nothing was written.", "exit code 130")
    assert config.read_bytes() == before
    assert list(config.parent.glob("*.bak")) == []


def test_without_colours(terminal: Open) -> None:
    tmux = terminal(NO_COLOR="1")
    tmux.wait("ccr model · Routes", "q leave")
    coloured = tmux.screen(colours=True)
    assert re.search(r"\x1b\[([0-9]+;)*7m", coloured), "the cursor is to be seen all the same"
    assert re.search(r"\x1b\[([0-9]+;)*(3[0-7]|9[0-7])m", coloured) is None
    tmux.press("p")
    tmux.wait("ccr model · Providers")


def test_an_escape_sequence_is_one_key_and_a_failure_is_told(config: Path, terminal: Open) -> None:
    tmux = terminal(DEEPSEEK_API_KEY="sk-wrong-0123456789abcdef")
    tmux.wait("ccr model · Routes", "q leave")
    tmux.press("t")
    tmux.wait("failed after 0.", "Authentication Fails")
    assert "sk-wrong-0123456789abcdef" not in tmux.screen()
    tmux.press("p", "Escape", "q")
    tmux.wait("exit code 0")
    assert config.read_text().startswith(CONFIG[:40])


def address(config: Path) -> str:
    found = re.search(r'api_base_url: "([^"]+)"', config.read_text())
    assert found is not None
    return found[1]


def test_a_new_provider_is_tested(config: Path, terminal: Open) -> None:
    before = config.read_text()
    tmux = terminal()
    tmux.wait("ccr model · Routes")
    for key, title in (("wrong-key-0123456789", "lab does not work"), (KEY, "lab is added, and works")):
        tmux.press("p", "a")
        tmux.wait("Add a provider")
        tmux.type("zzzz")
        tmux.press("Enter")
        tmux.wait("A provider of your own")
        tmux.type("lab")
        tmux.press("Enter")
        tmux.wait("The address of lab")
        tmux.type(address(config))
        tmux.press("Enter")
        tmux.wait("The key of lab")
        tmux.type(key)
        tmux.press("Enter")
        tmux.wait("The models of lab")
        tmux.type("deepseek-chat")
        tmux.press("Enter")
        tmux.wait(title)
        if key != KEY:
            tmux.wait("Wrong key: 127.0.0.1:", "Check the key")
            tmux.press("d")
            tmux.wait("lab is taken away again")
            tmux.press("Escape")
            tmux.wait("ccr model · Routes")
    assert config.read_text() == before


def test_a_new_provider_is_tested_by_plain_questions(config: Path, terminal: Open) -> None:
    tmux = terminal("--plain", lines=120)
    screen = tmux.wait("What do you want to change?", "add a provider")
    add = next(line.split()[0] for line in screen.splitlines() if line.strip().endswith(" add a provider"))
    tmux.type(f"{add}\r")
    tmux.wait("Which one? A number, or a name of your own")
    tmux.type("lab\r")
    tmux.wait("Its address")
    tmux.type(f"{address(config)}\r")
    tmux.wait("Key, or $NAME")
    tmux.type("wrong-key-0123456789\r")
    tmux.wait("Its models")
    tmux.type("deepseek-chat\r")
    tmux.wait("Test it now? [Y/n]")
    tmux.type("\r")
    tmux.wait("Wrong key: 127.0.0.1:", "Add it all the same? [y/N]")
    tmux.type("\r")
    tmux.wait("What do you want to change?")
    assert '"lab"' not in config.read_text()


def test_plain_questions(config: Path, terminal: Open) -> None:
    tmux = terminal("--plain")
    tmux.wait("What do you want to change?")
    tmux.type("3\r")
    tmux.wait("Which model?")
    tmux.type("2\r")
    tmux.wait("think: deepseek,deepseek-reasoner")
    screen = tmux.screen()
    write = next(line.split()[0] for line in screen.splitlines() if line.strip().endswith(" write"))
    tmux.type(f"{write}\r")
    tmux.wait("The config is written.", "exit code 0")
    assert 'think: "deepseek,deepseek-reasoner",' in config.read_text()
