"""What the telephone says of a form, without a telephone: the real dialogue, held with a caller who listens.

Each question is asked by `ivr.dialogue` as in a call. The caller agrees to be recorded, lets the menu go on
where there is more of it, and is gone as soon as an answer is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from backend_client.forms.answer import Value
from backend_client.forms.consent import Consent
from backend_client.forms.example import costing, reaching
from backend_client.forms.filling import Filling
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.lookup import Lookup, with_labels
from backend_client.preview_command import Part
from foundation.language import Language
from ivr.call import Call
from ivr.console import QUIET
from ivr.dialogue.charge import agreed
from ivr.dialogue.choosing import MORE
from ivr.dialogue.conversation import Conversation, Why
from ivr.dialogue.draft import Draft
from ivr.dialogue.form import begin
from ivr.dialogue.lookup import by_keys
from ivr.dialogue.question import answer, posed
from ivr.line import HungUp, Line, Recorded, Utterance
from ivr.records.record import CallRecord
from ivr.settings import IvrSettings

_ANSWERS = {"menu.more": MORE, "record.consent": "1", "record.start": "1"}
"""What the listening caller presses after a prompt; after any other the caller is gone."""


def preview(asked: Form | Lookup, language: Language) -> Sequence[Part]:
    """What is said, place by place, in the order of the form or the lookup."""
    if isinstance(asked, Lookup):
        return asyncio.run(_lookup(asked, language))
    return asyncio.run(spoken(asked, language))


async def spoken(form: Form, language: Language) -> Sequence[Part]:
    """The same within a loop."""
    parts: list[Part] = [
        ("introduction", await _heard(language, lambda conversation: begin(conversation, form)))
    ]
    recorded = False
    for field in form.fields:
        parts.append((f"fields/{field.id}", await _question(form, field, language, recorded=recorded)))
        recorded = recorded or field.type is FieldType.TEXT
    for number, rule in enumerate(form.rules, 1):
        parts.append((f"rules/{number}", await _said(language, f"rules/{number}", rule.sentence[language])))
    if form.charge:
        parts.append(("charge", await _charge(form, language)))
    for place, text in (("declaration", form.declaration), ("next_steps", form.next_steps)):
        parts.append((place, await _said(language, place, text[language])))
    return parts


async def _charge(form: Form, language: Language) -> Sequence[str]:
    """What it costs with the answers of an example, which the screen's preview names."""

    async def ask(conversation: Conversation) -> None:
        draft = Draft(form, conversation.today)
        _fill(draft.filling, costing(form))
        await agreed(conversation, draft)

    return await _heard(language, ask)


async def _lookup(lookup: Lookup, language: Language) -> Sequence[Part]:
    """Questions that cannot be keyed are not asked."""
    form = by_keys(lookup.questions)
    parts: list[Part] = [
        (f"fields/{field.id}", await _question(form, field, language, recorded=False))
        for field in form.fields
    ]
    for number, rule in enumerate(form.rules, 1):
        parts.append((f"rules/{number}", await _said(language, f"rules/{number}", rule.sentence[language])))
    parts.append(("records", [with_labels(lookup, lookup.said, language)]))
    parts.append(("nothing", await _said(language, "nothing", lookup.nothing[language])))
    return parts


async def _question(form: Form, field: Field, language: Language, *, recorded: bool) -> Sequence[str]:
    """recorded: an answer was recorded before, so that the caller is not asked for leave again."""
    before = reaching(form, field)
    if before is None:
        return ()

    async def ask(conversation: Conversation) -> None:
        draft = Draft(form, conversation.today)
        draft.consent = Consent() if recorded else None
        _fill(draft.filling, before)
        if field.type is FieldType.SLOT:  # the days are the backend's, whenever somebody calls
            await conversation.call.say(*posed(conversation, draft, field))
        else:
            await answer(conversation, draft, field)

    return await _heard(language, ask)


def _fill(filling: Filling, answers: Mapping[str, Value]) -> None:
    for field_id, value in answers.items():
        filling.answer(field_id, value)


async def _said(language: Language, name: str, text: str) -> Sequence[str]:
    async def say(conversation: Conversation) -> None:
        await conversation.call.say(conversation.content(name, text))

    return await _heard(language, say)


async def _heard(language: Language, talk: Callable[[Conversation], Awaitable[None]]) -> Sequence[str]:
    """What a caller hears until the dialogue wants something else than patience."""
    line = _Listener()
    settings = IvrSettings()
    record = CallRecord(line.call_id, line.caller, line.start_time)
    call = Call(line, record, settings.timing, language)
    conversation = Conversation(call, None, settings, _nobody)
    with suppress(HungUp):
        await talk(conversation)
    return line.heard


async def _nobody(conversation: Conversation, why: Why) -> None:
    raise HungUp


class _Listener(Line):
    """A line whose caller listens, and presses only what `_ANSWERS` says."""

    call_id = "preview"
    caller = ""

    def __init__(self) -> None:
        self.start_time = datetime.now(UTC)
        self.heard: list[str] = []
        self._last: tuple[str, ...] = ()

    async def play(self, utterances: Sequence[Utterance]) -> None:
        """Hears them at once."""
        self.heard += [utterance.text for utterance in utterances]
        self._last = tuple(utterance.name for utterance in utterances)

    async def next_key(self) -> str:
        """A key once nothing more is said."""
        for _ in range(QUIET):
            await asyncio.sleep(0)
        key = next((_ANSWERS[name] for name in self._last if name in _ANSWERS), None)
        if key is None:
            raise HungUp
        self._last = ()
        return key

    def key_waiting(self) -> bool:
        """Nothing is pressed ahead."""
        return False

    async def record(self, *, max_seconds: float, silence_seconds: float) -> Recorded:
        """The caller says nothing and is gone."""
        raise HungUp

    async def play_back(self, recorded: Recorded) -> None:
        """There is no recording."""
        raise HungUp

    async def play_waiting_tone(self) -> None:
        """Nothing is waited for."""

    async def send_text(self, text: str) -> bool:
        """This phone has no screen."""
        return False

    async def transfer(self, target: str) -> bool:
        """Nobody takes the call."""
        return False

    async def hang_up(self) -> None:
        """Nothing is left to end."""
