"""What a caller has given so far for one form, under the one name it will be sent by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

from backend_client.forms.answer import AnswerError, Recording
from backend_client.forms.consent import Consent
from backend_client.forms.filling import Filling
from backend_client.forms.form import Form
from backend_client.queue.outbox import Outbox
from backend_client.submission import (
    Accepted,
    Attachment,
    Channel,
    Submission,
    new_attachment_name,
    new_submission_name,
)
from foundation.language import Language
from ivr.line import Recorded


class Draft:
    """The owner of the answers, the recordings and the name of one submission."""

    def __init__(self, form: Form, today: Callable[[], date]) -> None:
        self.form = form
        self.filling = Filling(form, today)
        self._today = today
        self.consent: Consent | None = None
        """To be recorded, once the caller has given it."""
        self._name = new_submission_name()
        self._recordings: dict[str, Attachment] = {}

    @property
    def name(self) -> str:
        """``submissions/{uuid}``."""
        return self._name

    def keep_recording(self, field_id: str, recorded: Recorded) -> None:
        """Takes a spoken answer in place of an earlier one. Raises AnswerError."""
        attachment = Attachment(new_attachment_name(), self._name, "audio/wav", recorded.wav)
        self.filling.answer(field_id, Recording(attachment.name))
        self._recordings[field_id] = attachment

    async def send(self, outbox: Outbox, language: Language, origin: str, now: datetime) -> Accepted:
        """Sends the form with its recordings. It is taken once under its one name; where this raises, nothing
        of it was taken, and answers may be changed. origin: name of the line. Raises BackendError."""
        answers = self.filling.answers
        submission = Submission(self._name, self.form, answers, Channel.PHONE, language, origin, now)
        recordings = [
            recording
            for field_id, recording in self._recordings.items()
            if answers.get(field_id) == Recording(recording.name)
        ]
        return await outbox.send(submission, recordings)

    def change_form(self, form: Form) -> None:
        """Goes on with another revision of the form: what was answered stays where it still fits."""
        answers = self.filling.answers
        self.form = form
        self.filling = Filling(form, self._today)
        for field in form.fields:
            if field.id in answers:
                with suppress(AnswerError):
                    self.filling.answer(field.id, answers[field.id])

    def wipe(self) -> None:
        """Forgets everything."""
        self.filling.wipe()
        self._recordings.clear()

    def __repr__(self) -> str:
        return f"Draft({self.form.name}, {self._name})"
