"""Files that only their owner may read, put in place as one step."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from foundation.private_file import open_to_others, write_private


def test_a_file_is_its_owners_from_the_first_moment(tmp_path: Path) -> None:
    file = tmp_path / "new" / "key.pem"
    write_private(file, b"secret")
    assert file.read_bytes() == b"secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [found.name for found in file.parent.iterdir()] == ["key.pem"]


def test_replacing_a_file_that_was_open_to_others_shuts_it(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(b"old")
    file.chmod(0o644)
    assert open_to_others(file)
    write_private(file, b"new")
    assert not open_to_others(file)


def test_whoever_reads_meanwhile_finds_the_old_or_the_new(tmp_path: Path) -> None:
    file, contents = tmp_path / "key.pem", (b"a" * 5000, b"b" * 9000)
    write_private(file, contents[0])

    def write() -> None:
        for number in range(100):
            write_private(file, contents[number % 2])

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert file.read_bytes() in contents
    assert [found.name for found in tmp_path.iterdir()] == ["key.pem"]


def test_what_cannot_be_written_leaves_the_old(tmp_path: Path) -> None:
    file = tmp_path / "folder"
    file.mkdir()
    (file / "inside").touch()
    with pytest.raises(OSError):
        write_private(file, b"new")
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def test_credentials_of_systemd_are_taken_for_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    for file in (credentials / "tls.key", tmp_path / "tls.key"):
        write_private(file, b"secret")
        file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert not open_to_others(credentials / "tls.key")
    assert open_to_others(tmp_path / "tls.key")
