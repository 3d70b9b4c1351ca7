"""`python -m tests.screenshots`: drives `ccr model` in tmux and draws each page as an image for docs/model.md."""

import os
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tests.commands.model.world import KEY, upstream, write_config
from tests.terminals.tmux import Tmux
from tests.upstreams.server import ThreadedServer

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
WIDE, SMALL = (80, 20), (60, 20)


def save(name: str, tmux: Tmux, size: tuple[int, int]) -> None:
    """The screen as it is now, with its colours, as `docs/images/NAME.svg`."""
    columns, lines = size
    console = Console(width=columns, height=lines, record=True, file=StringIO(), legacy_windows=False)
    # All at once: a style that a line begins with may be the one before it ended with.
    console.print(Text.from_ansi(tmux.screen(colours=True).rstrip("\n")), no_wrap=True, overflow="crop")
    for _ in range(lines - len(tmux.screen().rstrip("\n").split("\n"))):
        console.print()
    path = IMAGES / f"{name}.svg"
    path.write_text(console.export_svg(title="ccr model", unique_id=name), encoding="utf-8")
    print(path)


def main() -> None:
    """Walk through the pages."""
    IMAGES.mkdir(exist_ok=True)
    with ThreadedServer(upstream) as server, tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder), server.url)
        environment = {
            "HOME": folder,
            "PATH": os.environ["PATH"],
            "TERM": "screen-256color",
            "LANG": "C.UTF-8",
            "CCR_CONFIG": str(config),
            "DEEPSEEK_API_KEY": KEY,
        }
        command = [sys.executable, "-m", "ccrouter", "model"]
        with Tmux(command, environment, *WIDE) as tmux:
            walk(tmux)
        with Tmux(command, {**environment, "NO_COLOR": "1"}, *SMALL) as tmux:
            tmux.wait("ccr model · Routes", "q leave")
            tmux.press("p", "Enter")
            tmux.wait("Models of deepseek")
            save("model-small", tmux, SMALL)
            tmux.press("C-c")


def walk(tmux: Tmux) -> None:
    """Every page once."""
    tmux.wait("ccr model · Routes", "q leave")
    save("model-routes", tmux, WIDE)
    tmux.press("Down", "Down", "Enter")
    tmux.wait("Where does think go?")
    tmux.type("deep")
    tmux.press("Down")
    tmux.wait("filter: deep")
    save("model-choose", tmux, WIDE)
    tmux.press("Enter")
    tmux.wait("not written yet")
    tmux.press("t")
    tmux.wait("answered in")
    save("model-test", tmux, WIDE)
    tmux.press("p")
    tmux.wait("ccr model · Providers")
    save("model-providers", tmux, WIDE)
    tmux.press("f")
    tmux.wait("6 models that deepseek has")
    tmux.press("Down", "Down", "Space", "Down", "Space")
    tmux.wait("[x] deepseek-vl3")
    save("model-fetch", tmux, WIDE)
    tmux.press("Enter")
    tmux.wait("Models of deepseek")
    save("model-models", tmux, WIDE)
    tmux.press("Escape")
    tmux.wait("ccr model · Providers")
    tmux.press("a")
    tmux.wait("Add a provider")
    tmux.type("gro")
    tmux.wait("filter: gro")
    save("model-presets", tmux, WIDE)
    tmux.press("Enter")
    tmux.wait("The key of groq")
    save("model-key", tmux, WIDE)
    tmux.press("Enter")
    tmux.wait("Models of groq")
    tmux.press("w")
    tmux.wait("What is going to be written")
    save("model-review", tmux, WIDE)
    tmux.press("Enter")
    tmux.wait("is written.", "exit code 0")


if __name__ == "__main__":
    main()
