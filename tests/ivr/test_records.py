"""Call records as files that outlast a power cut."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundation.language import Language
from ivr.records import journal, under_way
from ivr.records.files import RecordFiles
from ivr.records.record import LONGEST, CallRecord, Result
from ivr.records.under_way import InUse, UnderWay
from ivr.settings import CallerKept, IvrSettings

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
    journal.append(file, {"call_id": "1", "caller": "王"})
    journal.append(file, {"call_id": "2"})
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
        "import sys; from pathlib import Path; from ivr.records import journal\n"
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


def written_ago(file: Path, days: float) -> str:
    """Makes a file one that was written last so many days ago; the day, by the county's clock."""
    then = datetime.now(UTC) - timedelta(days=days)
    os.utime(file, (then.timestamp(), then.timestamp()))
    return then.astimezone(IvrSettings().time_zone).date().isoformat()


def test_each_day_has_a_file_of_its_own(tmp_path: Path) -> None:
    files = RecordFiles(IvrSettings(data=tmp_path))
    files.write({"call_id": "1", "caller": ""})
    day = written_ago(tmp_path / "calls.jsonl", 1)
    files.write({"call_id": "2", "caller": ""})
    assert '"1"' in (tmp_path / f"calls-{day}.jsonl").read_text()
    assert '"2"' in (tmp_path / "calls.jsonl").read_text()
    written_ago(tmp_path / "calls.jsonl", 1)
    files.remove_old()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"calls-{day}-2.jsonl", f"calls-{day}.jsonl"]


def test_records_go_when_their_time_is_over_and_nothing_else_does(tmp_path: Path) -> None:
    files = RecordFiles(IvrSettings(data=tmp_path, records_days=30))
    for days in (40, 31, 30, 0):
        files.write({"call_id": str(days), "caller": ""})
        if days:
            written_ago(tmp_path / "calls.jsonl", days)
    strangers = {"calls-old.jsonl", "calls-2020-01-01.txt", "other-2020-01-01.jsonl"}
    for name in strangers:
        (tmp_path / name).write_text("")
    files.remove_old()
    left = {path.name for path in tmp_path.iterdir()} - strangers
    assert len(left) == 2 and len(list(tmp_path.iterdir())) == 5
    assert [json.loads(line)["call_id"] for name in sorted(left) for line in (tmp_path / name).open()] == [
        "30",
        "0",
    ]


async def test_they_go_by_themselves_while_the_line_runs(tmp_path: Path) -> None:
    files = RecordFiles(IvrSettings(data=tmp_path, records_days=1))
    files.write({"call_id": "1", "caller": ""})
    written_ago(tmp_path / "calls.jsonl", 3)
    tidying = asyncio.create_task(files.tidy())
    async with asyncio.timeout(5):
        while list(tmp_path.iterdir()):  # noqa: ASYNC110 (a folder wakes nobody)
            await asyncio.sleep(0.01)
    tidying.cancel()


def test_no_record_is_lost_where_several_processes_come_to_a_new_day(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    program = (
        "import os, sys; from datetime import UTC; from pathlib import Path\n"
        "from ivr.records import journal\n"
        "file = Path(sys.argv[1])\n"
        "for n in range(40):\n"
        "    journal.append(file, {'from': sys.argv[2], 'n': n}, UTC)\n"
        "    try: os.utime(file, (n * 1e7, n * 1e7))\n"
        "    except FileNotFoundError: pass"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(file), name], cwd=Path(__file__).parents[2])
        for name in "ab"
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    assert len(list(tmp_path.iterdir())) > 20
    found = [json.loads(line) for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert sorted((one["from"], one["n"]) for one in found) == [(by, n) for by in "ab" for n in range(40)]


@pytest.mark.parametrize(
    ("caller", "shortened"),
    [("+8613912345678", "…5678"), ("sip:alice@example.org", ""), ("110", ""), ("", "")],
)
def test_the_callers_number_may_be_kept_in_part_or_as_a_hash(
    tmp_path: Path, caller: str, shortened: str
) -> None:
    def kept(how: CallerKept, call_id: str = "1") -> str:
        folder = tmp_path / how
        RecordFiles(IvrSettings(data=folder, records_caller=how)).write(
            {"call_id": call_id, "caller": caller}
        )
        line = (folder / "calls.jsonl").read_text().splitlines()[-1]
        return str(json.loads(line)["caller"])

    assert kept(CallerKept.WHOLE) == caller
    assert kept(CallerKept.SHORTENED) == shortened
    hashed = kept(CallerKept.HASHED)
    assert kept(CallerKept.HASHED, "2") == hashed
    assert len(hashed) == (32 if caller else 0)
    assert not caller or caller not in hashed


def call(number: int) -> dict[str, object]:
    record = CallRecord(f"call-{number}", "13800001111", START, now=lambda: START)
    return record.begun(Language.ZH_CN)


async def test_calls_that_a_killed_process_held_get_their_records_once(tmp_path: Path) -> None:
    settings = IvrSettings(data=tmp_path)
    files = RecordFiles(settings)
    killed = UnderWay(settings.under_way_file)
    for number in (1, 2, 3):
        killed.begun(call(number))
    ended = CallRecord("call-2", "13800001111", START, now=lambda: START)
    files.write(ended.finished(Result.HUNG_UP, Language.EN))  # and killed before it could say so
    killed.over("call-1")
    with pytest.raises(InUse):
        UnderWay(settings.under_way_file)
    os.close(killed._descriptor)  # what its end does
    with settings.under_way_file.open("ab") as file:
        file.write(b'{"call_id":"call-4","sta')
    successor = UnderWay(settings.under_way_file)
    await files.write_lost(successor)
    found = [json.loads(line) for line in settings.records_file.read_text("utf-8").splitlines()]
    assert [(record["call_id"], record["result"]) for record in found] == [
        ("call-2", "hung_up"),
        ("call-3", "lost"),
    ]
    assert datetime.fromisoformat(found[1]["end"]) > datetime.fromisoformat(found[1]["start"])
    successor.close()
    assert not settings.under_way_file.exists()


def test_the_file_of_calls_under_way_stays_small_and_keeps_those_that_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_way, "LARGEST", 2000)
    file = tmp_path / "under-way.jsonl"
    kept = UnderWay(file)
    kept.begun(call(0))
    for number in range(1, 100):
        kept.begun(call(number))
        kept.over(f"call-{number}")
        assert file.stat().st_size < 3000
    os.close(kept._descriptor)
    left = UnderWay(file)
    assert [entry["call_id"] for entry in left.left] == ["call-0"]
    left.close()
