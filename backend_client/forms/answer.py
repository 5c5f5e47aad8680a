"""Answers and what can be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from backend_client.forms.form import Rule


@dataclass(frozen=True, slots=True)
class Recording:
    """A free text given by voice: the name of its attachment, ``attachments/{uuid}``."""

    attachment: str


Value = str | date | int | bool | tuple[str, ...] | Recording
"""A checked answer.

str for TEXT, DIGITS, CHOICE (the option's identifier), IDENTITY_NUMBER (18 characters, capital X),
PHONE_NUMBER (digits only) and SLOT (its name); date for DATE; int (fen) for MONEY; bool for YES_NO;
tuple of option identifiers in the form's order for CHOICES; Recording for TEXT given on the phone.
"""


class Problem(Enum):
    """Why an answer is wrong; names and numbers are those of `huimin.v1.AnswerProblem`."""

    REQUIRED = 1
    WRONG_TYPE = 2
    TOO_SHORT = 3
    TOO_LONG = 4
    NOT_DIGITS = 5
    NO_SUCH_DATE = 6
    TOO_EARLY = 7
    TOO_LATE = 8
    NOT_AN_AMOUNT = 9
    TOO_SMALL = 10
    TOO_LARGE = 11
    NO_SUCH_OPTION = 12
    TOO_FEW = 13
    TOO_MANY = 14
    WRONG_CHECK_DIGIT = 15
    NOT_AN_IDENTITY_NUMBER = 16
    NOT_A_PHONE_NUMBER = 17
    BAD_CHARACTER = 18
    NO_SUCH_FIELD = 19
    RULE_BROKEN = 20
    NOT_ASKED = 21
    SLOT_TAKEN = 22
    NO_SUCH_SLOT = 23
    ALREADY_BOOKED = 24


class AnswerError(ValueError):
    """An answer that cannot be taken.

    field: identifier of the field; problem: what is wrong; bound: the limit it breaks
    (int for lengths and fen, date for dates), None where there is none; given: what helps to see the
    mistake, never shown by str or repr: the length that is wrong, or (year, month, day) of NO_SUCH_DATE;
    rule: the one that is broken, where it is known.
    """

    def __init__(
        self,
        field: str,
        problem: Problem,
        bound: int | date | None = None,
        given: int | tuple[int, int, int] | None = None,
        rule: Rule | None = None,
    ) -> None:
        super().__init__(f"{field}: {problem.name}")
        self.field = field
        self.problem = problem
        self.bound = bound
        self.given = given
        self.rule = rule
