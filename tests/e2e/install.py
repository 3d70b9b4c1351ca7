"""Installs the clients that the end-to-end tests drive: `python -m tests.e2e.install`.

Each Claude Code goes to `.e2e/claude-code-<version>/` under the project root, Codex to `.e2e/codex-<version>/`; what is
there already costs nothing. Where npm is missing, says so and succeeds: the tests then skip with the same reason."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".e2e"
PACKAGE = "@anthropic-ai/claude-code"
OLDER = "2.1.197"
"""The last version before hints, tool search and mid-conversation tool changes; still in wide use."""
NEWEST_FLOOR = "2.1.328"
"""npm's `latest` tag may name an older version; never test less than this one as the newest."""
CODEX = "@openai/codex"
CODEX_VERSION = "0.171.0"
ASK_SECONDS = 30
INSTALL_SECONDS = 600


def by_number(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing: `2.1.328` → (2, 1, 328)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def folder(version: str) -> Path:
    """Where a version is, or would be, installed."""
    return HOME / f"claude-code-{version}"


def binary(version: str) -> Path | None:
    """The client's executable, or None where it is not installed.

    npm puts the native executable into a package of its own for each platform; the wrapper's postinstall may have
    been skipped (`--ignore-scripts`), so the native one is asked for first."""
    modules = folder(version) / "node_modules"
    natives = sorted(modules.glob("@anthropic-ai/claude-code-*/claude*"))
    wrapper = modules / ".bin" / "claude"
    return next((path for path in (*natives, wrapper) if path.is_file()), None)


def codex() -> Path | None:
    """Codex's executable, or None where it is not installed."""
    modules = HOME / f"codex-{CODEX_VERSION}" / "node_modules"
    natives = sorted(modules.glob("@openai/codex-*/vendor/*/bin/codex"))
    return next((path for path in (*natives, modules / ".bin" / "codex") if path.is_file()), None)


def installed_newest() -> str:
    """The newest version that is installed, by number; the floor where none is."""
    found = [path.name.removeprefix("claude-code-") for path in HOME.glob("claude-code-*") if path.is_dir()]
    newer = [version for version in found if by_number(version) >= by_number(NEWEST_FLOOR) and binary(version)]
    return max(newer, key=by_number, default=NEWEST_FLOOR)


def versions() -> tuple[str, str]:
    """The two versions the tests run: the older generation and the newest."""
    return OLDER, installed_newest()


def _newest(npm: str) -> str:
    asked = subprocess.run(
        [npm, "view", PACKAGE, "version"], capture_output=True, text=True, timeout=ASK_SECONDS, check=False
    )
    answer = asked.stdout.strip()
    return max(answer, NEWEST_FLOOR, key=by_number) if asked.returncode == 0 and answer else NEWEST_FLOOR


def _install(npm: str, package: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "package.json").write_text('{"private": true}\n')
    command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", package]
    subprocess.run(command, cwd=target, timeout=INSTALL_SECONDS, check=True)


def _missing(npm: str) -> Iterator[tuple[str, Path]]:
    """What to install, and where."""
    if binary(OLDER) is None:
        yield f"{PACKAGE}@{OLDER}", folder(OLDER)
    # With a new enough version there, the registry is not asked again: the second run is quick and works offline.
    if binary(installed_newest()) is None:
        newest = _newest(npm)
        yield f"{PACKAGE}@{newest}", folder(newest)
    if codex() is None:
        yield f"{CODEX}@{CODEX_VERSION}", HOME / f"codex-{CODEX_VERSION}"


def main() -> int:
    """Exit code 0 also where npm is missing; the failing command's where an installation fails."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stdout.write("npm is not here: the tests with real clients will be skipped.\n")
        return 0
    for package, target in _missing(npm):
        sys.stdout.write(f"installing {package} into {target}\n")
        sys.stdout.flush()
        try:
            _install(npm, package, target)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            sys.stdout.write(f"npm could not install {package}: {error}\n")
            return 1
    for version in versions():
        sys.stdout.write(f"Claude Code {version}: {binary(version) or 'not installed'}\n")
    sys.stdout.write(f"Codex {CODEX_VERSION}: {codex() or 'not installed'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
