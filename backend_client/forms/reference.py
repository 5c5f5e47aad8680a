"""References (办件编号): 12 digits that can be keyed on a phone, read out, and not guessed.

Eleven random digits, the first from 1 to 9 so that no spreadsheet drops it, and the check digit of
ISO/IEC 7064, MOD 11,10. There are 9 x 10^10 of them.
"""

from __future__ import annotations

import secrets
from enum import Enum

from backend_client.forms.entry import half_width, without_separators

LENGTH = 12
MAX_ENTERED = 64
"""Longest entry that is looked at, in characters."""


class ReferenceProblem(Enum):
    """What is wrong with an entered reference."""

    EMPTY = "EMPTY"
    NOT_DIGITS = "NOT_DIGITS"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    WRONG_CHECK_DIGIT = "WRONG_CHECK_DIGIT"


class ReferenceError_(ValueError):  # noqa: N801 (ReferenceError is a builtin)
    """Not a reference. `given` is the number of digits entered, 0 where that tells nothing."""

    def __init__(self, problem: ReferenceProblem, given: int = 0) -> None:
        super().__init__(problem.name)
        self.problem = problem
        self.given = given


def check_digit(digits: str) -> str:
    """The check digit of a string of ASCII digits: ISO/IEC 7064:2003, MOD 11,10.

    It finds every single wrong digit. Of two different neighbours that change places it finds 44 of the 45
    pairs; which pair it misses depends on the digits before them.
    """
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def new_reference() -> str:
    """A new reference of 12 digits, from the operating system's random source.

    Whether it is taken already is for the backend to see.
    """
    body = str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(LENGTH - 2))
    return body + check_digit(body)


def check_reference(text: str) -> str:
    """The 12 digits of an entered reference. Spaces, hyphens and full-width digits are taken.

    Raises ReferenceError_.
    """
    if len(text) > MAX_ENTERED:
        raise ReferenceError_(ReferenceProblem.TOO_LONG)
    digits = without_separators(half_width(text))
    if not digits:
        raise ReferenceError_(ReferenceProblem.EMPTY)
    if not (digits.isascii() and digits.isdigit()):
        raise ReferenceError_(ReferenceProblem.NOT_DIGITS)
    if len(digits) < LENGTH:
        raise ReferenceError_(ReferenceProblem.TOO_SHORT, len(digits))
    if len(digits) > LENGTH:
        raise ReferenceError_(ReferenceProblem.TOO_LONG, len(digits))
    if check_digit(digits[:-1]) != digits[-1]:
        raise ReferenceError_(ReferenceProblem.WRONG_CHECK_DIGIT)
    return digits


def group(reference: str) -> str:
    """As it is shown and printed, ``1234-5678-9012``, and while it is entered: ``1234-56``."""
    return "-".join(reference[start : start + 4] for start in range(0, len(reference), 4))
