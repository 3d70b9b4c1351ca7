"""Overrides as requests meet them: read once, looked at once a second, told when wrong."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccrouter.config.types import Config, ProviderConfig, RouterConfig, Target, TransformerUse
from ccrouter.gateway import overriding
from ccrouter.gateway.overriding import ProjectOverrides
from ccrouter.gateway.project_files import Folders, Found
from ccrouter.gateway.types import Service
from ccrouter.pipeline.build import Pipeline

A, B, C = Target("p", "a"), Target("p", "b"), Target("p", "c")
CONFIG = Config((ProviderConfig("p", "http://127.0.0.1:1", models=("a", "b", "c")),), RouterConfig(default=A, think=A))


def no_pipeline(target: Target, use: tuple[TransformerUse, ...] = (), *, guided: bool = False) -> Pipeline:
    raise NotImplementedError


SERVICE = Service(CONFIG, no_pipeline)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Counting(Folders):
    looks: list[object]

    def look(self, session_id: str | None, directory: str | None) -> tuple[Found, ...]:
        self.looks.append((session_id, directory))
        return super().look(session_id, directory)


@dataclass
class Scene:
    folders: Counting
    clock: Clock
    overrides: ProjectOverrides
    work: Path

    async def default(
        self, session: str | None = "s", *, told: bool = True, service: Service = SERVICE
    ) -> Target | None:
        self.clock.now += 1.5
        overlay = await self.overrides.over(service, session, str(self.work) if told else None)
        return (service if overlay is None else overlay.service).config.router.default


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    work = tmp_path / "home" / "app"
    work.mkdir(parents=True)
    folders = Counting(tmp_path / "router", tmp_path / "home" / ".claude", tmp_path / "home", [])
    clock = Clock()
    return Scene(folders, clock, ProjectOverrides(folders, clock), work)


def write(path: Path, default: str) -> None:
    path.write_text(f'{{ Router: {{ default: "{default}" }} }}')


async def test_a_file_counts_when_it_appears_changes_and_goes(scene: Scene) -> None:
    file = scene.work / ".ccrouter.json"
    assert await scene.default() == A
    write(file, "p,b")
    assert await scene.default() == B
    write(file, "p,c ")
    assert await scene.default() == C
    file.unlink()
    assert await scene.default() == A


async def test_between_two_looks_nothing_touches_the_disk_and_an_unchanged_file_is_not_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scene.work / ".ccrouter.json", "p,b")
    first = await scene.overrides.over(SERVICE, "s", str(scene.work))
    reads: list[Found] = []
    monkeypatch.setattr(overriding, "_read", lambda file, config: reads.append(file))
    for _ in range(50):
        scene.clock.now += 0.01
        assert await scene.overrides.over(SERVICE, "s", str(scene.work)) is first
    assert len(scene.folders.looks) == 1
    scene.clock.now += 1
    assert await scene.overrides.over(SERVICE, "s", str(scene.work)) is first
    assert len(scene.folders.looks) == 2
    assert reads == []


async def test_requests_that_do_not_tell_their_directory_have_their_sessions(scene: Scene) -> None:
    write(scene.work / ".ccrouter.json", "p,b")
    assert await scene.default("s", told=False) == A
    assert await scene.default("s") == B
    assert await scene.default("s", told=False) == B
    assert await scene.default("other", told=False) == A
    assert await scene.default(None, told=False) == A
    assert await scene.default(None) == B


async def test_a_reloaded_configuration_is_laid_under_anew(scene: Scene) -> None:
    write(scene.work / ".ccrouter.json", "p,b")
    assert await scene.default() == B
    fewer = Service(
        Config((ProviderConfig("p", "http://127.0.0.1:1", models=("c",)),), RouterConfig(default=C)), no_pipeline
    )
    assert await scene.default(service=fewer) == C
    (problem,) = scene.overrides.notices.problems()
    assert '"p,b" is not listed' in str(problem)


async def test_mistakes_are_told_once_until_they_are_mended(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    file = scene.work / ".ccrouter.json"
    write(file, "nobody,x")
    for _ in range(3):
        assert await scene.default() == A
        assert await scene.default("another") == A
    (problem,) = scene.overrides.notices.problems()
    assert (problem.file, problem.line) == (file, 1)
    assert len([record for record in caplog.records if "nobody" in record.getMessage()]) == 1
    write(file, "p,b")
    assert await scene.default() == B
    assert scene.overrides.notices.problems() == ()
    write(file, "nobody,x")
    await scene.default()
    file.unlink()
    assert scene.overrides.notices.problems() == ()


async def test_the_sessions_file_goes_over_the_projects_and_that_over_the_repositorys(scene: Scene) -> None:
    write(scene.work / ".ccrouter.json", "p,b")
    folder = scene.folders.home / str(scene.work).replace("/", "-").replace("_", "-")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{ Router: { think: "p,b" } }')
    (folder / "s.json").write_text('{ Router: { default: "p,c" } }')
    overlay = await scene.overrides.over(SERVICE, "s", str(scene.work))
    assert overlay is not None
    router = overlay.service.config.router
    assert (router.default, router.think) == (C, B)
    assert overlay.origins.file_of("default") == folder / "s.json"
    assert overlay.origins.file_of("think") == folder / "config.json"
    assert overlay.origins.file_of("image") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read(scene: Scene) -> None:
    file = scene.work / ".ccrouter.json"
    write(file, "p,b")
    file.chmod(0)
    assert await scene.default() == A
    assert "cannot be read" in str(scene.overrides.notices.problems())


async def test_what_is_remembered_is_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overriding, "REMEMBERED", 5)
    for number in range(20):
        await scene.default(f"s{number}")
    assert len(scene.overrides._known) == 5
    assert len(scene.overrides._directories) == 5
