"""A form by ear: each question is known by its words, and answered as the voice says how."""

from __future__ import annotations

from datetime import datetime

from backend_client.forms.answer import AnswerError
from backend_client.forms.check import parse
from backend_client.forms.explain import explain
from backend_client.forms.form import Field, FieldType, Form
from foundation.language import Language
from kiosk.speaking.letters import ON_KEYS
from tests.kiosk.by_ear.resident import Resident
from tests.services.answering import entry

LETTERS = {c: f"{key}{n}" for key, on_it in ON_KEYS.items() for n, c in enumerate(on_it, 1)}
WORD = "huimin"
"""In pinyin a word of two characters."""
WRONG = {FieldType.PHONE_NUMBER: "13800001", FieldType.DATE: "20260230", FieldType.DIGITS: "12"}
"""What is keyed in first, once each, to hear what is wrong with it."""


async def fill_in(one: Resident, form: Form, until: str, *, wrongly: bool = False) -> None:
    """Every question, in whatever order they are asked, until a title is said. wrongly: see `WRONG`."""
    left = {field.question[one.language]: field for field in form.fields}
    wrong = dict(WRONG) if wrongly else {}
    end = one.says(until)
    while True:
        said = await one.hear.hears(*left, end)
        field = next((left.pop(question) for question in list(left) if question in said), None)
        if field is None:
            return
        if field.type in wrong:
            await _wrongly(one, field, wrong.pop(field.type))
        await _answer(one, form, field)


async def _wrongly(one: Resident, field: Field, entered: str) -> None:
    await one.hear.key_in(entered)
    try:
        parse(field, entered, datetime.now().astimezone().date())
    except AnswerError as error:
        await one.hear.hears(explain(error, field, one.language))
    else:
        raise AssertionError(f"{entered} is right")


async def _answer(one: Resident, form: Form, field: Field) -> None:
    match field.type:
        case FieldType.CHOICE:
            await one.chooses(field.options[0].label)
        case FieldType.CHOICES:
            await one.chooses(field.options[0].label)
        case FieldType.YES_NO:
            await one.chooses("question.no")
        case FieldType.TEXT:
            await spell(one)
            await one.puts_digits_aside()
            await one.hear.press("enter")
        case FieldType.DATE:
            await one.hear.key_in(entry(form, field).replace("-", ""))
        case FieldType.SLOT:
            await choose_time(one)
        case _:
            await one.hear.key_in(entry(form, field))


async def spell(one: Resident, word: str = WORD) -> None:
    """Keys in letters, two digits each; of pinyin takes the first word that it may be."""
    await one.hear.key_in("".join(LETTERS[letter] for letter in word))
    if one.language is Language.ZH_CN:
        await one.hears("speak.position")
        await one.hear.press("enter")
    await one.hears("speak.key_letters", "speak.field")


async def choose_time(one: Resident) -> None:
    """The first day with a free place, and its first free time, which says that it is chosen."""
    free = one.pattern("slot.free")
    await one.hears("speak.choices")
    await one.choose_first(free.search, "no day")
    await one.hears("slot.other_day", "speak.choices")
    time = await one.choose_first(free.search, "no time")
    name = time.removesuffix(one.says("speak.open", name=""))
    await one.hear.hears(one.says("speak.chosen", name=name))
    await one.choose("question.next")
