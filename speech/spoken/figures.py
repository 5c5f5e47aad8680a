"""How figures stand in running text, in either language."""

from __future__ import annotations

import re
import unicodedata

from speech.spoken.readout import LARGEST

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ON_PLATES = {
    "学": "learner",
    "警": "police",
    "挂": "trailer",
    "港": "Hong Kong",
    "澳": "Macao",
    "领": "consular",
}
"""What may stand at the end of a plate, GA 36, in English."""
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
"""A number: digits with or without commas, and with or without a decimal fraction."""
AMOUNT = r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)"
"""An amount of money: at most two decimals."""
PLATE = (
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•]?"
    r"(?:[A-Z0-9]{4}[挂学警港澳领]|[A-Z0-9]{5,6}(?![A-Za-z0-9]))"
)
"""The number of a vehicle's plate, GA 36."""
PHONE_NUMBER = r"(?<!\d)(?:0\d{2,3}[-— ]?\d{7,8}|1[3-9]\d{9}|400[- ]?\d{3}[- ]?\d{4})(?!\d)"
"""A Chinese telephone number: fixed with area code, mobile, or 400."""

IDENTITY_NUMBER = r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])"
"""A citizen identity number, GB 11643."""
FRACTION = r"(?<![\d/.,-])(\d)/([2-9]|10)(?![\d/.,]\d|[\d/-])"
"""A part of a whole, such as 1/3; what is greater is not taken for one."""
MINUS = r"(?<![\w%％)）.-])[-−](?=\d)"
"""The sign of a negative number, not a hyphen and not a dash."""


def ascii_digits(text: str) -> str:
    """The text with every decimal digit of any script, such as full-width ones, as 0 to 9."""
    return re.sub(r"\d", lambda match: str(unicodedata.decimal(match[0])), text)


def whole_and_fraction(written: str) -> tuple[str, str]:
    """The digits before and after the point of what NUMBER or AMOUNT found."""
    whole, _, fraction = written.replace(",", "").partition(".")
    return whole, fraction


def is_code(whole: str) -> bool:
    """Whether digits are no number but a code: with leading zeros, or too long to be said as one."""
    return (len(whole) > 1 and whole.startswith("0")) or len(whole) > 13 or int(whole) > LARGEST


def fen(written: str) -> int | None:
    """What AMOUNT found, in fen; None where its yuan are more than is read as a number."""
    whole, fraction = whole_and_fraction(written)
    if is_code(whole):
        return None
    return int(whole) * 100 + int((fraction + "00")[:2])
