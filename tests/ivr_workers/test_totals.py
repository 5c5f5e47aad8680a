"""What call records come to, where callers are, and the operators' commands that say so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, Counter, generate_latest

from foundation.config import ConfigError
from foundation.language import Language
from ivr.command import main
from ivr.metrics import CALLERS, Whereabouts
from ivr.records.places import found_by, place_after
from ivr.records.record import CallRecord, Result
from ivr.records.totals import MOST_PLACES, OTHER, Totals, totals_by_day
from ivr.workers.figures import merged
from ivr.workers.supervisor import addresses_of

NOON = datetime(2026, 2, 3, 4, 0, tzinfo=UTC)
COUNTY = ZoneInfo("Asia/Shanghai")


def record(
    *entries: tuple[str, str],
    result: Result = Result.HUNG_UP,
    start: datetime = NOON,
    rang: float = 0.5,
    step: float = 1.0,
) -> dict[str, Any]:
    """A call record as the line writes it, with an entry every `step` seconds."""
    now = start + timedelta(seconds=rang)
    ticks = 0.0

    def clock() -> float:
        return ticks

    made = CallRecord("c", "13800001111", start, now=lambda: now, clock=clock)
    for kind, name in entries:
        ticks += step
        (made.prompt if kind == "prompt" else made.event)(name)
    now += timedelta(seconds=ticks)
    written: dict[str, Any] = json.loads(json.dumps(made.finished(result, Language.ZH_CN)))
    return written


def test_who_got_something_is_told_from_who_did_not_and_where_they_gave_up() -> None:
    totals = Totals()
    totals.add(record(("prompt", "main.greeting"), ("prompt", "policies.topics")))
    totals.add(record(("prompt", "main.greeting"), ("prompt", "policies/care/summary")))
    totals.add(record(("event", "service services/births"), ("prompt", "form.introduction")))
    totals.add(record(("event", "service services/births"), ("event", "submission kept")))
    totals.add(record(result=Result.TRANSFERRED))
    told = totals.told()
    assert (told["calls"], told["found"]) == (5, 2)
    assert told["gave_up"] == {"policies": 1, "services/births": 1, "main": 1}
    assert told["results"] == {"hung_up": 4, "transferred": 1}


def test_waits_for_the_answer_the_backend_and_a_person_are_counted() -> None:
    totals = Totals()
    totals.add(
        record(
            ("prompt", "backend.please_wait"),
            ("prompt", "backend.still_waiting"),
            ("prompt", "error.BACKEND_UNREACHABLE"),
            ("event", "transfer"),
            ("event", "transferred"),
            rang=20.0,
            step=9.0,
        )
    )
    waits = totals.told()["waits"]
    assert waits["answer"] == {
        "count": 1,
        "mean_seconds": 20.0,
        "longest_seconds": 20.0,
        "longer_than_15_s": 1,
    }
    assert (waits["backend"]["count"], waits["backend"]["longest_seconds"]) == (1, 18.0)
    assert waits["person"]["longest_seconds"] == 9.0
    assert totals.told()["errors"] == {"BACKEND_UNREACHABLE": 1}


def test_memory_is_bounded_whatever_names_the_records_hold() -> None:
    totals = Totals()
    for number in range(MOST_PLACES + 50):
        totals.add(record(("event", f"service services/{number}")))
    assert len(totals.gave_up) == MOST_PLACES + 1
    assert totals.gave_up[OTHER] == 50


def test_days_are_the_countys_and_lines_that_are_no_records_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    late = datetime(2026, 2, 3, 17, 0, tzinfo=UTC)  # the fourth of February in the county
    lines = [json.dumps(record()), json.dumps(record(start=late)), "{", "[]", '{"start": 5}', "{}"]
    lines.append(json.dumps(record() | {"timeline": [3]}))
    file.write_text("\n".join(lines) + "\n")
    found = totals_by_day([file], COUNTY, None)
    assert {day: totals.calls for day, totals in found.items()} == {date(2026, 2, 3): 1, date(2026, 2, 4): 1}
    assert {totals.damaged for totals in found.values()} == {5}
    assert list(totals_by_day([file], COUNTY, date(2026, 2, 4))) == [date(2026, 2, 4)]


@pytest.mark.parametrize(
    ("locale", "words"), [("zh_CN.UTF-8", "最后停在政策"), ("en_GB.UTF-8", "last at policies")]
)
def test_the_command_says_it_in_the_operators_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    written = record(("prompt", "policies.topics"))
    (tmp_path / "calls.jsonl").write_text(json.dumps(written) + "\n")
    shown = CliRunner().invoke(main, ["totals", "--data", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert words in shown.output
    assert written["caller"] not in shown.output
    told = CliRunner().invoke(main, ["totals", "--json", "--day", "2026-02-03", "--data", str(tmp_path)])
    assert json.loads(told.output)["gave_up"] == {"policies": 1}


@pytest.mark.parametrize("command", [["drain", "1"], ["resume", "1"], ["restart"], ["top", "--once"]])
def test_without_a_running_line_a_command_says_what_to_do(tmp_path: Path, command: list[str]) -> None:
    said = CliRunner().invoke(main, [*command, "--data", str(tmp_path)])
    assert said.exit_code == 2
    assert "--data" in said.output
    assert "Traceback" not in said.output


def test_a_caller_is_counted_at_one_place_at_a_time_and_at_none_afterwards() -> None:
    def there() -> dict[str, float]:
        samples = next(iter(CALLERS.collect())).samples
        return {sample.labels["place"]: sample.value for sample in samples if sample.value}

    before = there()
    where = Whereabouts()
    where.entry("prompt", "main.greeting")
    assert there().get("main", 0) == before.get("main", 0) + 1
    where.entry("prompt", "progress.reference")
    where.entry("key", "•")
    assert there().get("progress", 0) == before.get("progress", 0) + 1
    assert there().get("main", 0) == before.get("main", 0)
    where.close()
    assert there() == before


def test_names_said_in_several_parts_leave_a_caller_where_they_are() -> None:
    assert place_after("services/births", "prompt", "form.declaration") == "services/births"
    assert place_after("services/births", "prompt", "main.menu") == "main"
    assert not found_by("prompt", "policies/care")
    assert found_by("prompt", "policies/care/summary")


def test_the_figures_of_all_workers_are_one_page() -> None:
    texts = {}
    for number in (1, 2):
        registry = CollectorRegistry()
        Counter("seen", "Things", ("kind",), registry=registry).labels("a").inc(number)
        texts[number] = generate_latest(registry).decode()

    class Merged:
        def collect(self) -> Any:
            return merged(texts)

    whole = CollectorRegistry()
    whole.register(Merged())
    page = generate_latest(whole).decode()
    assert page.count("# TYPE seen_total counter") == 1
    assert 'seen_total{kind="a",worker="1"} 1.0' in page
    assert 'seen_total{kind="a",worker="2"} 2.0' in page


def test_workers_stand_on_one_port_after_another() -> None:
    assert addresses_of("127.0.0.1:5060", 3) == ["127.0.0.1:5060", "127.0.0.1:5061", "127.0.0.1:5062"]
    assert addresses_of("127.0.0.1:0", 2) == ["127.0.0.1:0", "127.0.0.1:0"]
    with pytest.raises(ConfigError, match="65535"):
        addresses_of("127.0.0.1:65535", 2)
