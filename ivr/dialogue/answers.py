"""Answers of a form as they are said."""

from __future__ import annotations

from datetime import date

from backend_client.forms.answer import Recording, Value
from backend_client.forms.form import Field, FieldType
from backend_client.forms.slot import slot_of
from ivr import prompts
from ivr.dialogue.conversation import Conversation

TAIL = 4
"""Characters of a number that are said when all answers are gone through."""
COUNTED = 5
"""Places of the longest number that counts something; codes have more, or always the same."""
NUMBERS = {FieldType.DIGITS, FieldType.IDENTITY_NUMBER, FieldType.PHONE_NUMBER}


def said(conversation: Conversation, field: Field, value: Value) -> str:
    """A checked answer in the words of the language, ready to be said."""
    read, language = conversation.read, conversation.language
    if isinstance(value, Recording):
        return prompts.written(language, "answer.recorded")
    if isinstance(value, bool):
        return prompts.written(language, "answer.yes" if value else "answer.no")
    if isinstance(value, date):
        return read.full_date(value)
    if isinstance(value, int):
        return read.money(value)
    if isinstance(value, tuple):
        labels = [field.option(identifier).label[language] for identifier in value]
        return prompts.written(language, "answer.list_separator").join(labels)
    match field.type:
        case FieldType.CHOICE:
            return field.option(value).label[language]
        case FieldType.SLOT:
            return read.moment(slot_of(value).start)
        case FieldType.IDENTITY_NUMBER:
            return read.identity_number(value)
        case FieldType.PHONE_NUMBER:
            return read.phone_number(value)
        case FieldType.DIGITS:
            return read.integer(int(value)) if _counts(field) else read.digit_string(value)
    return value


def recalled(conversation: Conversation, field: Field, value: Value) -> str:
    """The same when all answers are gone through: of a number only its end, of what else is private nothing.
    Each was confirmed in full when it was given."""
    language = conversation.language
    if field.type in NUMBERS and isinstance(value, str) and len(value) > TAIL and not _counts(field):
        return prompts.written(language, "answer.ending_in", tail=conversation.read.digits(value[-TAIL:]))
    if is_private(field) and not isinstance(value, Recording):
        return prompts.written(language, "answer.given")
    return said(conversation, field, value)


def is_private(field: Field) -> bool:
    """Whether an answer is kept to its owner: as the form says, and numbers of people always."""
    return field.private or field.type in {FieldType.IDENTITY_NUMBER, FieldType.PHONE_NUMBER}


def _counts(field: Field) -> bool:
    """Whether its digits are a number of something, such as people, and not a code."""
    return field.type is FieldType.DIGITS and max(field.min_length, 1) < field.longest <= COUNTED
