"""A lookup as both doors and the backend know it: what is asked, and what a record is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from enum import Enum

from backend_client.forms.form import Form, Option
from foundation.language import Language, LocalizedText

MAX_QUESTIONS = 10
MAX_COLUMNS = 30
MAX_RECORDS = 50
"""Records of one answer; who has more is told so."""
MAX_TEXT = 500
"""Characters of a text in a record."""
MAX_NUMBER = 64
"""Characters of DIGITS in a record."""
MAX_COUNT = 10**12

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE = re.compile(rf"[{_PROVINCES}][A-Z][A-Z0-9挂学警港澳领]{{4,6}}")
"""The number of a vehicle's plate without its dot: GA 36, and eight characters for new energy."""
NUMBER = re.compile(r"[0-9A-Za-z-]+")
"""DIGITS of a record."""
PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
"""Where the value of a column stands in a sentence."""


class Access(Enum):
    """Who may ask; the values are the numbers of the contract."""

    ANYONE = 1
    CARD = 2
    REFERENCE = 3


class ColumnType(Enum):
    """What a column holds; the values are the numbers of the contract."""

    TEXT = 1
    DIGITS = 2
    DATE = 3
    PERIOD = 4
    MONEY = 5
    PLATE = 6
    COUNT = 7
    CHOICE = 8
    PHONE_NUMBER = 9
    MOMENT = 10


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year, such as that of a bill."""

    year: int
    month: int


RecordValue = str | date | Month | int | datetime
"""A value of a record, by its column's type.

str for TEXT, DIGITS, PLATE, CHOICE (the option's identifier) and PHONE_NUMBER; date for DATE; Month for
PERIOD; int for MONEY (fen) and COUNT; an aware datetime for MOMENT.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the records."""

    id: str
    type: ColumnType
    label: LocalizedText
    options: tuple[Option, ...] = ()

    def option(self, identifier: str) -> Option:
        """The option of that identifier; KeyError where there is none."""
        for option in self.options:
            if option.id == identifier:
                return option
        raise KeyError(identifier)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup. `name` is ``lookups/{lookup}``.

    questions: what is asked, a form that is never sent; listed: a record in one line; said: a record in one
    or two sentences; nothing: what is told where there is none. In `listed` and `said` ``{column}`` stands
    for a value.
    as_of: None where it is fresh; else when it was read, the backend being away.
    """

    name: str
    revision: str
    title: LocalizedText
    access: Access
    questions: Form
    columns: tuple[Column, ...]
    listed: LocalizedText
    said: LocalizedText
    nothing: LocalizedText
    demonstration: bool = False
    as_of: datetime | None = dataclass_field(default=None, compare=False)

    @property
    def personal(self) -> bool:
        """Whether it tells of the person of a session."""
        return self.access is not Access.ANYONE

    def column(self, identifier: str) -> Column:
        """The column of that identifier; KeyError where there is none."""
        for column in self.columns:
            if column.id == identifier:
                return column
        raise KeyError(identifier)


@dataclass(frozen=True, slots=True)
class Payable:
    """What a record costs. token: given to the backend to pay it; its repr does not show it."""

    token: str = dataclass_field(repr=False)
    amount_fen: int
    title: LocalizedText


@dataclass(frozen=True, slots=True)
class Record:
    """One record: values by column, in the order of the columns. Its repr shows none.

    payable: where it can be paid here; pay_time: when it was, which its values may not say yet; aware, UTC;
    text_token: given to the backend to send it by SMS, empty where it is not sent.
    """

    values: Mapping[str, RecordValue] = dataclass_field(repr=False)
    payable: Payable | None = None
    pay_time: datetime | None = None
    text_token: str = dataclass_field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup found. more: there are more than these; ask_time: when it was asked."""

    records: tuple[Record, ...] = dataclass_field(repr=False)
    more: bool
    ask_time: datetime


def questions(name: str, title: LocalizedText) -> Form:
    """The form of a lookup, still without questions. Nobody declares anything in it, and it is never sent."""
    nothing = LocalizedText("", "")
    return Form(name, "", title, nothing, (), nothing, nothing, applicant_field="")


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with its places filled. values: by column, ready to be shown or said, one for each place."""
    return PLACE.sub(lambda place: values[place[1]], sentence)


def with_labels(lookup: Lookup, sentence: LocalizedText, language: Language) -> str:
    """A sentence with the labels of its columns in brackets, for those who write it."""
    return filled(sentence[language], {one.id: f"〔{one.label[language]}〕" for one in lookup.columns})
