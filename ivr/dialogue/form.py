"""A form by telephone: the questions one after another, then the answers once more, then it is sent."""

from __future__ import annotations

from backend_client.errors import Conflict, InvalidAnswers, NoReference, QueueFull, QueueUnusable
from backend_client.forms.answer import AnswerError
from backend_client.forms.contact import is_told
from backend_client.forms.form import Field, Form
from backend_client.rating import Matter
from backend_client.submission import Accepted
from ivr import prompts
from ivr.dialogue.answers import recalled
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.charge import agreed
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.draft import Draft
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.keyed import explained
from ivr.dialogue.question import answer
from ivr.dialogue.sent import tell_sent
from ivr.line import Utterance

SEND, CHANGE = "1", "2"

NOT_TAKEN = (InvalidAnswers, Conflict, QueueFull, NoReference, QueueUnusable)
"""Why a form is not taken, each with an answer of its own here."""


async def fill_in(conversation: Conversation, name: str) -> None:
    """Fills in the form `forms/{form}` and sends it. Raises Back where the caller leaves it."""
    form = await fetch(conversation, lambda: conversation.client.get_form(name))
    await conversation.tell_age(form.as_of)
    await conversation.tell_demonstration(form.demonstration)
    await begin(conversation, form)
    draft = Draft(form, conversation.today)
    try:
        accepted = None
        while accepted is None:
            await answer_all(conversation, draft)
            await _go_through(conversation, draft)
            if await agreed(conversation, draft):
                accepted = await _send(conversation, draft)
        conversation.done(Matter(reference=accepted.reference))
        await tell_sent(conversation, draft, accepted)
    finally:
        draft.wipe()


async def begin(conversation: Conversation, form: Form) -> None:
    """Says what the form is for, and waits for the caller to begin. Raises Back."""

    def short() -> list[Utterance]:
        return [conversation.prompt("form.begin")]

    def full() -> list[Utterance]:
        count = conversation.read.count(len(form.fields))
        fewer = any(field.asked_if for field in form.fields)
        return [
            conversation.content(f"{form.name}/introduction", form.introduction),
            conversation.prompt("form.questions_at_most" if fewer else "form.questions", count=count),
            *short(),
        ]

    await menu(conversation, Menu("1", full, short))


async def answer_all(conversation: Conversation, draft: Draft) -> None:
    """Asks what is open, until no rule is broken. Back leads to the question before, whose answer stands
    until it is replaced; before the first question it leaves the form, and is raised. Who has answered
    something is asked first."""
    target: Field | None = None
    while (field := target or draft.filling.next_field()) is not None:
        try:
            await answer(conversation, draft, field)
            target = None
            await _mend(conversation, draft)
        except Back:
            number, _ = draft.filling.position(field.id)
            if number == 1 and not draft.filling.answers:
                raise
            if number == 1:
                await _confirm_leaving(conversation, "form.leave")
            target = draft.filling.asked[max(number - 2, 0)]


async def _mend(conversation: Conversation, draft: Draft) -> None:
    """Where the answers break a rule, says so and opens the questions that can mend it."""
    for broken in draft.filling.broken()[:1]:
        draft.filling.reopen(broken)
        await conversation.call.forget_keys_typed_ahead()
        name = f"{draft.form.name}/rules/{draft.form.rules.index(broken.rule) + 1}"
        await conversation.call.say(conversation.content(name, broken.rule.sentence))


async def _confirm_leaving(conversation: Conversation, question: str) -> None:
    """Raises Back where the caller really wants to leave; what was answered is forgotten then. `*` does not
    leave: many press it again and again."""

    def full() -> list[Utterance]:
        return [conversation.prompt(question)]

    try:
        leaves = await menu(conversation, Menu("12", full, full)) == "2"
    except Back:
        leaves = False
    if leaves:
        raise Back


