"""The form of a message for a person (语音留言): who calls leaves a number, and mostly says what it is about.

It is no content: the phone line fills it in without asking for it, so that a message can be left while the
backend is away, and every backend knows it. It names nobody, so its case is opened by the office only.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

from backend_client.forms.form import VOICEMAIL, Field, FieldType, Form
from backend_client.forms.wire import form_to_proto
from backend_client.forms.wording import wording
from foundation.language import Language, LocalizedText

NAME = VOICEMAIL
CALLBACK = "callback"
"""The number to call back."""
MESSAGE = "message"
"""What was said: a recording; not answered where the caller would not be recorded."""
RETENTION_DAYS = 90
"""So long a message is kept after the office has closed it."""


@cache
def voicemail_form() -> Form:
    """The form; its revision changes with its texts and fields."""
    made = Form(
        name=NAME,
        revision="",
        title=_text("title"),
        introduction=_text("introduction"),
        fields=(
            Field(CALLBACK, FieldType.PHONE_NUMBER, _text("callback"), _text("which_number"), private=True),
            Field(
                MESSAGE,
                FieldType.TEXT,
                _text("message"),
                _text("what_about"),
                required=False,
                private=True,
            ),
        ),
        declaration=_text("declaration"),
        next_steps=_text("next_steps"),
        applicant_field="",
    )
    content = form_to_proto(made).SerializeToString(deterministic=True)
    return replace(made, revision=hashlib.sha256(content).hexdigest()[:16])


def _text(name: str) -> LocalizedText:
    texts = (wording(language)(f"voicemail.{name}") for language in (Language.ZH_CN, Language.EN))
    return LocalizedText(*texts)
