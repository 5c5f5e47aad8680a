"""A form as both doors and the backend know it."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from enum import Enum

from foundation.language import LocalizedText

VOICEMAIL = "forms/voicemail"
"""The only form that names nobody: see `backend_client.forms.voicemail`."""
MAX_FEN = 10**12
"""Largest amount of money anywhere: ten thousand million yuan."""
EARLIEST = date(1900, 1, 1)
LATEST = date(2199, 12, 31)
MAX_TEXT = 2000
"""Longest free text in characters where the form sets no bound."""
MAX_DIGITS = 32


class FieldType(Enum):
    """What kind of answer a field takes; the values are the numbers of the contract."""

    TEXT = 1
    DIGITS = 2
    DATE = 3
    MONEY = 4
    CHOICE = 5
    CHOICES = 6
    IDENTITY_NUMBER = 7
    PHONE_NUMBER = 8
    YES_NO = 9
    SLOT = 10


COMPARABLE: frozenset[FieldType | None] = frozenset((FieldType.DATE, FieldType.MONEY, FieldType.DIGITS))
"""Types of which one answer can be bounded by another."""


class CardItem(Enum):
    """What an identity card fills in; the values are the numbers of the contract."""

    NAME = 1
    SEX = 2
    BIRTH_DATE = 3
    ADDRESS = 4
    IDENTITY_NUMBER = 5


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice."""

    id: str
    label: LocalizedText


@dataclass(frozen=True, slots=True)
class Condition:
    """A question is asked only where an earlier one was answered with one of these.

    any_of: identifiers of options; for YES_NO ``yes`` or ``no``.
    """

    field: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. Lengths count characters, digits or options, by type; money is in fen.

    counters: of SLOT, ``counters/{counters}``; asked_if: it is asked only where all of these hold.
    """

    id: str
    type: FieldType
    label: LocalizedText
    question: LocalizedText
    hint: LocalizedText | None = None
    required: bool = True
    prefill: CardItem | None = None
    private: bool = False
    options: tuple[Option, ...] = ()
    min_length: int = 0
    max_length: int = 0
    min_fen: int = 0
    max_fen: int = MAX_FEN
    min_date: date = EARLIEST
    max_date: date = LATEST
    not_in_future: bool = False
    counters: str = ""
    asked_if: tuple[Condition, ...] = ()

    @property
    def longest(self) -> int:
        """`max_length`, or what stands for it where the form sets none; 0 for types without a length."""
        if self.max_length:
            return self.max_length
        match self.type:
            case FieldType.TEXT:
                return MAX_TEXT
            case FieldType.DIGITS:
                return MAX_DIGITS
            case FieldType.CHOICES:
                return len(self.options)
        return 0

    @property
    def choices(self) -> frozenset[str]:
        """What a condition may name of it: its options, ``yes`` and ``no``; of other types nothing."""
        if self.type is FieldType.YES_NO:
            return frozenset(("yes", "no"))
        return frozenset(option.id for option in self.options)

    def option(self, identifier: str) -> Option:
        """The option of that identifier; KeyError where there is none."""
        for option in self.options:
            if option.id == identifier:
                return option
        raise KeyError(identifier)


@dataclass(frozen=True, slots=True)
class AtMost:
    """The answer to `field` may not be above the one to `other`, or for days not later.

    Both are DATE, both MONEY, or both DIGITS, which are compared as numbers.
    """

    field: str
    other: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is about."""
        return (self.field, self.other)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Of these fields, none of them required, at least `min` and at most `max` have to be answered.

    max: 0 where there is no bound. Where fewer than `min` of them are asked, all that are asked.
    """

    fields: tuple[str, ...]
    min: int = 0
    max: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What several answers have to fulfil together. `sentence` tells whoever breaks it what to do."""

    sentence: LocalizedText
    kind: AtMost | OneOf


class ChargeRole(Enum):
    """What a line does to the total; the values are the numbers of the contract."""

    CHARGE = 1
    RELIEF = 2
    BASIS = 3


class Rounding(Enum):
    """How an amount becomes a multiple of a unit; the values are the numbers of the contract."""

    HALF_UP = 1
    DOWN = 2
    UP = 3


@dataclass(frozen=True, slots=True)
class Fixed:
    """An amount, once or as often as the DIGITS field `times` says."""

    amount_fen: int
    times: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many millionths of the base: 30 000 is 3 %."""

    millionths: int


@dataclass(frozen=True, slots=True)
class Bracket:
    """base × rate + amount - deduction, up to and including `up_to_fen`; None: without bound.

    deduction_fen: the quick deduction (速算扣除数) of progressive brackets.
    """

    rate_millionths: int
    up_to_fen: int | None = None
    amount_fen: int = 0
    deduction_fen: int = 0


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets from the smallest to the one without bound.

    by: the MONEY field or earlier line that decides between them; empty: the base.
    """

    brackets: tuple[Bracket, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line of what a form costs.

    of, less: MONEY fields and earlier lines whose sum and difference is the base; kind: how the amount comes
    from it, None where it is the base; only_if: the line is there only where all of these hold; unit_fen: 1,
    10 or 100, what is rounded to; min_fen, max_fen: between which the amount is held afterwards.
    """

    id: str
    label: LocalizedText
    role: ChargeRole = ChargeRole.CHARGE
    of: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    kind: Fixed | Rate | Brackets | None = None
    only_if: tuple[Condition, ...] = ()
    rounding: Rounding = Rounding.HALF_UP
    unit_fen: int = 1
    min_fen: int = 0
    max_fen: int = MAX_FEN


@dataclass(frozen=True, slots=True)
class Charge:
    """What a form costs: lines in order, and the words for their total."""

    total: LocalizedText
    lines: tuple[ChargeLine, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Which answers say where a resident is told of changes: identifiers of fields, empty for none.

    phone: PHONE_NUMBER, email: TEXT; consent: YES_NO that has to be yes; where empty, giving them is consent.
    """

    phone: str = ""
    email: str = ""
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `name` is ``forms/{form}``.

    applicant_field: who applies; empty for VOICEMAIL.
    as_of: None where it is fresh; else when it was read, the backend being away.
    """

    name: str
    revision: str
    title: LocalizedText
    introduction: LocalizedText
    fields: tuple[Field, ...]
    declaration: LocalizedText
    next_steps: LocalizedText
    applicant_field: str
    demonstration: bool = False
    rules: tuple[Rule, ...] = ()
    charge: Charge | None = None
    contact: Contact | None = None
    as_of: datetime | None = dataclass_field(default=None, compare=False)

    @property
    def slot_field(self) -> Field | None:
        """The field that books an appointment."""
        return next((field for field in self.fields if field.type is FieldType.SLOT), None)

    def field(self, identifier: str) -> Field:
        """The field of that identifier; KeyError where there is none."""
        for field in self.fields:
            if field.id == identifier:
                return field
        raise KeyError(identifier)
