"""One question of a form, asked as its type wants it."""

from __future__ import annotations

from backend_client.forms.answer import AnswerError
from backend_client.forms.consent import Consent
from backend_client.forms.form import Field, FieldType
from ivr.dialogue.asking import Menu, Said, Skipped, menu
from ivr.dialogue.chosen import ask_choice, ask_choices, ask_yes_no
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.draft import Draft
from ivr.dialogue.keyed import ask_keyed, explained
from ivr.dialogue.recording import Dictation, consented
from ivr.dialogue.slot import choose_slot
from ivr.line import Utterance

EXPLAINED = {FieldType.IDENTITY_NUMBER, FieldType.PHONE_NUMBER}
"""Types whose instruction for the keys says all that a hint could."""


async def answer(conversation: Conversation, draft: Draft, field: Field) -> None:
    """Takes the answer to a question into the draft. `#` alone skips it where that is allowed, and keeps what
    was answered before. Raises Back."""
    filling = draft.filling
    answered = field.id in filling.answers
    optional = answered or not field.required

    def short() -> list[Utterance]:
        leave = [conversation.prompt("form.keep" if answered else "form.skip")] if optional else []
        return [conversation.content(f"{draft.form.name}/{field.id}", field.question), *leave]

    def full() -> list[Utterance]:
        return [*posed(conversation, draft, field), *short()[1:]]

    try:
        match field.type:
            case FieldType.TEXT:
                await _record(conversation, draft, field, full, optional=optional)
            case FieldType.CHOICES:
                await _choose_some(conversation, draft, field, full)
            case FieldType.CHOICE:
                filling.answer(field.id, await ask_choice(conversation, field, full, optional=optional))
            case FieldType.YES_NO:
                filling.answer(
                    field.id, await ask_yes_no(conversation, field, full, short, optional=optional)
                )
            case FieldType.SLOT:
                chosen = await choose_slot(conversation, field.counters, full, optional=optional)
                filling.answer(field.id, chosen)
            case _:
                filling.answer(field.id, await ask_keyed(conversation, field, full, short, optional=optional))
    except Skipped:
        if not answered:
            filling.skip(field.id)


def posed(conversation: Conversation, draft: Draft, field: Field) -> list[Utterance]:
    """Which question of several it is, the question, and what helps to answer it."""
    number, count = draft.filling.position(field.id)
    name = f"{draft.form.name}/{field.id}"
    said = [conversation.content(name, field.question)]
    if count > 1:
        said.insert(0, conversation.prompt("form.position", number=conversation.read.integer(number)))
    if field.hint and field.type not in EXPLAINED:
        said.append(conversation.content(f"{name}/hint", field.hint))
    return said


async def _choose_some(conversation: Conversation, draft: Draft, field: Field, full: Said) -> None:
    before = draft.filling.answers.get(field.id, ())
    chosen = before if isinstance(before, tuple) else ()
    said = full
    while True:
        chosen = await ask_choices(conversation, field, said, chosen)
        if not chosen and not field.required:
            draft.filling.skip(field.id)
            return
        try:
            draft.filling.answer(field.id, chosen)
        except AnswerError as error:
            await conversation.call.forget_keys_typed_ahead()
            refused = explained(conversation, field, error)
        else:
            return

        def said(refused: Utterance = refused) -> list[Utterance]:
            return [refused]


async def _record(
    conversation: Conversation, draft: Draft, field: Field, full: Said, *, optional: bool
) -> None:
    if draft.consent is None:
        draft.consent = await _ask_to_record(conversation, full, optional=optional)
        full = tuple
    elif optional:
        await _start_or_skip(conversation, full)
        full = tuple
    draft.keep_recording(field.id, await Dictation(conversation, draft.consent).take(full))


async def _ask_to_record(conversation: Conversation, question: Said, *, optional: bool) -> Consent:
    """Returns once the caller agrees. Raises Skipped where the question may be left, and Back."""
    declined = False
    while True:

        def short() -> list[Utterance]:
            return [conversation.prompt("record.consent")]

        def full() -> list[Utterance]:
            return [*question(), *short()]

        def needed() -> list[Utterance]:
            return [conversation.prompt("record.needed")]

        asked = Menu("12#" if optional else "12", full, short, first=needed if declined else None)
        key = await menu(conversation, asked)
        if key == "1":
            return consented(conversation)
        if key == "2":
            conversation.call.note("recording declined")
        if optional:
            raise Skipped
        declined = True


async def _start_or_skip(conversation: Conversation, question: Said) -> None:
    """Returns once the caller is ready to speak. Raises Skipped, and Back."""

    def short() -> list[Utterance]:
        return [conversation.prompt("record.start")]

    def full() -> list[Utterance]:
        return [*question(), *short()]

    if await menu(conversation, Menu("1#", full, short)) == "#":
        raise Skipped
