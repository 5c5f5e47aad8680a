"""Questions answered with digits: each is read back and confirmed before it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from backend_client.forms import phone_number
from backend_client.forms.answer import AnswerError, Value
from backend_client.forms.check import parse
from backend_client.forms.explain import explain
from backend_client.forms.form import Field, FieldType
from ivr.dialogue.answers import said
from ivr.dialogue.asking import Menu, Question, Refused, Said, ask, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.entry import Star, Wanted
from ivr.line import Utterance

LONGEST_AMOUNT = 14
"""Digits, star and decimals of the largest amount that a form may ask for."""
PHONE_NUMBER = Wanted(12, complete=lambda keys: bool(re.fullmatch(r"1[3-9][0-9]{9}", keys)))
"""A mobile number is complete with its eleventh digit; others end with `#`."""
SHORTEST_CALLER = 10
"""Digits of a caller's number that can be called back; shorter ones are extensions and services."""
CALLER = re.compile(r"(?:sips?:|tel:)?(\+?[0-9-]{10,20})(?:@.*)?")
MOBILE = re.compile(r"(?:86|0)?(1[3-9][0-9]{9})")
"""A mobile number as networks give it: some with the country's code, some with a 0 from another town."""


def wanted(field: Field) -> Wanted:
    """Which keys a field takes. An entry is complete as soon as nothing can follow."""
    match field.type:
        case FieldType.DATE:
            return Wanted(8)
        case FieldType.MONEY:
            return Wanted(LONGEST_AMOUNT, Star.POINT, lambda keys: bool(re.search(r"\*[0-9]{2}$", keys)))
        case FieldType.IDENTITY_NUMBER:
            return Wanted(18, Star.LAST_X)
        case FieldType.PHONE_NUMBER:
            return PHONE_NUMBER
    return Wanted(field.longest)


def instruction(conversation: Conversation, field: Field) -> Utterance:
    """How to key the answer: how many digits, and what ends it."""
    prompt = conversation.prompt
    match field.type:
        case FieldType.DATE:
            return prompt("key.date")
        case FieldType.MONEY:
            return prompt("key.money")
        case FieldType.IDENTITY_NUMBER:
            return prompt("key.identity_number")
        case FieldType.PHONE_NUMBER:
            return prompt("key.phone_number")
    if field.min_length == field.longest:
        return prompt("key.digits", count=conversation.read.count(field.longest))
    return prompt("key.digits_up_to", count=conversation.read.count(field.longest))


async def ask_keyed(
    conversation: Conversation, field: Field, full: Said, short: Said, *, optional: bool
) -> Value:
    """The checked and confirmed answer. Raises Back, and Skipped where it is optional."""

    def judge(keys: str) -> Value:
        try:
            return parse(field, keys, conversation.today())
        except AnswerError as error:
            raise Refused(explained(conversation, field, error)) from None

    question = Question(
        wanted(field),
        lambda: [*full(), instruction(conversation, field)],
        lambda: [*short(), instruction(conversation, field)],
        judge,
        optional=optional,
    )
    if field.type is FieldType.PHONE_NUMBER:
        own = await own_number(conversation, full, "confirm.own_number")
        if own is not None:
            return own
    while True:
        value = await ask(conversation, question)
        if await confirmed(conversation, partial(said, conversation, field, value)):
            return value
        question = replace(question, full=question.short)


async def confirmed(conversation: Conversation, words: Callable[[], str]) -> bool:
    """Reads an entry back and asks whether it is right; `*` takes it back as well."""

    def read_back() -> list[Utterance]:
        return [
            conversation.prompt("confirm.entered", private=True, value=words()),
            conversation.prompt("confirm.keys"),
        ]

    try:
        return await menu(conversation, Menu("12", read_back, read_back)) == "1"
    except Back:
        return False


def explained(conversation: Conversation, field: Field, error: AnswerError) -> Utterance:
    """Why an answer cannot be taken; in the record it stands by the problem's name."""
    return conversation.content(
        f"problem.{error.problem.name}", explain(error, field, conversation.language), private=True
    )


async def own_number(conversation: Conversation, full: Said, question: str) -> str | None:
    """The caller's own number, where the network gave it and the caller wants it to be taken.

    question: the prompt that reads it out and asks. Raises Back.
    """
    number = callers_number(conversation.call.caller)
    if number is None:
        return None

    def offer() -> list[Utterance]:
        value = conversation.read.phone_number(number)
        return [*full(), conversation.prompt(question, private=True, value=value)]

    return number if await menu(conversation, Menu("12", offer, offer)) == "1" else None


def callers_number(caller: str) -> str | None:
    """The number in a caller's address, where it is one that can be called back."""
    found = CALLER.fullmatch(caller)
    digits = phone_number.digits_of(found[1]) if found else ""
    if mobile := MOBILE.fullmatch(digits):
        return mobile[1]
    return digits if len(digits) >= SHORTEST_CALLER and phone_number.is_phone_number(digits) else None
