"""References for pictures: the same in every run, so that two pictures of a page can be compared."""

from __future__ import annotations

from itertools import count

from backend_client.forms.reference import check_digit

_numbers = count(20261122001)


def reference() -> str:
    """The next of them, 12 digits, valid."""
    digits = str(next(_numbers))
    return digits + check_digit(digits)
