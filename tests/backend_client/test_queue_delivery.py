"""What is sent next, and what a refusal means: the pure part of delivery."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.errors import (
    BackendError,
    BackendFailure,
    Conflict,
    Denied,
    DoorRefused,
    InvalidAnswers,
    InvalidRequest,
    NotFound,
    SessionEnded,
    TooManyTries,
    Unreachable,
    Violation,
)
from backend_client.forms.answer import Problem
from backend_client.queue.delivery import (
    FIRST_WAIT,
    LONGEST_WAIT,
    LONGEST_WAIT_OF_ONE,
    MOST_UPLOADS,
    Line,
    Next,
    after,
    back_off,
)

RESIDENTS = [b"a", b"b", b"c"]


# The line


def test_residents_are_sent_side_by_side_and_each_in_order() -> None:
    line = Line()
    for number, resident in enumerate([b"a", b"a", b"b", b"a", b"b"], 1):
        line.add(number, resident)
    assert [line.take(0), line.take(0), line.take(0)] == [1, 3, None]
    line.done(1)
    assert line.take(0) == 2
    line.done(3)
    assert line.take(0) == 5
    assert len(line) == 3


def test_who_stands_there_goes_first_but_not_before_what_the_same_resident_sent_earlier() -> None:
    line = Line()
    line.add(1, b"a")
    line.add(2, b"b")
    line.add(3, b"b", urgent=True)
    assert line.take(0, urgent_only=True) == 2
    assert line.take(0, urgent_only=True) is None
    line.done(2)
    assert line.take(0, urgent_only=True) == 3
    assert line.take(0) == 1


def test_who_has_left_is_not_urgent_any_more() -> None:
    line = Line()
    line.add(1, b"a")
    line.add(2, b"b", urgent=True)
    line.calm(2)
    assert line.take(0, urgent_only=True) is None
    assert line.take(0) == 1


def test_one_that_waits_keeps_the_same_residents_later_ones_waiting() -> None:
    line = Line()
    line.add(1, b"a")
    line.add(2, b"a")
    line.add(3, b"b")
    assert line.take(0) == 1
    line.again(1, 5.0)
    assert line.take(0) == 3
    assert line.take(0) is None
    assert line.next_time(0) == 5.0
    assert line.take(5.0) == 1
    assert line.next_time(5.0) is None


def test_what_an_operator_puts_back_goes_before_what_came_later() -> None:
    line = Line()
    line.add(5, b"a")
    line.add(2, b"a")
    assert line.oldest == 2
    assert line.take(0) == 2


def test_what_is_not_in_the_line_is_not_put_into_it() -> None:
    line = Line()
    line.again(9, 0)
    line.done(9)
    line.calm(9)
    assert len(line) == 0
    assert line.oldest is None
    assert line.take(0) is None


@given(
    st.lists(st.tuples(st.sampled_from(RESIDENTS), st.booleans()), max_size=30),
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=120),
)
def test_everything_is_sent_once_in_order_whatever_fails(
    added: list[tuple[bytes, bool]], luck: list[tuple[bool, bool]]
) -> None:
    line = Line()
    owner: dict[int, bytes] = {}
    for position, (resident, urgent) in enumerate(added, 1):
        line.add(position, resident, urgent=urgent)
        owner[position] = resident
    delivered: dict[bytes, list[int]] = defaultdict(list)
    under_way: list[int] = []
    fate = iter(luck)
    now = 0.0
    while len(line):
        now += 1.0
        while (number := line.take(now)) is not None:
            assert owner[number] not in {owner[other] for other in under_way}, "two of one resident at a time"
            under_way.append(number)
        tried = under_way.pop()
        succeeds, calms = next(fate, (True, False))
        if calms:
            line.calm(tried)
        if succeeds:
            line.done(tried)
            delivered[owner[tried]].append(tried)
        else:
            line.again(tried, now + 1.0)
    for resident in RESIDENTS:
        assert delivered[resident] == [number for number in owner if owner[number] == resident]


# Refusals

WRONG = InvalidAnswers((Violation("money", Problem.TOO_LARGE),))


@pytest.mark.parametrize(
    "error",
    [WRONG, NotFound("FORM_UNKNOWN"), Conflict("FORM_CHANGED"), Conflict("SUBMISSION_DIFFERS"),
     InvalidRequest("REQUEST_INVALID"), Conflict("SOMETHING_NEW")],
    ids=str,
)  # fmt: skip
def test_a_refusal_is_told_to_who_stands_there_and_set_aside_where_it_came_too_late(
    error: BackendError,
) -> None:
    assert after(error, told=False, deferred=False, tries=1) is Next.REFUSE
    assert after(error, told=True, deferred=True, tries=1) is Next.SET_ASIDE


def test_who_left_while_it_was_sent_is_sent_again_as_deferred_before_anything_is_set_aside() -> None:
    for error in (WRONG, Conflict("REFERENCE_NOT_LEASED")):
        assert after(error, told=True, deferred=False, tries=1) is Next.WAIT


@pytest.mark.parametrize("told", [False, True])
def test_nothing_is_given_up_while_the_backend_is_away(told: bool) -> None:
    for reason in ("BACKEND_UNREACHABLE", "BACKEND_TOO_SLOW", "BACKEND_BUSY", "STORAGE_FULL"):
        assert after(Unreachable(reason), told=told, deferred=told, tries=9) is Next.WAIT_FOR_BACKEND


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(
    "error",
    [BackendFailure("INTERNAL"), Denied("NOT_ALLOWED"), SessionEnded("DOOR_REVOKED"), TooManyTries("X", 1),
     InvalidRequest("OFFSET_WRONG")],
    ids=str,
)  # fmt: skip
def test_what_may_pass_is_waited_for(error: BackendError, told: bool) -> None:
    assert after(error, told=told, deferred=told, tries=100) is Next.WAIT


@pytest.mark.parametrize(
    "error", [Conflict("ATTACHMENT_MISSING"), InvalidRequest("ATTACHMENT_DAMAGED")], ids=str
)
def test_files_that_did_not_come_are_sent_again_a_few_times(error: BackendError) -> None:
    for tries in range(1, MOST_UPLOADS):
        assert after(error, told=True, deferred=True, tries=tries) is Next.UPLOAD_AGAIN
    assert after(error, told=True, deferred=True, tries=MOST_UPLOADS) is Next.SET_ASIDE
    assert after(error, told=False, deferred=False, tries=MOST_UPLOADS) is Next.REFUSE


def test_a_reference_that_cannot_be_given_is_replaced_where_nobody_was_told_it() -> None:
    error = Conflict("REFERENCE_NOT_LEASED")
    assert after(error, told=False, deferred=False, tries=1) is Next.OTHER_REFERENCE
    assert after(error, told=True, deferred=True, tries=1) is Next.SET_ASIDE


# Waiting


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_waits_double_up_to_a_bound_and_chance_takes_off_up_to_half(failures: int, chance: float) -> None:
    for longest in (LONGEST_WAIT, LONGEST_WAIT_OF_ONE):
        seconds = back_off(failures, chance, longest)
        assert FIRST_WAIT / 2 <= seconds <= longest
        assert back_off(failures + 1, chance, longest) >= seconds


def test_waits_are_as_written() -> None:
    assert [back_off(failures, 0.0) for failures in (1, 2, 3, 4, 5, 6, 7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert back_off(1, 1.0) == 0.25


@pytest.mark.parametrize("reason", ["DOOR_REVOKED", "DOOR_UNKNOWN", "CERTIFICATE_EXPIRED"])
def test_what_residents_were_promised_waits_until_the_door_is_let_in_again(reason: str) -> None:
    for deferred in (False, True):
        assert after(DoorRefused(reason), told=True, deferred=deferred, tries=1000) is Next.WAIT
    assert after(DoorRefused(reason), told=False, deferred=False, tries=1) is Next.REFUSE
