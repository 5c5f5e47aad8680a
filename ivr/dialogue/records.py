"""Records of a lookup as they are said: amounts, days, plates, bill periods in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from backend_client.forms.lookup import PLACE, Column, ColumnType, Lookup, Month, Record, RecordValue
from foundation.language import LocalizedText
from ivr import prompts
from ivr.dialogue.conversation import Conversation
from ivr.line import Utterance


def said_value(conversation: Conversation, column: Column, value: RecordValue) -> str:
    """A value in the words of the language, ready to be said."""
    read = conversation.read
    match value:
        case datetime():
            there = conversation.local(value)
            return f"{read.full_date(there.date())}{read.after_day}{read.time_of_day(there.time())}"
        case date():
            return read.full_date(value)
        case Month():
            return read.month(value.year, value.month)
        case int():
            if column.type is not ColumnType.MONEY:
                return read.integer(value)
            if value >= 0:
                return read.money(value)
            return prompts.written(conversation.language, "lookup.negative", amount=read.money(-value))
    match column.type:
        case ColumnType.CHOICE:
            return column.option(value).label[conversation.language]
        case ColumnType.PLATE:
            return read.plate(value)
        case ColumnType.DIGITS:
            return read.code(value)
        case ColumnType.PHONE_NUMBER:
            return read.phone_number(value)
    return value


def said_record(conversation: Conversation, lookup: Lookup, record: Record) -> list[Utterance]:
    """A record in its one or two sentences.

    A text that is written in the other language is said in that: a name stays what it is.
    """
    return _said(conversation, lookup, record.values, lookup.said, f"{lookup.name}/said")


def said_details(conversation: Conversation, lookup: Lookup, record: Record) -> list[list[Utterance]]:
    """Every column that the record has, with its label, one after another."""
    told = []
    for name, value in record.values.items():
        column = lookup.column(name)
        label = column.label[conversation.language]
        place = f"{lookup.name}/{name}"
        if _elsewhere(conversation, column, value):
            own = prompts.content(prompts.language_of(str(value)), place, str(value), private=True)
            told.append([conversation.content(f"{place}/label", label), own])
        else:
            words = said_value(conversation, column, value)
            told.append([conversation.prompt("lookup.detail", private=True, label=label, value=words)])
    return told


def _said(
    conversation: Conversation,
    lookup: Lookup,
    values: Mapping[str, RecordValue],
    sentence: LocalizedText,
    name: str,
) -> list[Utterance]:
    parts: list[Utterance] = []
    pieces = PLACE.split(sentence[conversation.language])
    running = pieces[0]
    for place, after in zip(pieces[1::2], pieces[2::2], strict=True):
        column, value = lookup.column(place), values.get(place)
        if value is None:
            running += prompts.written(conversation.language, "lookup.no_value")
        elif _elsewhere(conversation, column, value):
            if running.strip(" ,.，。"):
                parts.append(conversation.content(name, running, private=True))
            parts.append(prompts.content(prompts.language_of(str(value)), name, str(value), private=True))
            running = ""
        else:
            running += said_value(conversation, column, value)
        running += after
    if running.strip(" ,.，。"):
        parts.append(conversation.content(name, running, private=True))
    return parts


def _elsewhere(conversation: Conversation, column: Column, value: RecordValue) -> bool:
    """Whether it is a text in the other language."""
    return (
        column.type is ColumnType.TEXT
        and isinstance(value, str)
        and any(character.isalpha() for character in value)
        and prompts.language_of(value) is not conversation.language
    )
