"""Whose text counts, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from ccrouter.config.types import HINT_FAMILIES
from ccrouter.guidance_files import MAX_BYTES, read_guidance


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "hints"
    made.mkdir()
    return made


def test_ours_without_any_of_the_users(tmp_path: Path) -> None:
    read = read_guidance({}, tmp_path / "hints")
    assert set(read.texts) == {*HINT_FAMILIES} - {"other"}
    assert {str(guidance) for guidance in read.texts.values()} == {f"{family} (built in)" for family in read.texts}
    assert read.problems == ()
    assert read.sources == (tmp_path / "hints",)
    assert read_guidance({}, None).sources == ()


def test_a_named_file_counts_before_the_folder_and_the_folder_before_ours(folder: Path, tmp_path: Path) -> None:
    named = tmp_path / "mine.md"
    named.write_text("\ufeffNamed.\n", "utf-8")
    for family in ("gemini", "qwen", "other"):
        (folder / f"{family}.md").write_text(f"Mine for {family}.")
    read = read_guidance({"gemini": named}, folder)
    assert read.problems == ()
    assert read.texts["gemini"].text == "Named."
    assert read.texts["qwen"].text == "Mine for qwen."
    assert read.texts["other"].file == folder / "other.md"
    assert read.texts["glm"].file is None
    assert set(read.sources) == {folder, named, folder / "qwen.md", folder / "other.md"}


def test_an_empty_file_means_no_hints(folder: Path) -> None:
    (folder / "gpt.md").write_text(" \n")
    read = read_guidance({}, folder)
    assert "gpt" not in read.texts
    assert read.problems == ()
    assert folder / "gpt.md" in read.sources


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe", "is not UTF-8 text"), (b"x" * (MAX_BYTES + 1), "is larger than 64 KB"), (None, "cannot be read")],
)
def test_what_cannot_be_used_is_told(folder: Path, content: bytes | None, words: str) -> None:
    file = folder / "kimi.md"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    ours = read_guidance({}, None).texts["kimi"].text
    in_folder = read_guidance({}, folder)
    (problem,) = in_folder.problems
    assert problem.severity == "warning"
    assert words in problem.message
    assert in_folder.texts["kimi"].text == ours
    (problem,) = read_guidance({"kimi": file}, None).problems
    assert (problem.severity, problem.pointer) == ("error", "/hints/files/kimi")
    assert words in problem.message


def test_a_file_for_no_family_is_told(folder: Path) -> None:
    (folder / "grok.md").write_text("Mind the tools.")
    (folder / "notes.txt").write_text("mine")
    (problem,) = read_guidance({}, folder).problems
    assert problem.file == folder / "grok.md"
    assert "other.md" in str(problem.fix)
