"""A preset as it comes: a folder or a zip file. Only its manifest is ever taken, so nothing else can land anywhere."""

import zipfile
from pathlib import Path, PurePosixPath

from ccrouter.config.manifest import MANIFEST
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

MAX_MANIFEST_BYTES = 1024 * 1024
MAX_ZIP_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 10_000


class PackageError(CCRouterError):
    """What was given is no preset that can be installed; str() says why."""


@frozen
class Package:
    """The bytes of a manifest and what the preset would be called after its file."""

    manifest: bytes
    name: str


def read_package(source: Path) -> Package:
    """The preset in a folder, a zip file or a manifest itself. Raises PackageError."""
    try:
        if source.is_dir():
            return Package(_bounded(source / MANIFEST), source.resolve().name)
        if source.suffix.lower() == ".json":
            folder = source.resolve().parent.name
            return Package(_bounded(source), folder if source.name == MANIFEST else source.stem)
        if source.is_file():
            return _from_zip(source)
    except OSError as error:
        raise PackageError(f"{error.filename or source} cannot be read: {error.strerror or error}.") from error
    raise PackageError(f"There is no folder or zip file {source}.")


def _bounded(path: Path) -> bytes:
    if not path.is_file():
        raise PackageError(f"There is no {path.name} in {path.parent}: a preset is a folder with one.")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise PackageError(f"{path} is larger than {MAX_MANIFEST_BYTES // 2**20} MB.")
    return path.read_bytes()


def _from_zip(source: Path) -> Package:
    """The manifest at the top of the archive, or in its one folder (as GitHub packs a repository)."""
    if source.stat().st_size > MAX_ZIP_BYTES:
        raise PackageError(f"{source} is larger than {MAX_ZIP_BYTES // 2**20} MB.")
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise PackageError(f"{source} holds more than {MAX_ENTRIES:,} files.")
            for entry in entries:
                _check_name(entry.filename, source)
            found = [entry for entry in entries if _is_manifest(entry.filename)]
            if not found:
                raise PackageError(f"There is no {MANIFEST} in {source}.")
            manifest = min(found, key=lambda entry: entry.filename.count("/"))
            with archive.open(manifest) as file:
                # What the archive says about the size proves nothing: no more than this is ever unpacked.
                content = file.read(MAX_MANIFEST_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise PackageError(f"{source} is not a zip file that can be read: {error}.") from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise PackageError(f"The {MANIFEST} in {source} is larger than {MAX_MANIFEST_BYTES // 2**20} MB.")
    folder = PurePosixPath(manifest.filename).parent.name
    return Package(content, folder or source.stem)


def _is_manifest(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name == MANIFEST and len(path.parts) <= 2


def _check_name(name: str, source: Path) -> None:
    """Nothing is unpacked by name; an archive that tries to leave its folder is refused all the same."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts[0] if path.parts else ""):
        raise PackageError(f"{source} is refused: its entry '{name}' leads out of the folder.")


def write_package(target: Path, name: str, manifest: bytes) -> None:
    """Write a manifest for others: into a new zip file where `target` ends so, else into a new folder.

    Raises PackageError.
    """
    try:
        if target.suffix.lower() == ".zip":
            with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{name}/{MANIFEST}", manifest)
        else:
            target.mkdir(parents=True)
            (target / MANIFEST).write_bytes(manifest)
    except FileExistsError as error:
        raise PackageError(f"{target} is there already.") from error
    except OSError as error:
        raise PackageError(f"{target} cannot be written: {error.strerror or error}.") from error
