"""``queue list`` and ``queue retry``: what an operator sees and does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from huimin.v1 import form_pb2

from backend_client.queue.command import queue_command
from backend_client.queue.file import FILE_NAME
from backend_client.queue.listing import CANNOT_OPEN
from backend_client.queue.store import Bounds, Store
from backend_client.submission import Leased, new_submission_name
from foundation.config import ConfigError
from foundation.keys import KEY_BYTES, KeyRing
from tests.backend_client.sample import NUMBER

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
REFERENCES = tuple(f"{number:012}" for number in range(100_000_000_000, 100_000_000_009))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A queue with three submissions, the second set aside; its door runs."""
    store = Store(tmp_path, KeyRing([b"k" * KEY_BYTES]), Bounds(low=1, wanted=9))
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    for text in ("一", "二", "三"):
        answer = form_pb2.Answer(field="letter", text=text * 900)
        message = form_pb2.Submission(name=new_submission_name(), form="forms/letter", answers=[answer])
        store.keep(message, NUMBER, [], NOW)
    store.set_aside(2, "ANSWERS_INVALID")
    return store


def run(folder: Path, *arguments: str, language: str = "C") -> Result:
    command = queue_command("huimin-kiosk", lambda _: [folder])
    return CliRunner().invoke(command, arguments, env={"LC_ALL": language, "TZ": "Asia/Shanghai"})


def test_the_list_shows_what_waits_and_why_something_was_set_aside(store: Store, tmp_path: Path) -> None:
    shown = run(tmp_path, "list")
    assert shown.exit_code == 1
    first, second, third, total = shown.output.splitlines()
    assert first.split()[0] == "1"
    assert f"{NOW.astimezone():%Y-%m-%d %H:%M:%S %z}" in first
    assert "3 KB  waiting" in first
    assert "set aside" in second
    assert "ANSWERS_INVALID" in second
    assert third.endswith("waiting")
    assert total == "2 waiting, 1 set aside."
    chinese = run(tmp_path, "list", language="zh_CN.UTF-8").output
    assert chinese.splitlines()[-1] == "等待上传2件，已搁置1件。"
    for secret in (NUMBER, *REFERENCES, "一一", "submissions/"):
        assert secret not in shown.output + chinese


def test_every_reason_is_explained(store: Store, tmp_path: Path) -> None:
    for reason in (CANNOT_OPEN, "SUBMISSION_DIFFERS", "ATTACHMENT_MISSING", "SOMETHING_NEW"):
        store.set_aside(2, reason)
        for language in ("C", "zh_CN.UTF-8"):
            assert reason in run(tmp_path, "list", language=language).output


def test_what_was_set_aside_is_put_back_by_its_number_or_as_a_whole(store: Store, tmp_path: Path) -> None:
    assert run(tmp_path, "retry", "1").output == "0 put back into the queue.\n"
    assert run(tmp_path, "retry", "2").output == "1 put back into the queue.\n"
    assert store.changed_by_others()
    store.set_aside(1, "X")
    store.set_aside(3, "X")
    assert run(tmp_path, "retry", "--all").output == "2 put back into the queue.\n"
    shown = run(tmp_path, "list")
    assert (shown.exit_code, shown.output.splitlines()[-1]) == (0, "3 waiting, 0 set aside.")


@pytest.mark.parametrize("arguments", [["retry"], ["retry", "--all", "2"], ["retry", "0"], ["retry", "x"]])
def test_a_retry_of_nothing_or_of_everything_and_something_is_a_mistake(
    arguments: list[str], store: Store, tmp_path: Path
) -> None:
    assert run(tmp_path, *arguments).exit_code == 2
    assert store.entries()[1].problem


def test_without_a_queue_there_is_nothing(tmp_path: Path) -> None:
    shown = run(tmp_path / "none", "list")
    assert (shown.exit_code, shown.output) == (0, "0 waiting, 0 set aside.\n")
    assert run(tmp_path / "none", "retry", "--all").exit_code == 0


def test_a_damaged_queue_is_told_and_where_the_damaged_one_before_it_lies(
    store: Store, tmp_path: Path
) -> None:
    store.close()
    whole = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(b"x" * len(whole))
    shown = run(tmp_path, "list")
    assert shown.exit_code == 2
    assert str(tmp_path) in shown.output
    Store(tmp_path, KeyRing([b"k" * KEY_BYTES]), Bounds()).close()
    shown = run(tmp_path, "list")
    assert shown.exit_code == 1
    assert "damaged-" in shown.output


def test_a_wrong_configuration_is_told(tmp_path: Path) -> None:
    def wrong(_: Path | None) -> list[Path]:
        raise ConfigError("kiosk.queue: is no folder")

    shown = CliRunner().invoke(queue_command("huimin-kiosk", wrong), ["list"])
    assert (shown.exit_code, shown.output) == (2, "huimin-kiosk: kiosk.queue: is no folder\n")
