"""The schema of the content: what a clerk may write in each file, and within which lengths.

Lengths count characters. They follow from where a text is shown and said: a title fits a button, a question
fits a page and one breath. `docs/writing-content.md` tells the same to clerks.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from backend.authoring.moment import Moment, parse_moment
from backend_client.forms.charge import WHOLE
from backend_client.forms.charge_wire import MAX_BRACKETS, MAX_LINES, MAX_TERMS
from backend_client.forms.text import has_bad_character, normalise
from backend_client.forms.wire import MAX_CONDITIONS, MAX_ONE_OF, MAX_RULES

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_GAP_IN_CHINESE = re.compile(f"[{_HAN}，。、；：！？] +[{_HAN}]")
_RATE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,6})?) ?([%‰])")
_BRACKETED = re.compile(r"〔[^〕]{0,20}〕|（[^）]{0,40}）|\([^)]{0,40}\)")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)*[ \t]*")


RETENTION = 1095
"""Days for which an application is kept after it has ended, where its form does not say."""
MIN_RETENTION, MAX_RETENTION = 30, 36_500


def _clean(text: str, longest: int, *, may_be_empty: bool = False) -> str:
    text = _BLANK_LINES.sub("\n", normalise(text))
    if not text and not may_be_empty:
        raise PydanticCustomError("empty", "empty")
    if len(text) > longest:
        raise PydanticCustomError("text_too_long", "too long", {"longest": longest, "length": len(text)})
    if has_bad_character(text):
        raise PydanticCustomError("bad_character", "bad character")
    return text


def _plain(longest: int) -> AfterValidator:
    return AfterValidator(lambda text: _clean(text, longest))


def _at_most(longest: int) -> AfterValidator:
    return AfterValidator(lambda text: _clean(text, longest, may_be_empty=True))


def _chinese(longest: int) -> AfterValidator:
    def check(text: str) -> str:
        text = _clean(text, longest)
        if _LETTER.search(text) and not _HAN_CHARACTER.search(text):
            raise PydanticCustomError("not_chinese", "not Chinese")
        if gap := _GAP_IN_CHINESE.search(text):
            raise PydanticCustomError("gap_in_chinese", "gap", {"around": gap.group()})
        return text

    return AfterValidator(check)


def _english(longest: int) -> AfterValidator:
    def check(text: str) -> str:
        text = _clean(text, longest)
        if _HAN_CHARACTER.search(_BRACKETED.sub("", text)):
            raise PydanticCustomError("not_english", "not English")
        return text

    return AfterValidator(check)


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
"""Of a policy, service, form, notice or topic; it is also the file's name."""
FieldIdentifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Yuan = Annotated[Decimal, Field(ge=0, le=10**10, decimal_places=2)]
When = Annotated[Moment, PlainValidator(parse_moment)]


