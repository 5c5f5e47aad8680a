"""What to tell a resident about an answer that cannot be taken: what is wrong, and what to do.

The sentences are shown and spoken, so they hold nothing that cannot be read aloud.
"""

from __future__ import annotations

from datetime import date

from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.form import MAX_FEN, Field, FieldType
from backend_client.forms.identity_number import IdentityNumberError
from backend_client.forms.present import present_date
from backend_client.forms.reference import ReferenceError_, ReferenceProblem
from backend_client.forms.wording import wording
from foundation.language import Language, Translate

_PLAIN = {
    Problem.WRONG_TYPE: "answer.wrong_type",
    Problem.NOT_DIGITS: "answer.not_digits",
    Problem.NOT_AN_AMOUNT: "answer.not_an_amount",
    Problem.WRONG_CHECK_DIGIT: "answer.wrong_check_digit",
    Problem.NOT_AN_IDENTITY_NUMBER: "answer.not_an_identity_number",
    Problem.NOT_A_PHONE_NUMBER: "answer.not_a_phone_number",
    Problem.BAD_CHARACTER: "answer.bad_character",
    Problem.NO_SUCH_FIELD: "answer.no_such_field",
    Problem.RULE_BROKEN: "answer.rule_broken",
    Problem.NOT_ASKED: "answer.not_asked",
    Problem.SLOT_TAKEN: "answer.slot_taken",
    Problem.NO_SUCH_SLOT: "answer.no_such_slot",
    Problem.ALREADY_BOOKED: "answer.already_booked",
}

_REFERENCE = {
    ReferenceProblem.EMPTY: "reference.empty",
    ReferenceProblem.NOT_DIGITS: "reference.not_digits",
    ReferenceProblem.TOO_SHORT: "reference.wrong_length",
    ReferenceProblem.TOO_LONG: "reference.wrong_length",
    ReferenceProblem.WRONG_CHECK_DIGIT: "reference.wrong_check_digit",
}


def explain(error: AnswerError, field: Field, language: Language) -> str:
    """One or two sentences about a wrong answer to `field`.

    Where the error knows no bound, as when the backend refused the answer, the field's own is given. A rule
    that is broken has its sentence in the form.
    """
    translate = wording(language)
    match error.problem:
        case Problem.RULE_BROKEN if error.rule is not None:
            return error.rule.sentence[language]
        case Problem.REQUIRED:
            return translate("answer.required" if field.required else "answer.required_or_skip")
        case Problem.TOO_SHORT | Problem.TOO_LONG:
            return _length(error, field, translate)
        case Problem.NO_SUCH_DATE:
            return _no_such_date(error, translate)
        case Problem.TOO_EARLY:
            return translate("answer.too_early", bound=present_date(_day(error, field.min_date), language))
        case Problem.TOO_LATE:
            return _too_late(error, field, language)
        case Problem.TOO_SMALL:
            return translate("answer.too_small", bound=_yuan(_count(error, field.min_fen)))
        case Problem.TOO_LARGE:
            largest = _count(error, field.max_fen)
            if largest >= MAX_FEN:
                return translate("answer.too_large_at_all")
            return translate("answer.too_large", bound=_yuan(largest))
        case Problem.NO_SUCH_OPTION:
            yes_no = field.type is FieldType.YES_NO
            return translate("answer.yes_or_no" if yes_no else "answer.no_such_option")
        case Problem.TOO_FEW:
            return translate("answer.too_few", bound=_count(error, field.min_length))
        case Problem.TOO_MANY:
            if error.bound is None and error.given is not None:
                return translate("answer.option_twice")
            return translate("answer.too_many", bound=_count(error, field.longest))
    return translate(_PLAIN[error.problem])


def explain_reference(error: ReferenceError_, language: Language) -> str:
    """What to tell about a reference that cannot be one."""
    translate = wording(language)
    sentence = translate(_REFERENCE[error.problem])
    if error.given:
        return _joined(translate, sentence, translate("answer.given_digits", given=error.given))
    return sentence


def explain_identity_number(error: IdentityNumberError, language: Language) -> str:
    """What to tell about an identity number asked for outside a form."""
    return wording(language)(_PLAIN[error.problem])


def explain_identity_suffix(language: Language) -> str:
    """What to tell about the last six characters of an identity number that cannot be them."""
    return wording(language)("identity_suffix.malformed")


def _length(error: AnswerError, field: Field, translate: Translate) -> str:
    short = error.problem is Problem.TOO_SHORT
    bound = _count(error, field.min_length if short else field.longest)
    if field.type is FieldType.DIGITS:
        given = "answer.given_digits"
        if field.min_length == field.longest:
            sentence = translate("answer.exact_digits", bound=bound)
        else:
            sentence = translate("answer.too_few_digits" if short else "answer.too_many_digits", bound=bound)
    else:
        given = "answer.given_characters"
        sentence = translate("answer.too_short" if short else "answer.too_long", bound=bound)
    if isinstance(error.given, int):
        return _joined(translate, sentence, translate(given, given=error.given))
    return sentence


def _no_such_date(error: AnswerError, translate: Translate) -> str:
    if not isinstance(error.given, tuple):
        return translate("answer.date_malformed")
    year, month, day = error.given
    sentence = translate("answer.no_such_date")
    if not 1 <= month <= 12:
        return _joined(translate, sentence, translate("answer.no_such_month", month=month))
    if year < 1:
        return sentence
    name = translate(f"month.{month}")
    if (month, day) == (2, 29):
        detail = translate("answer.no_such_day_in_year", year=year, month=name, day=day)
    else:
        detail = translate("answer.no_such_day", month=name, day=day)
    return _joined(translate, sentence, detail)


def _too_late(error: AnswerError, field: Field, language: Language) -> str:
    translate = wording(language)
    latest = _day(error, field.max_date)
    if not field.not_in_future or (error.bound is not None and latest == field.max_date):
        return translate("answer.too_late", bound=present_date(latest, language))
    sentence = translate("answer.in_future")
    if error.bound is None:
        return sentence
    return _joined(translate, sentence, translate("answer.today", today=present_date(latest, language)))


def _count(error: AnswerError, otherwise: int) -> int:
    return error.bound if isinstance(error.bound, int) else otherwise


def _day(error: AnswerError, otherwise: date) -> date:
    return error.bound if isinstance(error.bound, date) else otherwise


def _yuan(fen: int) -> str:
    """An amount without grouping marks, which a voice would stumble over."""
    yuan, rest = divmod(fen, 100)
    return f"{yuan}.{rest:02d}" if rest else str(yuan)


def _joined(translate: Translate, first: str, second: str) -> str:
    return translate("sentences.two", first=first, second=second)
