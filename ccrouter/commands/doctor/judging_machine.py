"""Config, files, disk, daemon and Python judged. Pure."""

from collections.abc import Iterator
from typing import Final

from ccrouter.commands.doctor.facts import ConfigFacts, DaemonFacts, DiskFacts, FileFacts
from ccrouter.commands.doctor.findings import Finding
from ccrouter.daemon.control import Foreign, Health

CONFIG, FILES, DAEMON, PYTHON = "config", "files", "daemon", "python"

OTHERS_READ: Final = 0o077
OTHERS_WRITE: Final = 0o022
MEGABYTE: Final = 1024 * 1024
LITTLE_SPACE: Final = 200 * MEGABYTE
NO_SPACE: Final = 10 * MEGABYTE
LARGE_LOG: Final = 200 * MEGABYTE
"""Six files of 10 MB are what the daemon keeps."""
OLDEST_PYTHON: Final = (3, 11)


def judge_config(config: ConfigFacts) -> Iterator[Finding]:
    """Every problem that `ccr config check` would name."""
    if not config.exists:
        advice = "Set everything up: ccr init (or write a first config: ccr start)"
        yield Finding(CONFIG, "error", f"there is no config at {config.path}", advice)
        return
    for problem in config.problems:
        place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None) or str(config.path)
        where = f"{place} {problem.pointer}".strip()
        advice = f"{problem.fix} ({place})" if problem.fix else f"Correct {where}: {problem.message}"
        yield Finding(CONFIG, problem.severity, f"{where}: {problem.message}", advice)
    if not config.problems:
        yield Finding(CONFIG, "ok", f"{config.path} is good")


def judge_files(files: tuple[FileFacts, ...]) -> Iterator[Finding]:
    """Who else may read the secrets, or change what the daemon runs."""
    before = 0
    for file in files:
        if not file.mine:
            advice = f'Make it your own: sudo chown "$USER" {file.path}'
            yield Finding(FILES, "warning", f"{file.path} belongs to another user", advice)
        elif file.mode is None:
            continue
        elif file.mode & OTHERS_WRITE:
            what = "others may change files in" if file.folder else "others may change"
            advice = f"Keep them out: chmod go-w {file.path}"
            yield Finding(FILES, "error", f"{what} {file.path} (mode {file.mode:o})", advice)
        elif file.secret and file.mode & OTHERS_READ:
            advice = f"Keep them to yourself: chmod 600 {file.path}"
            yield Finding(FILES, "warning", f"others may read the keys in {file.path} (mode {file.mode:o})", advice)
        else:
            before += 1
    if before == len(files) and files:
        yield Finding(FILES, "ok", "nobody else can read the keys or change the config")


def judge_disk(disk: DiskFacts) -> Iterator[Finding]:
    """Space, and whether log and state can be written."""
    if not disk.writable:
        advice = f"Give yourself the right to write there: chmod u+rwx {disk.folder}"
        yield Finding(FILES, "error", f"nothing can be written in {disk.folder}", advice)
    if disk.log_problem is not None:
        advice = f"Remove or mend it: {disk.log}"
        yield Finding(FILES, "warning", f"the log cannot be written: {disk.log_problem}", advice)
    if disk.free is not None and disk.free < LITTLE_SPACE:
        level = "error" if disk.free < NO_SPACE else "warning"
        advice = f"Make room on the disk of {disk.folder}"
        yield Finding(FILES, level, f"only {disk.free // MEGABYTE} MB are free there", advice)
    if disk.log_size > LARGE_LOG:
        advice = f"Remove old log files beside {disk.log}"
        yield Finding(FILES, "warning", f"the log takes {disk.log_size // MEGABYTE} MB", advice)


def judge_daemon(daemon: DaemonFacts, config: str) -> Iterator[Finding]:
    """Who answers where the daemon would."""
    if daemon.state_forbidden:
        advice = "Run ccr as the user who started the daemon, or remove daemon.json"
        yield Finding(DAEMON, "error", "daemon.json may not be read: another user's daemon uses this folder", advice)
    match daemon.answer:
        case Health(endpoint, version, _):
            yield from _running(daemon, endpoint, version, config)
        case Foreign(hint, answered):
            who = daemon.holder or "another program"
            said = f" ({hint})" if hint else ""
            state = "is taken by" if answered else "is held, without an answer, by"
            advice = f"Stop {who}, or set PORT in {config} to a free port"
            yield Finding(DAEMON, "error", f"{daemon.endpoint} {state} {who}{said}", advice)
        case _:
            yield from _absent(daemon)


def _running(daemon: DaemonFacts, endpoint: str, version: str, config: str) -> Iterator[Finding]:
    if version != daemon.own_version:
        text = f"the daemon at {endpoint} is version {version}, this is {daemon.own_version}"
        yield Finding(DAEMON, "warning", text, "Start the new version: ccr restart")
    else:
        yield Finding(DAEMON, "ok", f"it runs at {endpoint}, version {version}")
    if daemon.config and daemon.config != config:
        text = f"the daemon serves {daemon.config}, not {config}"
        yield Finding(
            DAEMON, "warning", text, f"Name the config you mean, or serve this one: ccr restart --config {config}"
        )
    never = "your shell's variables never, as it is a service"
    environment = never if daemon.service else "its environment only with: ccr restart"
    for severity, text in daemon.problems:
        level = "error" if severity == "error" else "warning"
        advice = f"Mend it; the daemon reads the config and its .env again by itself, {environment}"
        yield Finding(DAEMON, level, f"the running daemon says: {text}", advice)


def _absent(daemon: DaemonFacts) -> Iterator[Finding]:
    if daemon.left_alive:
        text = f"process {daemon.left_pid} from daemon.json lives, but no daemon answers"
        yield Finding(DAEMON, "warning", text, "Start it anew: ccr restart")
    elif daemon.left_pid is not None:
        yield Finding(DAEMON, "note", f"not running; daemon.json is left of process {daemon.left_pid}, which is gone")
    else:
        yield Finding(DAEMON, "note", f"not running ({daemon.endpoint or 'no address'}); `ccr code` starts it")


def judge_python(python: tuple[int, int, int]) -> Iterator[Finding]:
    """The version that runs this."""
    shown = ".".join(str(part) for part in python)
    if python[:2] < OLDEST_PYTHON:
        advice = "Install ccrouter with Python 3.11 or newer"
        yield Finding(PYTHON, "error", f"Python {shown} is too old", advice)
    else:
        yield Finding(PYTHON, "ok", f"Python {shown}")