class Entry(BaseModel):
    """Base of all: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Entry):
    """One text in both languages."""

    zh: str
    en: str


class TopicTitle(Text):
    """Fits a small button."""

    zh: Annotated[str, _chinese(8)]
    en: Annotated[str, _english(40)]


class ShortTitle(Text):
    """Fits a button and a spoken menu."""

    zh: Annotated[str, _chinese(20)]
    en: Annotated[str, _english(60)]


class Title(Text):
    """The title of something to read."""

    zh: Annotated[str, _chinese(60)]
    en: Annotated[str, _english(160)]


class Summary(Text):
    """Two or three sentences."""

    zh: Annotated[str, _chinese(300)]
    en: Annotated[str, _english(900)]


class Heading(Text):
    """Above a part of a text."""

    zh: Annotated[str, _chinese(40)]
    en: Annotated[str, _english(120)]


class Body(Text):
    """A part of a text: what is read out in one go."""

    zh: Annotated[str, _chinese(3000)]
    en: Annotated[str, _english(8000)]


class Label(Text):
    """Beside an answer, in the summary and on the slip."""

    zh: Annotated[str, _chinese(12)]
    en: Annotated[str, _english(40)]


class Question(Text):
    """Shown above the keyboard, and said."""

    zh: Annotated[str, _chinese(60)]
    en: Annotated[str, _english(160)]


class Hint(Text):
    """Below the question."""

    zh: Annotated[str, _chinese(120)]
    en: Annotated[str, _english(300)]


class Statement(Text):
    """A paragraph or two around a form."""

    zh: Annotated[str, _chinese(500)]
    en: Annotated[str, _english(1500)]


class PartEntry(Entry):
    """One part of a longer text."""

    heading: Heading
    text: Body


class TopicEntry(Entry):
    """One topic of topics.yaml."""

    id: Identifier
    title: TopicTitle


class PolicyEntry(Entry):
    """policies/<id>.yaml."""

    id: Identifier
    topic: Identifier
    title: Title
    document_number: Annotated[str, _at_most(40)] = ""
    issuer: Title
    issue_date: Day
    summary: Summary
    sections: Annotated[tuple[PartEntry, ...], Field(min_length=1, max_length=20)]
    demonstration: bool = False


class ServiceKindName(StrEnum):
    """What a service is made of."""

    POLICY = "policy"
    GUIDE = "guide"
    FORM = "form"
    STATUS = "status"
    NOTICE = "notice"
    LOOKUP = "lookup"
    PAYMENT = "payment"
    RATING = "rating"
    APPOINTMENT = "appointment"
    DOCUMENT = "document"


class GuideEntry(Entry):
    """How a matter is handled."""

    eligibility: Summary
    materials: Annotated[tuple[Summary, ...], Field(min_length=1, max_length=20)]
    steps: Annotated[tuple[Summary, ...], Field(min_length=1, max_length=20)]
    duration: Summary
    fee: Summary
    place: Summary
    opening_hours: Summary
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9](?:[0-9-]{1,18})[0-9]$")]
    working_days: Annotated[int, Field(ge=0, le=1000)] = 0
    """Within which the office answers; 0 where it promises no number."""


class ServiceEntry(Entry):
    """services/<id>.yaml."""

    id: Identifier
    rank: Annotated[int, Field(ge=0, le=10_000)]
    kind: ServiceKindName
    title: ShortTitle
    summary: Summary
    department: Title
    form: Identifier | None = None
    lookup: Identifier | None = None
    guide: GuideEntry | None = None
    feedback: bool = False
    demonstration: bool = False


class FieldTypeName(StrEnum):
    """What kind of answer a field takes."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    MONEY = "money"
    CHOICE = "choice"
    CHOICES = "choices"
    IDENTITY_NUMBER = "identity_number"
    PHONE_NUMBER = "phone_number"
    YES_NO = "yes_no"
    SLOT = "slot"


class OptionEntry(Entry):
    """One option of a choice."""

    id: FieldIdentifier
    label: ShortTitle


class ConditionEntry(Entry):
    """What an earlier question has to be answered with."""

    field: FieldIdentifier
    any_of: Annotated[tuple[FieldIdentifier, ...], Field(min_length=1, max_length=50)]


def _listed(written: object) -> object:
    """One condition may be written without a hyphen in front."""
    return [written] if isinstance(written, dict) else written


Conditions = Annotated[
    tuple[ConditionEntry, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MAX_CONDITIONS)
]


class FieldEntry(Entry):
    """One question of a form."""

    id: FieldIdentifier
    type: FieldTypeName
    label: Label
    question: Question
    hint: Hint | None = None
    required: bool = True
    private: bool = False
    prefill: Literal["name", "sex", "birth_date", "address", "identity_number"] | None = None
    options: Annotated[tuple[OptionEntry, ...], Field(min_length=2, max_length=50)] | None = None
    min_length: Annotated[int, Field(ge=0, le=10_000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=10_000)] | None = None
    min_yuan: Yuan | None = None
    max_yuan: Yuan | None = None
    min_date: Day | None = None
    max_date: Day | None = None
    not_in_future: bool | None = None
    counters: Identifier | None = None
    asked_if: Conditions = ()


class AtMostEntry(Entry):
    """One answer may not be above another."""

    field: FieldIdentifier
    other: FieldIdentifier


class OneOfEntry(Entry):
    """So many of some questions have to be answered."""

    fields: Annotated[tuple[FieldIdentifier, ...], Field(min_length=2, max_length=MAX_ONE_OF)]
    min: Annotated[int, Field(ge=0, le=MAX_ONE_OF)] = 1
    max: Annotated[int, Field(ge=1, le=MAX_ONE_OF)] | None = None


