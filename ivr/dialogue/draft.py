"""What a caller has given so far for one form, under the one name it will be sent by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

from backend_client.client import BackendClient
from backend_client.forms.answer import AnswerError, Recording
from backend_client.forms.filling import Filling
from backend_client.forms.form import Form
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
        self.may_record = False
        """The caller has agreed to be recorded."""
        self._name = new_submission_name()
        self._recordings: dict[str, Attachment] = {}
        self._uploaded: set[str] = set()
        self._submission: Submission | None = None

    def keep_recording(self, field_id: str, recorded: Recorded) -> None:
        """Takes a spoken answer in place of an earlier one. Raises AnswerError."""
        attachment = Attachment(new_attachment_name(), self._name, "audio/wav", recorded.wav)
        self.filling.answer(field_id, Recording(attachment.name))
        self._recordings[field_id] = attachment

    def seal(self, language: Language, origin: str, send_time: datetime) -> None:
        """Fixes what is sent, so that every try sends the same. origin: name of the line."""
        self._submission = Submission(
            self._name, self.form, self.filling.answers, Channel.PHONE, language, origin, send_time
        )

    def reopen(self) -> None:
        """Lets answers change again, after the backend has refused some."""
        self._submission = None

    async def send(self, client: BackendClient) -> Accepted:
        """Sends the sealed form, its recordings first. May be repeated: what has arrived is not sent again,
        and the backend takes the name once. Raises BackendError."""
        assert self._submission is not None, "sealed first"
        for field_id, attachment in self._recordings.items():
            answer = self._submission.answers.get(field_id)
            if answer == Recording(attachment.name) and attachment.name not in self._uploaded:
                await client.upload_attachment(attachment)
                self._uploaded.add(attachment.name)
        return await client.create_submission(self._submission)

    def change_form(self, form: Form) -> None:
        """Goes on with another revision of the form: what was answered stays where it still fits."""
        answers = self.filling.answers
        self.form = form
        self.filling = Filling(form, self._today)
        self._submission = None
        for field in form.fields:
            if field.id in answers:
                with suppress(AnswerError):
                    self.filling.answer(field.id, answers[field.id])

    def upload_again(self) -> None:
        """Forgets what was uploaded: the backend does not have it."""
        self._uploaded.clear()

    def wipe(self) -> None:
        """Forgets everything."""
        self.filling.wipe()
        self._recordings.clear()
        self._submission = None

    def __repr__(self) -> str:
        return f"Draft({self.form.name}, {self._name})"
