"""The dialogue in a terminal, and the command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from ivr.console import Kind, Step, step
from tests.ivr.county import County
from tests.ivr.people import IDENTITY

COMMAND = Path(sys.executable).with_name("huimin-ivr")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("1", Step(Kind.KEYS, "1")),
        (" 1 2 3#\n", Step(Kind.KEYS, "123#")),
        ("^9", Step(Kind.INTERRUPT, "9")),
        ("~", Step(Kind.SILENCE)),
        ("!", Step(Kind.HANG_UP)),
        ("王小民", Step(Kind.SPEECH, "王小民")),
        ("call 12345", Step(Kind.SPEECH, "call 12345")),
        ("", None),
        ("  \n", None),
    ],
)
def test_what_a_line_of_input_means(line: str, meant: Step | None) -> None:
    assert step(line) == meant


def test_a_line_is_not_longer_than_anybody_speaks() -> None:
    spoken = step("a" * 100_000)
    assert spoken is not None
    assert len(spoken.text) == 2000


def console(county: County, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "--console", "--backend", county.address, "--data", folder],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_whole_form_is_sent_from_a_script_through_a_pipe(county: County, tmp_path: Path) -> None:
    """The recording is what espeak-ng makes of the text, so that the attachment is a real sound."""
    before = set(county.references())
    script = "\n".join(
        ["2 1 1 1 1", "王小民", "1", f"{IDENTITY} 1", "13800001111 1 000042 1 # 20260203 1", "12*50 1 5 1",
         "1 2 # 1 #", "1", "*", "!"]
    )  # fmt: skip
    done = console(county, tmp_path, script)
    assert done.returncode == 0, done.stderr
    (reference,) = set(county.references()) - before
    assert "[sent.reference] 您的办件编号是：" in done.stdout
    assert f"{reference[:4]}-{reference[4:8]}-{reference[8:]}" in done.stdout
    assert '> "王小民" #' in done.stdout
    (recording,) = [answer.recording for answer in county.submission(reference).answers if answer.recording]
    sound = tmp_path / "answer.wav"
    sound.write_bytes(county.attachment(recording))
    with wave.open(str(sound)) as file:
        assert file.getframerate() == 8000
        assert 0.5 < file.getnframes() / 8000 < 5
    (record,) = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text("utf-8").splitlines()]
    assert record["result"] == "hung_up"
    assert {"t", "prompt"} == set(record["timeline"][0])


def test_the_end_of_the_input_hangs_up(county: County, tmp_path: Path) -> None:
    done = console(county, tmp_path, "8\n1\n")
    assert done.stdout.splitlines()[-1] == "(hung up by the caller)"
    assert "[policies.topics] Which topic?" in done.stdout


def test_somebody_at_a_terminal_has_time_to_type(county: County, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "--console", "--backend", county.address, "--data", tmp_path], stdin=slave, stdout=slave
    ) as held:
        os.close(slave)
        said = b""
        while b"[main.person]" not in said:
            said += os.read(master, 4096)
        os.write(master, b"4\n")
        while b"[notices.keys]" not in said:
            said += os.read(master, 4096)
        os.write(master, b"!\n")
        assert held.wait(20) == 0
    os.close(master)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--sip", "nowhere"], "write an IPv4 address and a port, such as 127.0.0.1:5060"),
        (["--person", "office"], "write one such as sip:office@192.0.2.10:5060"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--nothing"], "No such option"),
    ],
)
def test_a_mistake_in_the_command_is_told_in_a_sentence(
    options: list[str], complaint: str, tmp_path: Path
) -> None:
    done = subprocess.run([COMMAND, *options], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_configuration_is_read_from_a_file_and_from_the_environment(
    county: County, tmp_path: Path
) -> None:
    file = tmp_path / "huimin.toml"
    file.write_text(
        f'[ivr]\nbackend = "{county.address}"\ndata = "{tmp_path}"\n\n[ivr.timing]\nfirst_key = 0.2\n'
    )
    environment = os.environ | {"HUIMIN_IVR_RECORDS": str(tmp_path / "elsewhere.jsonl")}
    done = subprocess.run(
        [COMMAND, "--console", "--config", file],
        input="~\n~\n~\n~\n~\n~\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[end.goodbye]" in done.stdout
    assert json.loads((tmp_path / "elsewhere.jsonl").read_text("utf-8"))["result"] == "goodbye"


@pytest.mark.parametrize(("option", "name"), [("--data", "ivr.data"), ("--recordings", "ivr.recordings")])
def test_a_folder_that_cannot_be_used_is_named_before_anybody_calls(
    tmp_path: Path, option: str, name: str
) -> None:
    """Otherwise callers would leave messages that nobody keeps."""
    (tmp_path / "file").touch()
    done = subprocess.run(
        [COMMAND, "--sip", "127.0.0.1:0", "--data", tmp_path, option, tmp_path / "file" / "folder"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert name in done.stderr
    assert "Traceback" not in done.stderr
