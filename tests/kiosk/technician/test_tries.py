"""Five wrong tries lock the menu, for longer each time, over restarts and clocks that are put back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.technician.tries import FILE, FREE, LOCKS, Tries

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def wrong(tries: Tries, times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        tries.begin(now)


def test_four_wrong_tries_lock_nothing_and_the_right_one_forgets_them(tmp_path: Path) -> None:
    tries = Tries(tmp_path)
    wrong(tries, FREE - 1)
    assert tries.locked_until(NOW) is None and tries.left == 1
    tries.right()
    assert tries.left == FREE


def test_each_wrong_try_beyond_locks_for_longer(tmp_path: Path) -> None:
    tries, now = Tries(tmp_path), NOW
    wrong(tries, FREE - 1)
    for lasts in (*LOCKS, LOCKS[-1]):
        tries.begin(now)
        assert tries.locked_until(now) == now + lasts
        now += lasts
        assert tries.locked_until(now - timedelta(seconds=1)) is not None
        assert tries.locked_until(now) is None


def test_a_restart_unlocks_nothing(tmp_path: Path) -> None:
    wrong(Tries(tmp_path), FREE)
    again = Tries(tmp_path)
    assert again.locked_until(NOW) == NOW + LOCKS[0]
    Tries(tmp_path).right()
    again.read_again()
    assert again.locked_until(NOW) is None


def test_a_clock_that_is_put_back_begins_the_lock_anew_and_no_more(tmp_path: Path) -> None:
    tries = Tries(tmp_path)
    wrong(tries, FREE)
    past = NOW - timedelta(days=400)
    assert tries.locked_until(past) == past + LOCKS[0]
    assert tries.locked_until(past + LOCKS[0]) is None


def test_a_damaged_file_locks_once(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"wrong": -1}')
    tries = Tries(tmp_path)
    until = tries.locked_until(datetime.now(UTC))
    assert until is not None
    assert Tries(tmp_path).locked_until(datetime.now(UTC)) == until
    assert tries.locked_until(until) is None


def test_a_disk_that_takes_nothing_still_counts(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "file" / "below")
    (tmp_path / "file").write_text("")
    wrong(tries, FREE)
    assert tries.locked_until(NOW) is not None
