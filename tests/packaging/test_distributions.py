"""What a wheel and a source distribution hold: every file that the program reads besides its modules."""

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

builders = pytest.importorskip("hatchling.build", reason="the build backend is not installed")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where a build frontend calls its hooks


def source_files(folder: Path) -> set[str]:
    """Every file below `folder` that belongs to the project, relative to the root."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix() for path in files}


@pytest.mark.usefixtures("in_the_project")
def test_the_wheel_holds_the_package_its_data_and_the_schemas(tmp_path: Path) -> None:
    name = builders.build_wheel(str(tmp_path))
    with ZipFile(tmp_path / name) as wheel:
        names = set(wheel.namelist())
        ranks = wheel.read("ccrouter/data/cl100k_base.ranks.z")
        entry_points = wheel.read(next(name for name in names if name.endswith("/entry_points.txt"))).decode()
    expected = source_files(ROOT / "ccrouter") | {f"ccrouter/{name}" for name in source_files(ROOT / "schemas")}
    packaged = {name for name in names if ".dist-info/" not in name}
    assert packaged == expected
    assert ranks == (ROOT / "ccrouter/data/cl100k_base.ranks.z").read_bytes()
    assert "ccr = ccrouter.entry:main" in entry_points


@pytest.mark.usefixtures("in_the_project")
def test_the_source_distribution_holds_what_a_wheel_is_built_from(tmp_path: Path) -> None:
    name = builders.build_sdist(str(tmp_path))
    with tarfile.open(tmp_path / name) as archive:
        members = {member.partition("/")[2] for member in archive.getnames()}
    wanted = source_files(ROOT / "ccrouter") | source_files(ROOT / "schemas")
    assert wanted <= members
    assert {"pyproject.toml", "README.md", "LICENSE", "config.example.json"} <= members
    assert not [member for member in members if member.endswith(".whl") or ".e2e" in member]
