"""The dictionary is compiled once, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from kiosk.input import librime
from kiosk.input.deploy import TIME_LIMIT, deploy, main
from kiosk.input.errors import DeploymentFailed, DictionaryMissing


@pytest.fixture(autouse=True)
def own_cache(cache: Path, dictionary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def test_is_found_quickly_where_it_is_there(dictionary: Path) -> None:
    start = time.perf_counter()
    assert deploy() == dictionary
    assert time.perf_counter() - start < 0.2


def test_other_word_lists_are_compiled_anew_and_a_broken_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word list of nonsense: librime refuses, and the cache keeps nothing half done."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shared = tmp_path / "shared"
    shared.mkdir()
    shutil.copy(librime.SHARED_DATA / "essay.txt", shared)
    (shared / "luna_pinyin.dict.yaml").write_text("\x00 no dictionary: [", "utf-8")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with pytest.raises(DeploymentFailed, match="rime-data-luna-pinyin"):
        deploy(shared)
    assert not list((tmp_path / "tmp").glob("rime*"))
    assert list((tmp_path / "cache" / "huimin" / "pinyin").iterdir()) == []


def test_folders_of_a_compiler_that_was_cut_off_are_removed(cache: Path, dictionary: Path) -> None:
    old, new = (Path(tempfile.mkdtemp(dir=dictionary.parent, prefix="part-")) for _ in range(2))
    (old / "build").mkdir()
    begun = time.time() - TIME_LIMIT - 60
    os.utime(old, (begun, begun))
    assert deploy() == dictionary
    assert new.exists()  # another process may be compiling there
    assert not old.exists()
    new.rmdir()


def test_missing_word_lists_are_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DictionaryMissing, match="apt install"):
        deploy(tmp_path)
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "huimin").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DeploymentFailed, match="cannot be kept there"):
        deploy()


def test_the_command_prepares_and_says_where(dictionary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == str(dictionary)
    assert all(Path(line).exists() for line in said)


def test_the_command_ends_with_one_sentence_where_it_cannot(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kiosk.input.deploy", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "apt install" in run.stderr
