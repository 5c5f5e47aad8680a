"""Forms and answers as messages of the contract, and back. Both sides of the wire use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from google.type import date_pb2
from huimin.v1 import common_pb2, form_pb2

from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.charge import largest_fen
from backend_client.forms.charge_wire import charge_from_proto, charge_to_proto
from backend_client.forms.form import (
    COMPARABLE,
    EARLIEST,
    LATEST,
    MAX_FEN,
    VOICEMAIL,
    AtMost,
    CardItem,
    Condition,
    Contact,
    Field,
    FieldType,
    Form,
    OneOf,
    Option,
    Rule,
)
from backend_client.forms.message_parts import (
    Malformed,
    distinct,
    enum_from_proto,
    is_identifier,
    localized_from_proto,
    localized_to_proto,
    optional_localized_from_proto,
)
from foundation.language import Language

__all__ = [
    "MAX_CONDITIONS",
    "MAX_FIELDS",
    "MAX_ONE_OF",
    "MAX_OPTIONS",
    "MAX_RULES",
    "Malformed",
    "answer_from_proto",
    "answer_to_proto",
    "date_from_proto",
    "date_to_proto",
    "enum_from_proto",
    "form_from_proto",
    "form_to_proto",
    "language_from_proto",
    "language_to_proto",
    "localized_from_proto",
    "localized_to_proto",
    "optional_localized_from_proto",
]

MAX_FIELDS = 100
MAX_OPTIONS = 50
MAX_RULES = 20
MAX_CONDITIONS = 5
MAX_ONE_OF = 20

_VALUE_NAMES = {
    FieldType.TEXT: "text",
    FieldType.DIGITS: "digits",
    FieldType.DATE: "date",
    FieldType.MONEY: "money_fen",
    FieldType.CHOICE: "choice",
    FieldType.CHOICES: "choices",
    FieldType.IDENTITY_NUMBER: "identity_number",
    FieldType.PHONE_NUMBER: "phone_number",
    FieldType.YES_NO: "yes_no",
    FieldType.SLOT: "slot",
}
"""The member of `huimin.v1.Answer.value` that belongs to each type."""


def language_to_proto(language: Language) -> common_pb2.Language.ValueType:
    """The contract's number of a language."""
    return common_pb2.LANGUAGE_ZH_CN if language is Language.ZH_CN else common_pb2.LANGUAGE_EN


def language_from_proto(number: int, place: str) -> Language:
    """The language of that number. Raises Malformed, naming `place`, where there is none."""
    match number:
        case common_pb2.LANGUAGE_ZH_CN:
            return Language.ZH_CN
        case common_pb2.LANGUAGE_EN:
            return Language.EN
    raise Malformed(f"{place}: no language has the number {number}")


