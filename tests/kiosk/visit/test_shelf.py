"""Drafts on the disk: sealed, found by hashes, gone after an hour whatever is done to the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foundation.keys import KEY_BYTES, KeyRing
from foundation.language import Language
from kiosk.drafts.lifetime import Moment, moment
from kiosk.drafts.record import MAX_BYTES, KeptForm, KeptVisit
from kiosk.drafts.shelf import KEPT_SECONDS, MOST, SUFFIX, Shelf
from kiosk.drafts.tries import FREE, WITHIN, CodeTries
from tests.kiosk.visit.terminal import eventually

KEYS = KeyRing([bytes(range(KEY_BYTES))])
SECRET = "11999919900307102X"
HOUR = KEPT_SECONDS


class Clock:
    """Both clocks of a machine, which is started anew and has its calendar set."""

    def __init__(self) -> None:
        self.boot = "first"
        self.up = 1000.0
        self.calendar = 1_790_000_000.0

    def __call__(self) -> Moment:
        return Moment(boot=self.boot, up=self.up, calendar=self.calendar)

    def goes(self, seconds: float) -> None:
        """Time passes."""
        self.up += seconds
        self.calendar += seconds

    def starts_anew(self, seconds: float, *, calendar_off: float = 0.0) -> None:
        """The machine was off for a while; its calendar is wrong by so much afterwards."""
        self.boot += "+"
        self.up = 10.0
        self.calendar += seconds + calendar_off


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shelf(tmp_path: Path, clock: Clock) -> AsyncIterator[Shelf]:
    one = Shelf(tmp_path, KEYS, now=clock)
    await one.open(120.0)
    yield one
    await one.close()


def kept(clock: Clock, *, code: str = "12345678", under_way: bool = False, text: str = SECRET) -> KeptVisit:
    return KeptVisit(
        kept_at=clock(),
        under_way=under_way,
        language=Language.EN,
        code=code,
        persons=(SECRET,),
        forms=(KeptForm(form="forms/letter", revision="1", entered={"a": text}),),
    )


async def reopened(folder: Path, clock: Clock, keys: KeyRing = KEYS) -> Shelf:
    """The shelf as the next start of the terminal finds it, closed at once: its drafts are looked for."""
    shelf = Shelf(folder, keys, now=clock)
    await shelf.open(120.0)
    await shelf.close()
    return shelf


async def test_a_draft_is_sealed_and_found_by_its_code_and_its_person(
    shelf: Shelf, tmp_path: Path, clock: Clock
) -> None:
    shelf.put("a", kept(clock))
    await shelf.settle()
    [file] = tmp_path.iterdir()
    assert SECRET.encode() not in file.read_bytes()
    assert b"12345678" not in file.read_bytes()
    assert shelf.by_code("12345678") == shelf.of_person(SECRET) == "a"
    assert shelf.by_code("12345679") is shelf.of_person("x") is None
    found = await shelf.take("a")
    assert found
    assert found.forms[0].entered == {"a": SECRET}
    assert SECRET not in repr(found)
    assert "12345678" not in repr(found)


@pytest.mark.parametrize(
    ("off", "there"),
    [
        ((60.0, 0.0), True),
        ((HOUR - 700.0, 0.0), True),
        ((HOUR - 500.0, 0.0), False),
        ((60.0, -7200.0), False),  # set back: nobody can tell how old it is
        ((60.0, 7200.0), False),
        ((5 * HOUR, -4.9 * HOUR), True),  # set back by a little less than it was off: it goes an hour later
    ],
)
async def test_over_a_start_of_the_machine(
    shelf: Shelf, tmp_path: Path, clock: Clock, off: tuple[float, float], there: bool
) -> None:
    shelf.put("a", kept(clock))
    await shelf.settle()
    clock.goes(600.0)
    seconds, calendar_off = off
    clock.starts_anew(seconds, calendar_off=calendar_off)
    again = await reopened(tmp_path, clock)
    assert (again.by_code("12345678") == "a") is there
    assert bool(list(tmp_path.iterdir())) is there
    clock.goes(HOUR)
    assert not (await reopened(tmp_path, clock)).any_left
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("calendar", [-86400.0, 86400.0])
async def test_a_calendar_that_is_set_while_the_machine_runs_changes_nothing(
    shelf: Shelf, clock: Clock, calendar: float
) -> None:
    shelf.put("a", kept(clock))
    clock.calendar += calendar
    clock.goes(HOUR - 1)
    assert shelf.by_code("12345678") == "a"
    clock.goes(2)
    assert shelf.by_code("12345678") is None
    assert await shelf.take("a") is None


async def test_each_start_does_not_give_another_hour(shelf: Shelf, tmp_path: Path, clock: Clock) -> None:
    shelf.put("a", kept(clock))
    await shelf.settle()
    for _ in range(3):
        clock.goes(HOUR / 4)
        assert (await reopened(tmp_path, clock)).any_left
    clock.goes(HOUR / 4)
    assert not (await reopened(tmp_path, clock)).any_left


@pytest.mark.parametrize(("seconds", "asked"), [(119.0, True), (121.0, False)])
async def test_who_may_still_stand_there(
    shelf: Shelf, tmp_path: Path, clock: Clock, seconds: float, asked: bool
) -> None:
    shelf.put("a", kept(clock, under_way=True))
    await shelf.settle()
    assert not shelf.any_left
    clock.goes(seconds)
    again = await reopened(tmp_path, clock)
    assert (again.broken_off == "a") is asked
    assert again.any_left is not asked


@pytest.mark.parametrize("spoil", ["cut", "flipped", "renamed", "other key", "empty"])
async def test_what_cannot_be_opened_is_removed(
    shelf: Shelf, tmp_path: Path, clock: Clock, spoil: str
) -> None:
    shelf.put("a", kept(clock))
    await shelf.settle()
    file = tmp_path / f"a{SUFFIX}"
    sealed = file.read_bytes()
    keys = KEYS
    match spoil:
        case "cut":
            file.write_bytes(sealed[:-1])
        case "flipped":
            file.write_bytes(sealed[:-1] + bytes((sealed[-1] ^ 1,)))
        case "renamed":
            file.rename(tmp_path / f"b{SUFFIX}")
        case "empty":
            file.write_bytes(b"")
        case _:
            keys = KeyRing([bytes(KEY_BYTES)])
    assert not (await reopened(tmp_path, clock, keys)).any_left
    assert not list(tmp_path.iterdir())


async def test_one_that_is_too_large_is_not_kept_and_leaves_nothing(
    shelf: Shelf, tmp_path: Path, clock: Clock
) -> None:
    shelf.put("a", kept(clock))
    await shelf.settle()
    whole = kept(clock)
    forms = tuple(whole.forms[0].model_copy(update={"entered": {"a": "长" * 90_000}}) for _ in range(3))
    large = whole.model_copy(update={"forms": forms})
    assert len(large.encode()) > MAX_BYTES
    shelf.put("a", large)
    await shelf.settle()
    assert shelf.failing
    assert not list(tmp_path.iterdir())


async def test_of_too_many_the_oldest_goes(shelf: Shelf, tmp_path: Path, clock: Clock) -> None:
    for number in range(MOST + 3):
        shelf.put(f"d{number}", kept(clock, code=f"{number:08d}"))
        clock.goes(1)
    await shelf.settle()
    assert len(list(tmp_path.iterdir())) == MOST
    assert shelf.by_code(f"{2:08d}") is None
    assert shelf.by_code(f"{3:08d}") == "d3"


async def test_what_is_over_goes_but_not_from_under_a_visit(tmp_path: Path, clock: Clock) -> None:
    shelf = Shelf(tmp_path, KEYS, now=clock, sweep=0.01)
    await shelf.open(120.0)
    shelf.put("reading", kept(clock, under_way=True))
    shelf.put("left", kept(clock))
    await shelf.settle()
    clock.goes(HOUR + 1)
    await eventually(lambda: not (tmp_path / f"left{SUFFIX}").exists())
    await shelf.close()
    assert [file.stem for file in tmp_path.iterdir()] == ["reading"]


async def test_the_last_of_many_states_is_the_one_that_is_kept(shelf: Shelf, clock: Clock) -> None:
    for number in range(50):
        shelf.put("a", kept(clock, text=str(number)))
    found = await shelf.take("a")
    assert found
    assert found.forms[0].entered == {"a": "49"}


def test_tries_are_counted_before_they_are_judged_and_forgotten_in_time(tmp_path: Path) -> None:
    tries = CodeTries(tmp_path)
    for _ in range(FREE):
        assert tries.closed_for == 0
        tries.begin()
    assert WITHIN - 60 < tries.closed_for <= WITHIN
    assert CodeTries(tmp_path).closed_for > 0


def test_a_right_code_clears_nobody_elses_tries(tmp_path: Path) -> None:
    tries = CodeTries(tmp_path)
    for _ in range(FREE - 1):
        tries.begin()
    tries.begin()
    tries.right()
    assert tries.closed_for == 0
    tries.begin()
    assert tries.closed_for > 0


def test_a_count_that_is_damaged_closes(tmp_path: Path) -> None:
    (tmp_path / "tries.json").write_text("{}x")
    assert CodeTries(tmp_path).closed_for > 0


def test_this_machine_tells_its_own_moment() -> None:
    first, second = moment(), moment()
    assert first.boot == second.boot
    assert 0 <= first.age(second) < 10
