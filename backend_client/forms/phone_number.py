"""Chinese telephone numbers, as digits only."""

from __future__ import annotations

import re

from backend_client.forms.entry import half_width, without_separators

MAX_ENTERED = 64
"""Longest entry that is looked at, in characters."""

_COUNTRY = re.compile(r"(?:\+|00)86")
_NUMBER = re.compile(
    r"""1[3-9][0-9]{9}                   # mobile
    | 0(?:10|2[0-9])[0-9]{7,8}           # fixed, area code of three digits
    | 0[3-9][0-9]{2}[0-9]{7,8}           # fixed, area code of four digits
    | [48]00[0-9]{7}                     # paid for by the called side, or shared
    | 1[0-2][0-9]{3} | 9[56][0-9]{3,4}   # services such as 12345 and 95598
    """,
    re.VERBOSE,
)


def digits_of(text: str) -> str:
    """The digits of an entered number: spaces, hyphens, brackets, full-width digits and +86 are taken.

    What is no number comes back as it is, for `is_phone_number` to refuse.
    """
    if len(text) > MAX_ENTERED:
        return text
    entered = without_separators(half_width(text).replace("(", "").replace(")", ""))
    return _COUNTRY.sub("", entered, count=1) if _COUNTRY.match(entered) else entered


def is_phone_number(digits: str) -> bool:
    """Whether it is a mobile number, a fixed one with area code, a 400 or 800 number, or a service number."""
    return _NUMBER.fullmatch(digits) is not None
