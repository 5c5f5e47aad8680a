"""Citizen identity numbers (公民身份号码), GB 11643-1999.

Six digits of region (GB/T 2260), eight of the day of birth, three of sequence (odd for men, even for women)
and one check character: 0 to 9 or X.
"""

from __future__ import annotations

import re
from datetime import date

from backend_client.forms.answer import Problem
from backend_client.forms.entry import half_width, without_separators

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
SUFFIX_LENGTH = 6
EARLIEST_BIRTH = date(1880, 1, 1)
"""The year of an example in the standard itself; nobody older applies."""
MAX_ENTERED = 64
"""Longest entry that is looked at, in characters."""

_REGIONS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
PROVINCES = frozenset(str(code) for first, last in _REGIONS for code in range(first, last + 1))
"""The first two digits: GB/T 2260, and 83 of the residence permits of Taiwan residents, whose numbers
follow GB 11643 too."""

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_SUFFIX = re.compile(r"[0-9]{5}[0-9X]")


class IdentityNumberError(ValueError):
    """Not an identity number; `problem` is NOT_AN_IDENTITY_NUMBER or WRONG_CHECK_DIGIT; no digits in it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem


def check_character(body: str) -> str:
    """The check character of the first 17 digits: GB 11643-1999, which is ISO/IEC 7064 MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return CHECK_CHARACTERS[total % 11]


def check_identity_number(text: str, today: date | None = None) -> str:
    """The 18 characters of an entered number, X as a capital.

    Spaces, hyphens, full-width characters and ``x`` are taken, and ``*`` for X as the last character, as on a
    phone. A day of birth after `today` is refused where it is given.
    Raises IdentityNumberError.
    """
    number = _entered(text)
    if not _SHAPE.fullmatch(number) or number[:2] not in PROVINCES:
        raise IdentityNumberError(Problem.NOT_AN_IDENTITY_NUMBER)
    try:
        born = birth_date(number)
    except ValueError:
        raise IdentityNumberError(Problem.NOT_AN_IDENTITY_NUMBER) from None
    if born < EARLIEST_BIRTH or (today is not None and born > today):
        raise IdentityNumberError(Problem.NOT_AN_IDENTITY_NUMBER)
    if check_character(number[:-1]) != number[-1]:
        raise IdentityNumberError(Problem.WRONG_CHECK_DIGIT)
    return number


def check_identity_suffix(text: str) -> str:
    """The last six characters of an identity number, as they are asked for with a reference.

    Takes what `check_identity_number` takes. Raises IdentityNumberError.
    """
    suffix = _entered(text)
    if not _SUFFIX.fullmatch(suffix):
        raise IdentityNumberError(Problem.NOT_AN_IDENTITY_NUMBER)
    return suffix


def birth_date(number: str) -> date:
    """The day of birth in a number. Raises ValueError where it is no day of the calendar."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def _entered(text: str) -> str:
    if len(text) > MAX_ENTERED:
        raise IdentityNumberError(Problem.NOT_AN_IDENTITY_NUMBER)
    entered = without_separators(half_width(text)).upper()
    return entered[:-1] + "X" if entered.endswith("*") else entered
