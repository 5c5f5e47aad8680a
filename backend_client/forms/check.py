"""Is this answer right? The one set of rules, for both doors and for the backend.

`check` judges a value, `parse` makes a value of what was typed or keyed and judges it. Both give the value
as it is to be kept, or raise AnswerError.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Never
from uuid import UUID

from backend_client.forms import phone_number, text
from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.entry import half_width, without_separators
from backend_client.forms.form import Field, FieldType
from backend_client.forms.identity_number import IdentityNumberError, check_identity_number
from backend_client.forms.slot import slot_of

MAX_YUAN_DIGITS = 18
"""Digits of yuan beyond which an amount is too large, whatever it is."""

_DATE = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"|[-/.](?P<month2>[0-9]{1,2})[-/.](?P<day2>[0-9]{1,2})"
    r"|年(?P<month3>[0-9]{1,2})月(?P<day3>[0-9]{1,2})[日号]?)"
)
_AMOUNT = re.compile(r"¥?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:[.*]([0-9]{0,2}))?元?")
_YES = frozenset(("yes", "1", "是"))
_NO = frozenset(("no", "2", "否"))
_COMMAS = re.compile(r"[,，、]")


def check(field: Field, value: Value, today: date) -> Value:
    """The value as it is to be kept: texts normalised, options in the form's order.

    today: local date of the county, for fields whose days may not lie ahead.
    Raises AnswerError.
    """
    match field.type:
        case FieldType.TEXT:
            return _text(field, value)
        case FieldType.DIGITS:
            return _digits(field, value)
        case FieldType.DATE:
            return _date(field, value, today)
        case FieldType.MONEY:
            return _money(field, value)
        case FieldType.CHOICE:
            return _choice(field, value)
        case FieldType.CHOICES:
            return _choices(field, value)
        case FieldType.IDENTITY_NUMBER:
            return _identity_number(field, value, today)
        case FieldType.PHONE_NUMBER:
            return _phone_number(field, value)
        case FieldType.YES_NO:
            if not isinstance(value, bool):
                _refuse(field, Problem.WRONG_TYPE)
            return value
        case FieldType.SLOT:
            return _slot(field, value)


def parse(field: Field, entered: str, today: date) -> Value:
    """The value that an entry means, checked.

    Full-width digits and signs are taken everywhere but in free text. DATE: ``2026-02-03``, ``20260203``,
    ``2026/2/3``, ``2026年2月3日``. MONEY in yuan: ``12``, ``12.5``, ``1,234.50`` and, from a phone,
    ``12*50``.
    CHOICES: identifiers joined by commas. YES_NO: ``yes`` or ``no``, ``1`` or ``2``, ``是`` or ``否``.
    Raises AnswerError.
    """
    if field.type is FieldType.TEXT:
        return _text(field, entered)
    if not entered.strip():
        _refuse(field, Problem.REQUIRED)
    plain = half_width(entered)
    value: Value
    match field.type:
        case FieldType.DIGITS:
            value = without_separators(plain)
        case FieldType.DATE:
            value = _parsed_date(field, plain)
        case FieldType.MONEY:
            value = _parsed_money(field, plain)
        case FieldType.CHOICES:
            value = tuple(part.strip() for part in _COMMAS.split(plain) if part.strip())
        case FieldType.YES_NO:
            value = _parsed_yes_no(field, plain)
        case _:
            value = plain
    return check(field, value, today)


def _refuse(
    field: Field,
    problem: Problem,
    bound: int | date | None = None,
    given: int | tuple[int, int, int] | None = None,
) -> Never:
    raise AnswerError(field.id, problem, bound, given)


def _string(field: Field, value: Value) -> str:
    if not isinstance(value, str):
        _refuse(field, Problem.WRONG_TYPE)
    if not value.strip():
        _refuse(field, Problem.REQUIRED)
    return value


def _length(field: Field, length: int) -> None:
    if length > field.longest:
        _refuse(field, Problem.TOO_LONG, field.longest, length)
    if length < field.min_length:
        _refuse(field, Problem.TOO_SHORT, field.min_length, length)


def _text(field: Field, value: Value) -> str | Recording:
    if isinstance(value, Recording):
        kind, _, identifier = value.attachment.partition("/")
        if kind != "attachments" or not _is_uuid(identifier):
            _refuse(field, Problem.WRONG_TYPE)
        return value
    entered = _string(field, value)
    if (
        len(entered) > 4 * field.longest
    ):  # NFC joins up to three to one, and is slow with long runs of accents
        _refuse(field, Problem.TOO_LONG, field.longest, len(entered))
    normal = text.normalise(entered)
    if text.has_bad_character(normal):
        _refuse(field, Problem.BAD_CHARACTER)
    _length(field, len(normal))
    return normal


def _digits(field: Field, value: Value) -> str:
    digits = _string(field, value)
    if not (digits.isascii() and digits.isdigit()):
        _refuse(field, Problem.NOT_DIGITS)
    _length(field, len(digits))
    return digits


def _date(field: Field, value: Value, today: date) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        _refuse(field, Problem.WRONG_TYPE)
    latest = min(field.max_date, today) if field.not_in_future else field.max_date
    if value > latest:
        _refuse(field, Problem.TOO_LATE, latest)
    if value < field.min_date:
        _refuse(field, Problem.TOO_EARLY, field.min_date)
    return value


def _money(field: Field, value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(field, Problem.WRONG_TYPE)
    if value < field.min_fen:
        _refuse(field, Problem.TOO_SMALL, field.min_fen)
    if value > field.max_fen:
        _refuse(field, Problem.TOO_LARGE, field.max_fen)
    return value


def _choice(field: Field, value: Value) -> str:
    identifier = _string(field, value)
    if all(option.id != identifier for option in field.options):
        _refuse(field, Problem.NO_SUCH_OPTION)
    return identifier


def _choices(field: Field, value: Value) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        _refuse(field, Problem.WRONG_TYPE)
    if not value:
        _refuse(field, Problem.REQUIRED)
    chosen = set(value)
    ordered = tuple(option.id for option in field.options if option.id in chosen)
    if len(ordered) < len(chosen):
        _refuse(field, Problem.NO_SUCH_OPTION)
    if len(value) > field.longest:
        _refuse(field, Problem.TOO_MANY, field.longest, len(value))
    if len(chosen) < len(value):
        _refuse(field, Problem.TOO_MANY, given=len(value))
    if len(value) < field.min_length:
        _refuse(field, Problem.TOO_FEW, field.min_length, len(value))
    return ordered


def _slot(field: Field, value: Value) -> str:
    """Whether it can be booked is for the backend to say."""
    written = _string(field, value)
    try:
        slot = slot_of(written)
    except ValueError:
        _refuse(field, Problem.NO_SUCH_SLOT)
    if f"counters/{slot.counters}" != field.counters:
        _refuse(field, Problem.NO_SUCH_SLOT)
    return slot.name


def _identity_number(field: Field, value: Value, today: date) -> str:
    try:
        return check_identity_number(_string(field, value), today)
    except IdentityNumberError as error:
        raise AnswerError(field.id, error.problem) from None


def _phone_number(field: Field, value: Value) -> str:
    digits = phone_number.digits_of(_string(field, value))
    if not phone_number.is_phone_number(digits):
        _refuse(field, Problem.NOT_A_PHONE_NUMBER)
    return digits


def _is_uuid(identifier: str) -> bool:
    try:
        return str(UUID(identifier)) == identifier
    except ValueError:
        return False


def _parsed_date(field: Field, entered: str) -> date:
    found = _DATE.fullmatch(re.sub(r"\s+", "", entered))
    if not found:
        _refuse(field, Problem.NO_SUCH_DATE)
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        _refuse(field, Problem.NO_SUCH_DATE, given=(year, month, day))


def _parsed_money(field: Field, entered: str) -> int:
    found = _AMOUNT.fullmatch(re.sub(r"\s+", "", entered))
    if not found:
        _refuse(field, Problem.NOT_AN_AMOUNT)
    yuan, decimals = found[1].replace(",", ""), found[2]
    if len(yuan) > MAX_YUAN_DIGITS:
        _refuse(field, Problem.TOO_LARGE, field.max_fen)
    return int(yuan) * 100 + int((decimals or "").ljust(2, "0"))


def _parsed_yes_no(field: Field, entered: str) -> bool:
    word = entered.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    _refuse(field, Problem.NO_SUCH_OPTION)
