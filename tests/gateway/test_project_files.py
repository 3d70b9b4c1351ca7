"""Which files count for a session, and which are left alone."""

import os
from pathlib import Path

import pytest

from ccrouter.gateway.project_files import Folders, folder_name

SESSION = "6544e46b-40b0-436c-b7a4-54f3cb7f9647"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "router", tmp_path / "home" / ".claude", tmp_path / "home")
    for folder in (made.home, made.claude / "projects", made.user):
        folder.mkdir(parents=True, exist_ok=True)
    return made


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def look(folders: Folders, session: str | None, directory: Path | str | None) -> list[tuple[Path, bool]]:
    return [(file.path, file.trusted) for file in folders.look(session, None if directory is None else str(directory))]


def test_nothing_there(folders: Folders) -> None:
    assert look(folders, SESSION, folders.user / "nowhere") == []
    assert look(folders, None, None) == []


def test_ccrs_files_by_where_the_sessions_file_is(folders: Folders) -> None:
    write(folders.claude / "projects" / "-some-project" / f"{SESSION}.jsonl")
    write(folders.claude / "projects" / "-other" / "another.jsonl")
    write(folders.home / "-other" / "config.json")
    project = write(folders.home / "-some-project" / "config.json")
    session = write(folders.home / "-some-project" / f"{SESSION}.json")
    write(folders.home / "-some-project" / "another.json")
    assert look(folders, SESSION, None) == [(project, True), (session, True)]


def test_ccrs_files_by_the_working_directory_before_the_sessions_file_exists(folders: Folders) -> None:
    work = folders.user / "my app_1.0"
    name = folder_name(work)
    assert name.endswith("-home-my-app-1-0")
    project = write(folders.home / name / "config.json")
    assert look(folders, SESSION, work) == [(project, True)]
    assert look(folders, None, work) == [(project, True)]


def test_where_the_sessions_file_is_says_more_than_the_directory(folders: Folders) -> None:
    work = folders.user / "moved"
    write(folders.home / folder_name(work) / "config.json")
    write(folders.claude / "projects" / "-begun-here" / f"{SESSION}.jsonl")
    project = write(folders.home / "-begun-here" / "config.json")
    assert look(folders, SESSION, work) == [(project, True)]


@pytest.mark.parametrize("session", ["../../etc/x", "..", ".", "a/b", "", "a\0b", "x.json", "config"])
def test_session_ids_are_never_paths(folders: Folders, session: str) -> None:
    work = folders.user / "p"
    project = write(folders.home / folder_name(work) / "config.json")
    write(folders.home / "x.json")
    assert look(folders, session, work) == [(project, True)]


def test_a_projects_own_file_counts_least_and_the_nearest_is_taken(folders: Folders) -> None:
    root = folders.user / "code" / "app"
    (root / ".git").mkdir(parents=True)
    outer = write(root / ".ccrouter.json")
    work = root / "packages" / "a"
    work.mkdir(parents=True)
    assert look(folders, SESSION, work) == [(outer, False)]
    inner = write(work / ".ccrouter.json")
    project = write(folders.home / folder_name(work) / "config.json")
    assert look(folders, SESSION, work) == [(inner, False), (project, True)]


def test_it_is_not_looked_for_above_the_repository(folders: Folders) -> None:
    work = folders.user / "code" / "app"
    (work / ".git").mkdir(parents=True)
    write(folders.user / "code" / ".ccrouter.json")
    assert look(folders, SESSION, work) == []


def test_without_a_repository_up_to_home_and_outside_of_both_not_at_all(folders: Folders, tmp_path: Path) -> None:
    work = folders.user / "code" / "app"
    work.mkdir(parents=True)
    at_home = write(folders.user / ".ccrouter.json")
    write(tmp_path / ".ccrouter.json")
    assert look(folders, SESSION, work) == [(at_home, False)]
    outside = tmp_path / "shared" / "x"
    outside.mkdir(parents=True)
    write(tmp_path / "shared" / ".ccrouter.json")
    assert look(folders, SESSION, outside) == []
    own = write(outside / ".ccrouter.json")
    assert look(folders, SESSION, outside) == [(own, False)]


def test_a_link_out_of_the_project_is_not_followed_one_within_is(folders: Folders) -> None:
    work = folders.user / "app"
    (work / ".git").mkdir(parents=True)
    secret = write(folders.user / "secret.json")
    (work / ".ccrouter.json").symlink_to(secret)
    assert look(folders, SESSION, work) == []
    (work / ".ccrouter.json").unlink()
    write(work / "routes.json")
    (work / ".ccrouter.json").symlink_to("routes.json")
    assert look(folders, SESSION, work) == [(work / ".ccrouter.json", False)]


def test_what_is_no_ordinary_small_file_is_left_alone(folders: Folders) -> None:
    work = folders.user / "app"
    work.mkdir()
    os.mkfifo(work / ".ccrouter.json")
    assert look(folders, SESSION, work) == []
    (work / ".ccrouter.json").unlink()
    (work / ".ccrouter.json").mkdir()
    assert look(folders, SESSION, work) == []
    (work / ".ccrouter.json").rmdir()
    (work / ".ccrouter.json").write_bytes(b" " * 300_000)
    assert look(folders, SESSION, work) == []


@pytest.mark.parametrize("directory", ["relative/path", "C:\\Users\\me", "~", "/a\0b", "/" + "x" * 5000])
def test_odd_directories(folders: Folders, directory: str) -> None:
    assert look(folders, SESSION, directory) == []
