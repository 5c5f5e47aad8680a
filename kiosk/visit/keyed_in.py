"""What digits from a keypad make of an answer that holds something: its next part, or another in its place.

A keypad tells whole numbers and takes nothing back, so that a number may come in parts, and a wrong one is
keyed in again.
"""

from __future__ import annotations

from datetime import UTC, datetime

from backend_client.forms.answer import AnswerError
from backend_client.forms.check import parse
from backend_client.forms.form import Field, FieldType


def joined(field: Field, before: str, digits: str, most: int) -> str:
    """The answer then. before: what was entered; most: characters of a whole answer."""
    if not before or field.type is FieldType.MONEY or _whole(field, before):
        return digits
    if _whole(field, before + digits):
        return before + digits
    return digits if _whole(field, digits) or len(before) + len(digits) > most else before + digits


def _whole(field: Field, text: str) -> bool:
    """Whether it could be the answer."""
    try:
        parse(field, text, datetime.now(UTC).date())
    except AnswerError:
        return False
    return True