async def _go_through(conversation: Conversation, draft: Draft) -> None:
    """Says all answers and the declaration, and lets answers be changed, until it may be sent."""
    form = draft.form

    def short() -> list[Utterance]:
        return [conversation.prompt("summary.keys")]

    def full() -> list[Utterance]:
        return [
            conversation.prompt("summary.intro"),
            *_lines(conversation, draft),
            *([conversation.prompt("summary.told")] if is_told(form, draft.filling.answers) else []),
            conversation.content(f"{form.name}/declaration", form.declaration),
            *short(),
        ]

    said: Said = full
    while True:
        try:
            key = await menu(conversation, Menu(SEND + CHANGE, full, short, first=said))
        except Back:
            await _confirm_leaving(conversation, "form.leave")
            said = short
            continue
        if key == SEND:
            return
        said = full if await _change(conversation, draft) else short
        await answer_all(conversation, draft)


def _lines(conversation: Conversation, draft: Draft) -> list[Utterance]:
    """Each question with its answer; private ones only as far as their owner needs."""
    answers = draft.filling.answers
    said = []
    for field in draft.filling.asked:
        if field.id in answers:
            value = recalled(conversation, field, answers[field.id])
        else:
            value = prompts.written(conversation.language, "answer.none")
        label = field.label[conversation.language]
        said.append(conversation.prompt("summary.line", private=True, label=label, value=value))
    return said


async def _change(conversation: Conversation, draft: Draft) -> bool:
    """Asks one question again; False where the caller goes back. What that opens is asked next."""
    fields = draft.filling.asked
    items = [Item(f"{draft.form.name}/{field.id}/label", field.label) for field in fields]
    try:
        chosen = await choose(conversation, items, lambda: [conversation.prompt("summary.which")])
        await answer(conversation, draft, fields[chosen])
    except Back:
        return False
    await _mend(conversation, draft)
    return True


async def _send(conversation: Conversation, draft: Draft) -> Accepted | None:
    """Sends it, until it is taken or the caller gives up, which raises Back. What is taken has its reference,
    also where the backend gets it later.

    A caller who hangs up meanwhile has sent it all the same. None where the backend does not take these
    answers: the caller knows why, and what is wrong is open again.
    """

    async def work() -> Accepted:
        accepted = await draft.send(
            conversation.outbox, conversation.language, conversation.settings.line, conversation.now()
        )
        conversation.call.note("submission accepted" if accepted.delivered else "submission kept")
        return accepted

    while True:
        try:
            return await fetch(conversation, work, passing=NOT_TAKEN, to_the_end=True)
        except InvalidAnswers as error:
            await tell(conversation, error)
            await _open_again(conversation, draft, error)
            return None
        except Conflict as error:
            if error.reason == "FORM_CHANGED":
                await _renew(conversation, draft)
                return None
            await tell(conversation, error)
            if error.reason != "ATTACHMENT_MISSING":
                raise Back from None
        except (QueueFull, NoReference, QueueUnusable) as error:
            await tell(conversation, error)
        await _confirm_leaving(conversation, "form.leave_unsent")


async def _open_again(conversation: Conversation, draft: Draft, error: InvalidAnswers) -> None:
    """Opens the answers that the backend refused, and says what is wrong with each."""
    fields = {field.id: field for field in draft.form.fields}
    if any(violation.field not in fields for violation in error.violations):
        await _renew(conversation, draft)
        return
    for violation in error.violations:
        field = fields[violation.field]
        draft.filling.clear(field.id)
        await conversation.call.say(
            conversation.content(f"{draft.form.name}/{field.id}/label", field.label),
            explained(conversation, field, AnswerError(field.id, violation.problem)),
        )


async def _renew(conversation: Conversation, draft: Draft) -> None:
    """Gets the form as it is now; answers that still fit stay. Raises Back where it cannot be had."""
    await conversation.call.forget_keys_typed_ahead()
    await conversation.call.say(conversation.prompt("form.renewed"))
    draft.change_form(await fetch(conversation, lambda: conversation.client.get_form(draft.form.name)))
