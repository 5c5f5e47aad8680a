"""A kept answer as it would be entered, so that a question can be shown again with it."""

from __future__ import annotations

from datetime import date

from backend_client.forms.answer import Recording, Value


def entered(value: Value) -> str:
    """The entry that `backend_client.forms.check.parse` makes the value of again.

    Money is in yuan with two decimals, options are joined by commas. Raises TypeError for a recording, which
    only a phone makes.
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value // 100}.{value % 100:02d}"
        case date():
            return value.isoformat()
        case tuple():
            return ",".join(value)
        case Recording():
            raise TypeError("a recording cannot be entered")
        case _:
            return value
