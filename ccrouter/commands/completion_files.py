"""Where a shell's completion is set up: a line in its start file, or for fish a file of ours; put there, taken away.

The line ends in MARK, by which it is known again; everything else in the file stays as it is, byte for byte.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ccrouter.frozen import frozen

Shell: TypeAlias = Literal["bash", "zsh", "fish"]
SHELLS: Final[tuple[Shell, ...]] = ("bash", "zsh", "fish")
MARK: Final = "# ccr completion --install"
LINES: Final[Mapping[str, str]] = {
    "bash": 'command -v ccr >/dev/null && eval "$(ccr completion bash)"',
    # Its script calls compdef, which is there only after compinit.
    "zsh": "command -v ccr >/dev/null && { (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }; "
    'eval "$(ccr completion zsh)"; }',
}


@frozen
class CompletionFile:
    """`file` is the shell's start file with our line in it, or (`whole`) a file that is ours altogether."""

    shell: Shell
    file: Path
    whole: bool = False

    @property
    def installed(self) -> bool:
        """Whether we have put it there."""
        return any(_is_ours(line) for line in _read(self.file).splitlines())

    def install(self, script: str) -> bool:
        """Put it there; False where it is there already. `script` is for the file that is ours. Raises OSError."""
        before = _read(self.file)
        if self.whole:
            after = f"{MARK}\n{script}".encode()
        elif f"ccr completion {self.shell}".encode() in before:
            return False
        else:
            ended = before if not before or before.endswith(b"\n") else before + b"\n"
            after = ended + f"{LINES[self.shell]} {MARK}\n".encode()
        if after == before:
            return False
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(after)  # in its place: it may be a link into a folder of dotfiles
        return True

    def remove(self) -> bool:
        """Take it away; False where it was not there. Raises OSError."""
        if not self.installed:
            return False
        if self.whole:
            self.file.unlink()
            return True
        lines = _read(self.file).splitlines(keepends=True)
        self.file.write_bytes(b"".join(line for line in lines if not _is_ours(line)))
        return True


def completion_file(shell: Shell, home: Path, environment: Mapping[str, str]) -> CompletionFile:
    """Where it is for a user with this home and environment."""
    if shell == "fish":
        folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        return CompletionFile(shell, folder / "fish" / "completions" / "ccr.fish", whole=True)
    folder = Path(environment.get("ZDOTDIR") or home) if shell == "zsh" else home
    return CompletionFile(shell, folder / f".{shell}rc")


def installed_files(home: Path, environment: Mapping[str, str]) -> list[CompletionFile]:
    """Every shell's that we have put there."""
    found = [completion_file(shell, home, environment) for shell in SHELLS]
    return [one for one in found if one.installed]


def remove_all(files: list[CompletionFile]) -> list[str]:
    """Take them away; a line for each that could not be."""
    failures: list[str] = []
    for one in files:
        try:
            one.remove()
        except OSError as error:
            failures.append(f"{one.file}: {error.strerror or error}")
    return failures


def users_shell(environment: Mapping[str, str]) -> Shell | None:
    """The user's own, by SHELL; None where it is none of those that are known."""
    name = Path(environment.get("SHELL", "")).name
    return next((shell for shell in SHELLS if shell == name), None)


def _is_ours(line: bytes) -> bool:
    return line.rstrip().endswith(MARK.encode())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
