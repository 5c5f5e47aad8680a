"""Where a resident is told of changes of a case: what the form's `contact` names, in the language of the
submission.

It is sealed with the case as one line: the language, then the recipients.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from huimin.v1 import common_pb2, form_pb2

from backend.notifying.queue import NoSuchRecipient, channel_of
from backend_client.forms.form import Form
from foundation.language import Language


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is told, in which language. Its repr does not show the recipients."""

    language: Language
    recipients: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return " ".join((self.language.value, *self.recipients))

    @classmethod
    def of_line(cls, line: str) -> Contact:
        """The contact that was kept as a line."""
        language, *recipients = line.split(" ")
        return cls(Language(language), tuple(recipients))


def contact_of(form: Form | None, submission: form_pb2.Submission) -> Contact | None:
    """Whom the answers say is to be told; None where nobody is: none was named, consented, or can be reached
    so, such as on a fixed line."""
    if form is None or form.contact is None:
        return None
    answers = {answer.field: answer for answer in submission.answers}
    consent = answers.get(form.contact.consent)
    if form.contact.consent and not (consent and consent.yes_no):
        return None
    phone, email = answers.get(form.contact.phone), answers.get(form.contact.email)
    given = (phone.phone_number if phone else "", email.text.strip() if email else "")
    recipients = tuple(_reached(given))
    english = submission.language == common_pb2.LANGUAGE_EN
    return Contact(Language.EN if english else Language.ZH_CN, recipients) if recipients else None


def _reached(given: Iterable[str]) -> Iterator[str]:
    for recipient in given:
        try:
            channel_of(recipient)
        except NoSuchRecipient:
            continue
        yield recipient