def date_to_proto(day: date) -> date_pb2.Date:
    """A day of the calendar."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def date_from_proto(message: date_pb2.Date, place: str) -> date:
    """A day of the calendar. Raises Malformed, naming `place`, where it is none or only part of one."""
    try:
        return date(message.year, message.month, message.day)
    except ValueError:
        raise Malformed(f"{place}: not a day of the calendar") from None


def form_to_proto(form: Form) -> form_pb2.Form:
    """A form."""
    return form_pb2.Form(
        name=form.name,
        revision=form.revision,
        title=localized_to_proto(form.title),
        introduction=localized_to_proto(form.introduction),
        fields=[_field_to_proto(field) for field in form.fields],
        declaration=localized_to_proto(form.declaration),
        next_steps=localized_to_proto(form.next_steps),
        applicant_field=form.applicant_field,
        demonstration=form.demonstration,
        rules=[_rule_to_proto(rule) for rule in form.rules],
        charge=charge_to_proto(form.charge) if form.charge else None,
        contact=_contact_to_proto(form.contact) if form.contact else None,
    )


def form_from_proto(message: form_pb2.Form) -> Form:
    """A form that can be filled in. Raises Malformed where it breaks the contract."""
    if not message.name.startswith("forms/"):
        raise Malformed("form.name")
    if not 1 <= len(message.fields) <= MAX_FIELDS:
        raise Malformed(f"form.fields: {len(message.fields)} of them")
    fields = tuple(_field_from_proto(field) for field in message.fields)
    distinct((field.id for field in fields), "form.fields")
    form = Form(
        name=message.name,
        revision=message.revision,
        title=localized_from_proto(message.title, "form.title"),
        introduction=localized_from_proto(message.introduction, "form.introduction"),
        fields=fields,
        declaration=localized_from_proto(message.declaration, "form.declaration"),
        next_steps=localized_from_proto(message.next_steps, "form.next_steps"),
        applicant_field=message.applicant_field,
        demonstration=message.demonstration,
        rules=tuple(_rule_from_proto(rule) for rule in message.rules),
        charge=charge_from_proto(message.charge, fields) if message.HasField("charge") else None,
        contact=_contact_from_proto(message.contact, fields) if message.HasField("contact") else None,
    )
    if form.name != VOICEMAIL and not any(
        field.id == form.applicant_field
        and field.type is FieldType.IDENTITY_NUMBER
        and field.required
        and not field.asked_if
        for field in fields
    ):
        raise Malformed("form.applicant_field: names no identity number that everybody has to give")
    _sound_together(form)
    if largest_fen(form) > MAX_FEN:
        raise Malformed("form.charge: more may be to be paid than there is money")
    return form


def questions_to_proto(form: Form) -> tuple[list[form_pb2.Field], list[form_pb2.Rule]]:
    """What a form asks, and what the answers have to fulfil together."""
    return [_field_to_proto(field) for field in form.fields], [_rule_to_proto(rule) for rule in form.rules]


def with_questions(form: Form, fields: Iterable[form_pb2.Field], rules: Iterable[form_pb2.Rule]) -> Form:
    """The form with these questions and rules. Raises Malformed where they break the contract."""
    asked = tuple(_field_from_proto(field) for field in fields)
    distinct((field.id for field in asked), "fields")
    asking = replace(form, fields=asked, rules=tuple(_rule_from_proto(rule) for rule in rules))
    _sound_together(asking)
    return asking


def answer_to_proto(field: Field, value: Value) -> form_pb2.Answer:
    """A checked answer to that field."""
    if isinstance(value, Recording):
        return form_pb2.Answer(field=field.id, recording=value.attachment)
    message = form_pb2.Answer(field=field.id)
    if isinstance(value, date):
        message.date.CopyFrom(date_to_proto(value))
    elif isinstance(value, tuple):
        message.choices.options.extend(value)
    else:
        setattr(message, _VALUE_NAMES[field.type], value)
    return message


def answer_from_proto(field: Field, message: form_pb2.Answer) -> Value:
    """The value of an answer, still to be checked.

    Raises AnswerError: REQUIRED where it holds none, WRONG_TYPE where it holds another type than the field's,
    NO_SUCH_DATE.
    """
    given = message.WhichOneof("value")
    if given is None:
        raise AnswerError(field.id, Problem.REQUIRED)
    if given == "recording" and field.type is FieldType.TEXT:
        return Recording(message.recording)
    if given != _VALUE_NAMES[field.type]:
        raise AnswerError(field.id, Problem.WRONG_TYPE)
    match field.type:
        case FieldType.DATE:
            try:
                return date_from_proto(message.date, field.id)
            except Malformed:
                parts = (message.date.year, message.date.month, message.date.day)
                raise AnswerError(field.id, Problem.NO_SUCH_DATE, given=parts) from None
        case FieldType.MONEY:
            return message.money_fen
        case FieldType.YES_NO:
            return message.yes_no
        case FieldType.CHOICES:
            return tuple(message.choices.options)
    text: str = getattr(message, given)
    return text


def _field_to_proto(field: Field) -> form_pb2.Field:
    message = form_pb2.Field(
        id=field.id,
        type=form_pb2.FieldType.ValueType(field.type.value),
        label=localized_to_proto(field.label),
        question=localized_to_proto(field.question),
        hint=localized_to_proto(field.hint) if field.hint else None,
        required=field.required,
        prefill=form_pb2.CardItem.ValueType(field.prefill.value if field.prefill else 0),
        private=field.private,
        options=[
            form_pb2.Option(id=option.id, label=localized_to_proto(option.label)) for option in field.options
        ],
        min_length=field.min_length,
        max_length=field.max_length,
        asked_if=[
            form_pb2.Condition(field=condition.field, any_of=condition.any_of) for condition in field.asked_if
        ],
    )
    if field.type is FieldType.MONEY:
        message.min_fen = field.min_fen
        message.max_fen = field.max_fen
    if field.type is FieldType.DATE:
        message.min_date.CopyFrom(date_to_proto(field.min_date))
        message.max_date.CopyFrom(date_to_proto(field.max_date))
        message.not_in_future = field.not_in_future
    message.counters = field.counters
    return message


def _field_from_proto(message: form_pb2.Field) -> Field:
    place = f"field {message.id!r}" if is_identifier(message.id) else "field"
    if place == "field":
        raise Malformed("field.id")
    kind = enum_from_proto(FieldType, message.type, f"{place}.type")
    field = Field(
        id=message.id,
        type=kind,
        label=localized_from_proto(message.label, f"{place}.label"),
        question=localized_from_proto(message.question, f"{place}.question"),
        hint=optional_localized_from_proto(message.hint, f"{place}.hint"),
        required=message.required,
        prefill=enum_from_proto(CardItem, message.prefill, f"{place}.prefill") if message.prefill else None,
        private=message.private,
        options=tuple(
            Option(option.id, localized_from_proto(option.label, f"{place}.options"))
            for option in message.options
        ),
        min_length=message.min_length,
        max_length=message.max_length,
        min_fen=message.min_fen,
        max_fen=message.max_fen or MAX_FEN,
        min_date=date_from_proto(message.min_date, f"{place}.min_date")
        if message.HasField("min_date")
        else EARLIEST,
        max_date=date_from_proto(message.max_date, f"{place}.max_date")
        if message.HasField("max_date")
        else LATEST,
        not_in_future=message.not_in_future,
        counters=message.counters,
        asked_if=tuple(Condition(one.field, tuple(one.any_of)) for one in message.asked_if),
    )
    _sound(field, place)
    return field


def _rule_to_proto(rule: Rule) -> form_pb2.Rule:
    message = form_pb2.Rule(sentence=localized_to_proto(rule.sentence))
    match rule.kind:
        case AtMost(field, other):
            message.at_most.CopyFrom(form_pb2.AtMost(field=field, other=other))
        case OneOf(fields, least, most):
            message.one_of.CopyFrom(form_pb2.OneOf(fields=fields, min=least, max=most))
    return message


def _rule_from_proto(message: form_pb2.Rule) -> Rule:
    sentence = localized_from_proto(message.sentence, "form.rules.sentence")
    match message.WhichOneof("kind"):
        case "at_most":
            return Rule(sentence, AtMost(message.at_most.field, message.at_most.other))
        case "one_of":
            one_of = message.one_of
            return Rule(sentence, OneOf(tuple(one_of.fields), one_of.min, one_of.max))
    raise Malformed("form.rules.kind: none that is known")


def _contact_to_proto(contact: Contact) -> form_pb2.Contact:
    return form_pb2.Contact(phone=contact.phone, email=contact.email, consent=contact.consent)


def _contact_from_proto(message: form_pb2.Contact, fields: Sequence[Field]) -> Contact:
    types = {field.id: field.type for field in fields}
    for name, needed in (
        (message.phone, FieldType.PHONE_NUMBER),
        (message.email, FieldType.TEXT),
        (message.consent, FieldType.YES_NO),
    ):
        if name and types.get(name) is not needed:
            raise Malformed("form.contact: names no field of the type that is needed")
    if not message.phone and not message.email:
        raise Malformed("form.contact: names neither a telephone number nor an address")
    return Contact(message.phone, message.email, message.consent)


def _sound_together(form: Form) -> None:
    """Raises Malformed where a condition or a rule names what is not there, or what cannot be compared."""
    if sum(field.type is FieldType.SLOT for field in form.fields) > 1:
        raise Malformed("form.fields: more than one slot")
    before: dict[str, Field] = {}
    for field in form.fields:
        if len(field.asked_if) > MAX_CONDITIONS:
            raise Malformed(f"field {field.id!r}.asked_if: {len(field.asked_if)} of them")
        for condition in field.asked_if:
            earlier = before.get(condition.field)
            if earlier is None or not condition.any_of or not set(condition.any_of) <= earlier.choices:
                raise Malformed(f"field {field.id!r}.asked_if: names no choice of an earlier field")
        before[field.id] = field
    if len(form.rules) > MAX_RULES:
        raise Malformed(f"form.rules: {len(form.rules)} of them")
    for rule in form.rules:
        match rule.kind:
            case AtMost(field=bounded, other=bound):
                kinds = {before[name].type if name in before else None for name in rule.kind.fields}
                if len(kinds) > 1 or not kinds <= COMPARABLE or bounded == bound:
                    raise Malformed("form.rules.at_most: names no two fields that can be compared")
            case OneOf(fields=names, min=least, max=most):
                distinct(names, "form.rules.one_of.fields")
                if not 2 <= len(names) <= MAX_ONE_OF:
                    raise Malformed(f"form.rules.one_of.fields: {len(names)} of them")
                if any(name not in before or before[name].required for name in names):
                    raise Malformed("form.rules.one_of.fields: a field is not there, or is required")
                bounds = least >= 0 and most >= 0 and (least or most)
                if not bounds or least > len(names) or (most and least > most):
                    raise Malformed("form.rules.one_of.min, max")


def _sound(field: Field, place: str) -> None:
    """Raises Malformed where a field cannot be answered at all."""
    if field.type in (FieldType.CHOICE, FieldType.CHOICES):
        if not 2 <= len(field.options) <= MAX_OPTIONS:
            raise Malformed(f"{place}.options: {len(field.options)} of them")
        distinct((option.id for option in field.options), f"{place}.options")
    if field.min_length < 0 or field.max_length < 0 or (field.longest and field.min_length > field.longest):
        raise Malformed(f"{place}.min_length, max_length")
    if not 0 <= field.min_fen <= field.max_fen <= MAX_FEN:
        raise Malformed(f"{place}.min_fen, max_fen")
    if field.min_date > field.max_date:
        raise Malformed(f"{place}.min_date, max_date")
    if field.type is FieldType.SLOT:
        if not re.fullmatch(r"counters/[a-z0-9-]{1,63}", field.counters):
            raise Malformed(f"{place}.counters")
        if not field.required or field.asked_if:
            raise Malformed(f"{place}: a slot is required and always asked")