class RuleEntry(Entry):
    """What answers have to fulfil together, and what is said where they do not."""

    at_most: AtMostEntry | None = None
    one_of: OneOfEntry | None = None
    sentence: Hint


def _millionths(written: object) -> int:
    found = _RATE.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None or (rate := Decimal(found[1]) * (10_000 if found[2] == "%" else 1_000)) != int(rate):
        raise PydanticCustomError("not_a_rate", "not a rate")
    if rate > WHOLE:
        raise PydanticCustomError("rate_above_whole", "above 100 %")
    return int(rate)


Rate = Annotated[int, PlainValidator(_millionths)]
"""``3%`` or ``0.5‰``, as millionths."""
Amounts = Annotated[
    tuple[FieldIdentifier, ...],
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
    Field(min_length=1, max_length=MAX_TERMS),
]
"""Questions of the type money and earlier lines. One may be written without a hyphen in front."""


class BracketEntry(Entry):
    """One bracket of a rate or a fee. deduction: the quick deduction, worked out where brackets are
    progressive."""

    up_to: Yuan | None = None
    rate: Rate = 0
    amount: Yuan = Decimal(0)
    deduction: Yuan | None = None


class ChargeLineEntry(Entry):
    """One line of what a form costs."""

    id: FieldIdentifier
    label: Label
    role: Literal["charge", "relief", "basis"] = "charge"
    of: Amounts | None = None
    less: Amounts | None = None
    amount: Yuan | None = None
    times: FieldIdentifier | None = None
    rate: Rate | None = None
    brackets: Annotated[tuple[BracketEntry, ...], Field(min_length=1, max_length=MAX_BRACKETS)] | None = None
    progressive: bool = False
    by: FieldIdentifier | None = None
    only_if: Conditions = ()
    rounding: Literal["half_up", "down", "up"] = "half_up"
    to: Literal["fen", "jiao", "yuan"] = "fen"
    min_yuan: Yuan | None = None
    max_yuan: Yuan | None = None


class ChargeEntry(Entry):
    """What a form costs."""

    total: Label
    lines: Annotated[tuple[ChargeLineEntry, ...], Field(min_length=1, max_length=MAX_LINES)]


class ContactEntry(Entry):
    """Which questions say where a resident is told of changes of the case."""

    phone: FieldIdentifier | None = None
    email: FieldIdentifier | None = None
    consent: FieldIdentifier | None = None


class FormEntry(Entry):
    """forms/<id>.yaml. retention: days for which an application is kept after it has ended; public_field: the
    question by which its resident consents to the publication of the answer."""

    id: Identifier
    title: ShortTitle
    introduction: Statement
    applicant_field: FieldIdentifier
    public_field: FieldIdentifier | None = None
    contact: ContactEntry | None = None
    fields: Annotated[tuple[FieldEntry, ...], Field(min_length=1, max_length=100)]
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=MAX_RULES)] = ()
    charge: ChargeEntry | None = None
    declaration: Statement
    next_steps: Statement
    retention: Annotated[int, Field(ge=MIN_RETENTION, le=MAX_RETENTION)] = RETENTION
    demonstration: bool = False


class NoticeCategoryName(StrEnum):
    """What a notice is about."""

    POWER_CUT = "power_cut"
    WATER_CUT = "water_cut"
    TRAFFIC = "traffic"
    HEALTH = "health"
    EMPLOYMENT = "employment"
    GOVERNMENT = "government"
    PROCUREMENT = "procurement"
    GAZETTE = "gazette"
    QUESTION = "question"
    PROJECT = "project"
    PRODUCT = "product"


class NoticeEntry(Entry):
    """notices/<id>.yaml."""

    id: Identifier
    category: NoticeCategoryName
    title: Title
    area: Title | None = None
    summary: Summary
    sections: Annotated[tuple[PartEntry, ...], Field(min_length=1, max_length=20)]
    publish_time: When
    start_time: When | None = None
    end_time: When | None = None
    demonstration: bool = False


Word = Annotated[str, _plain(40)]
SynonymGroup = Annotated[tuple[Word, ...], Field(min_length=2, max_length=10)]
"""Words of synonyms.yaml that residents use for the same thing."""
