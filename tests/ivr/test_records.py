"""Call records as files that outlast a power cut."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundation.language import Language
from ivr import journal, records
from ivr.records import LONGEST, CallRecord, Result

START = datetime(2026, 2, 3, 1, 0, tzinfo=UTC)


def made(now: datetime = START + timedelta(seconds=2)) -> tuple[CallRecord, list[float]]:
    seconds = [100.0]
    record = CallRecord("call-1", "13800001111", START, now=lambda: now, clock=lambda: seconds[0])
    return record, seconds


def test_a_record_tells_who_called_when_and_what_happened() -> None:
    record, seconds = made()
    record.prompt("main.greeting")
    seconds[0] += 1.234
    record.key("3", private=False)
    record.key("5", private=True)
    record.event("case accepted")
    assert record.finished(Result.HUNG_UP, Language.EN) == {
        "call_id": "call-1",
        "start": "2026-02-03T01:00:00.000+00:00",
        "answer": "2026-02-03T01:00:02.000+00:00",
        "end": "2026-02-03T01:00:02.000+00:00",
        "caller": "13800001111",
        "language": "en",
        "result": "hung_up",
        "timeline": [
            {"t": 0.0, "prompt": "main.greeting"},
            {"t": 1.23, "key": "3"},
            {"t": 1.23, "key": "•"},
            {"t": 1.23, "event": "case accepted"},
        ],
    }


def test_a_caller_who_presses_keys_for_ever_does_not_fill_the_disk() -> None:
    record, _ = made()
    for _ in range(LONGEST + 50):
        record.key("1", private=False)
    timeline = record.finished(Result.HUNG_UP, Language.EN)["timeline"]
    assert isinstance(timeline, list)
    assert len(timeline) == LONGEST + 1
    assert timeline[-1]["event"] == "timeline cut"


def test_records_are_lines_that_only_their_owner_can_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "calls.jsonl"
    records.write(file, {"call_id": "1", "caller": "王"})
    records.write(file, {"call_id": "2"})
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == [
        {"call_id": "1", "caller": "王"},
        {"call_id": "2"},
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_line_that_a_power_cut_left_unfinished_costs_no_other(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_bytes(b'{"call_id":"1"}\n{"call_id":"2","ca')
    journal.append(file, {"call_id": "3"})
    assert file.read_bytes() == b'{"call_id":"1"}\n{"call_id":"2","ca\n{"call_id":"3"}\n'


def test_several_processes_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    program = (
        "import sys; from pathlib import Path; from ivr import journal\n"
        "for n in range(50): journal.append(Path(sys.argv[1]), {'from': sys.argv[2], 'text': 'x' * 3000})"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(file), name], cwd=Path(__file__).parents[2])
        for name in "ab"
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert sorted(line["from"] for line in lines) == ["a"] * 50 + ["b"] * 50


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        journal.append(tmp_path / "file" / "calls.jsonl", {})
