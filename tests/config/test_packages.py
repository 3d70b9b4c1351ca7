"""Presets from folders and zip files: what is taken, what is refused."""

import stat
import zipfile
from pathlib import Path

import pytest

from ccrouter.config import packages
from ccrouter.config.packages import PackageError, read_package, write_package


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_folder_and_a_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(b"{}")
    (folder / ".env").write_text("KEY=secret")
    for source in (folder, folder / "manifest.json"):
        assert (read_package(source).name, read_package(source).manifest) == ("mine", b"{}")


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ({"manifest.json": b"{1}"}, "file"),
        ({"mine-main/README.md": b"x", "mine-main/manifest.json": b"{1}"}, "mine-main"),
        ({"a/manifest.json": b"{2}", "manifest.json": b"{1}"}, "file"),
    ],
)
def test_a_zip_file(tmp_path: Path, entries: dict[str, bytes], name: str) -> None:
    package = read_package(zipped(tmp_path / "file.zip", entries))
    assert (package.name, package.manifest) == (name, b"{1}")


@pytest.mark.parametrize("evil", ["../evil", "/etc/passwd", "a/../../evil", "..\\evil", "C:/evil", "C:\\evil"])
def test_an_archive_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, evil: str) -> None:
    (tmp_path / "in").mkdir()
    source = zipped(tmp_path / "in" / "file.zip", {"manifest.json": b"{}", evil: b"x"})
    with pytest.raises(PackageError, match="leads out of the folder"):
        read_package(source)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file.zip", "in"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    source = zipped(tmp_path / "file.zip", {"manifest.json": b" " * (packages.MAX_MANIFEST_BYTES * 20)})
    assert source.stat().st_size < 100_000
    with pytest.raises(PackageError, match="larger than 1 MB"):
        read_package(source)


def test_a_link_in_the_archive_is_only_its_text(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("manifest.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "file.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert read_package(tmp_path / "file.zip").manifest == b"/etc/passwd"


def test_what_is_no_preset_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "manifest.json").write_bytes(b" " * (packages.MAX_MANIFEST_BYTES + 1))
    zipped(tmp_path / "none.zip", {"deep/er/manifest.json": b"{}", "x": b""})
    for name, told in (
        ("empty", r"There is no manifest\.json"),
        ("text.zip", "is not a zip file"),
        ("big", "larger than 1 MB"),
        ("none.zip", r"There is no manifest\.json"),
        ("nowhere", "There is no folder or zip file"),
    ):
        with pytest.raises(PackageError, match=told):
            read_package(tmp_path / name)
    monkeypatch.setattr(packages, "MAX_ENTRIES", 1)
    with pytest.raises(PackageError, match="more than 1 files"):
        read_package(zipped(tmp_path / "many.zip", {"manifest.json": b"{}", "x": b""}))


@pytest.mark.parametrize("name", ["out.zip", "folder"])
def test_what_is_written_is_read_again_and_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    write_package(tmp_path / name, "mine", b'{"a": 1}')
    assert read_package(tmp_path / name).manifest == b'{"a": 1}'
    with pytest.raises(PackageError, match="is there already"):
        write_package(tmp_path / name, "mine", b"{}")
