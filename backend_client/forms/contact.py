"""Whether a resident will be told of changes of the case: what both doors say before a form is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backend_client.forms.answer import Value
from backend_client.forms.form import Form

_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def is_told(form: Form, answers: Mapping[str, Value]) -> bool:
    """Whether these answers, which are checked, name a mobile number or an address that messages go to."""
    contact = form.contact
    if contact is None or (contact.consent and answers.get(contact.consent) is not True):
        return False
    phone, email = answers.get(contact.phone), answers.get(contact.email)
    return bool((isinstance(phone, str) and _MOBILE.fullmatch(phone)) or (isinstance(email, str) and email))
