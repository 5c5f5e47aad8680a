"""References: what is issued can be entered, and mistakes are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.reference import (
    ReferenceError_,
    ReferenceProblem,
    check_digit,
    check_reference,
    group,
    new_reference,
)

bodies = st.text("0123456789", min_size=11, max_size=11)


@pytest.mark.parametrize("complete", ["07945", "794623", "002006673085"])
def test_check_digit_agrees_with_published_examples(complete: str) -> None:
    assert check_digit(complete[:-1]) == complete[-1]


def test_issued_references_are_accepted_and_do_not_repeat() -> None:
    issued = [new_reference() for _ in range(2000)]
    assert len(set(issued)) == len(issued)
    for reference in issued:
        assert len(reference) == 12
        assert reference[0] != "0"
        assert check_reference(reference) == reference


@given(bodies, st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, shift: int) -> None:
    reference = body + check_digit(body)
    wrong = (int(reference[place]) + shift) % 10
    with pytest.raises(ReferenceError_) as caught:
        check_reference(reference[:place] + str(wrong) + reference[place + 1 :])
    assert caught.value.problem is ReferenceProblem.WRONG_CHECK_DIGIT


@given(st.text("0123456789", max_size=10), st.text("0123456789", max_size=9))
def test_exactly_one_pair_of_neighbours_in_45_can_change_places_unseen(before: str, after: str) -> None:
    unseen = [
        (a, b)
        for a in range(10)
        for b in range(a + 1, 10)
        if check_digit(f"{before}{a}{b}{after}") == check_digit(f"{before}{b}{a}{after}")
    ]
    assert len(unseen) == 1


@given(bodies)
def test_entry_may_be_grouped_and_full_width(body: str) -> None:
    reference = body + check_digit(body)
    wide = reference.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert check_reference(f" {group(reference)} ") == reference
    assert check_reference(f"{reference[:4]} {reference[4:8]}　{reference[8:]}") == reference
    assert check_reference(wide) == reference


@pytest.mark.parametrize(
    ("entered", "problem", "given_digits"),
    [
        ("", ReferenceProblem.EMPTY, 0),
        (" - ", ReferenceProblem.EMPTY, 0),
        ("00200667308", ReferenceProblem.TOO_SHORT, 11),
        ("0020066730851", ReferenceProblem.TOO_LONG, 13),
        ("1" * 20_000, ReferenceProblem.TOO_LONG, 0),
        ("00200667308X", ReferenceProblem.NOT_DIGITS, 0),
        ("00200667308٥", ReferenceProblem.NOT_DIGITS, 0),
        ("00200667308²", ReferenceProblem.NOT_DIGITS, 0),
    ],
)
def test_what_is_wrong_is_named(entered: str, problem: ReferenceProblem, given_digits: int) -> None:
    with pytest.raises(ReferenceError_) as caught:
        check_reference(entered)
    assert (caught.value.problem, caught.value.given) == (problem, given_digits)


@given(st.text())
def test_any_entry_is_a_reference_or_refused(entered: str) -> None:
    try:
        reference = check_reference(entered)
    except ReferenceError_:
        return
    assert len(reference) == 12
    assert reference.isascii()
    assert reference.isdigit()


def test_group_shows_it_in_fours() -> None:
    assert group("123456789012") == "1234-5678-9012"
