"""How many calls are let in, as a pure matter and at the door."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ivr.line import Line
from ivr.sip.carrier import admission
from ivr.sip.carrier.admission import NO_LIMITS, Admission, Limits, Reason
from tests.end_to_end import sipp
from tests.ivr_sip.conftest import Answering, until
from tests.ivr_sip.raw_caller import calling
from tests.ivr_sip.wire import header, offer


def reason(ask: admission.Refusal | None) -> Reason | None:
    return ask.reason if ask else None


def test_one_number_has_so_many_calls_at_once_and_others_are_not_held_up() -> None:
    door = Admission(Limits(caller_at_once=2, caller_per_minute=0))
    assert [reason(door.ask("1", at)) for at in (0, 0, 1)] == [None, None, Reason.CALLER_AT_ONCE]
    assert door.ask("2", 1) is None
    door.left("1")
    assert door.ask("1", 2) is None


def test_one_number_has_so_many_calls_a_minute_and_is_told_when_to_come_again() -> None:
    door = Admission(Limits(caller_at_once=0, caller_per_minute=2))
    for at in (0.0, 10.0):
        assert door.ask("1", at) is None
        door.left("1")
    refused = door.ask("1", 20.0)
    assert refused is not None
    assert (refused.code, refused.reason, refused.retry_after) == (486, Reason.CALLER_PER_MINUTE, 40)
    assert door.ask("1", 60.0) is None


def test_callers_without_a_number_are_limited_together_only() -> None:
    door = Admission(Limits(caller_at_once=1, caller_per_minute=1, withheld_at_once=2))
    assert [reason(door.ask("", 0)) for _ in range(3)] == [None, None, Reason.WITHHELD_AT_ONCE]
    door.left("")
    assert door.ask("", 0) is None


def test_new_calls_of_all_come_in_bursts_and_then_at_the_rate() -> None:
    door = Admission(Limits(caller_at_once=0, caller_per_minute=0, new_per_second=5))
    at_once = [door.ask(str(number), 0.0) for number in range(12)]
    assert [refusal is None for refusal in at_once] == [True] * 10 + [False] * 2
    assert at_once[-1] is not None
    assert (at_once[-1].code, at_once[-1].reason) == (503, Reason.TOO_FAST)
    later = [door.ask(str(number), 1.0) for number in range(7)]
    assert sum(refusal is None for refusal in later) == 5


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 30)), max_size=200))
def test_whoever_comes_and_goes_nobody_is_over_the_limit(steps: list[tuple[str, bool, float]]) -> None:
    door = Admission(Limits(caller_at_once=2, caller_per_minute=5))
    calls, times, now = dict.fromkeys("abc", 0), {caller: list[float]() for caller in "abc"}, 0.0
    for caller, leaves, pause in steps:
        now += pause
        if leaves and calls[caller]:
            door.left(caller)
            calls[caller] -= 1
            continue
        recent = [at for at in times[caller] if at > now - admission.MINUTE]
        free = calls[caller] < 2 and len(recent) < 5
        assert (door.ask(caller, now) is None) == free
        if free:
            calls[caller] += 1
            times[caller].append(now)


def test_a_dialler_of_ever_new_numbers_fills_no_memory() -> None:
    door = Admission(Limits())
    for number in range(admission.MOST_REMEMBERED + 500):
        assert door.ask(str(number), 0.0) is None
        door.left(str(number))
    assert len(door._callers) == admission.MOST_REMEMBERED


def test_without_limits_all_come_in() -> None:
    door = Admission(NO_LIMITS)
    assert all(door.ask("1", 0.0) is None for _ in range(1000))


async def test_a_number_with_too_many_calls_hears_busy_and_another_is_served(
    answering: Answering, tmp_path: Path
) -> None:
    async def on_call(line: Line) -> None:
        await line.next_key()

    async with (
        answering(on_call, limits=Limits(caller_at_once=1)) as endpoint,
        calling(endpoint.address) as first,
        calling(endpoint.address) as again,
    ):
        await first.invite()
        refused = await again.request("INVITE", "application/sdp", offer(40_000))
        assert refused.startswith("SIP/2.0 486")
        assert header(refused, "Retry-After") == "30"
        other = await sipp.call(tmp_path, endpoint.address, [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.HANG_UP])
        assert other.code == 0, other.errors
        await first.hang_up()
        await until(lambda: endpoint.calls == 0)
        await again.invite()
