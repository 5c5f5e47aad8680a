"""English as it is said on the telephone, British in its numbers: one thousand and five."""

from __future__ import annotations

from datetime import date, time

from speech.spoken import english_text
from speech.spoken.english_numbers import MONTHS, UNITS, integer, ordinal
from speech.spoken.english_numbers import year as said_year
from speech.spoken.figures import LETTERS, ON_PLATES
from speech.spoken.readout import Readout

BY_DIGIT = dict(zip("0123456789", UNITS, strict=False)) | {"X": "X", "x": "X"}
PROVINCES = {
    "京": "Beijing", "津": "Tianjin", "沪": "Shanghai", "渝": "Chongqing", "冀": "Hebei", "豫": "Henan",
    "云": "Yunnan", "辽": "Liaoning", "黑": "Heilongjiang", "湘": "Hunan", "皖": "Anhui", "鲁": "Shandong",
    "新": "Xinjiang", "苏": "Jiangsu", "浙": "Zhejiang", "赣": "Jiangxi", "鄂": "Hubei", "桂": "Guangxi",
    "甘": "Gansu", "晋": "Shanxi", "蒙": "Inner Mongolia", "陕": "Shaanxi", "吉": "Jilin", "闽": "Fujian",
    "贵": "Guizhou", "粤": "Guangdong", "青": "Qinghai", "藏": "Tibet", "川": "Sichuan", "宁": "Ningxia",
    "琼": "Hainan",
}  # fmt: skip
"""Where a plate is from, by its first character."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class English(Readout):
    """Reads out in English."""

    pause = ", "
    after_day = ", "
    until = ", until "
    stop = "."

    def integer(self, number: int) -> str:
        """As the base says."""
        return integer(number)

    def count(self, number: int) -> str:
        """As the base says; English makes no difference."""
        return integer(number)

    def digits(self, text: str) -> str:
        """As the base says: one one zero."""
        try:
            return " ".join(BY_DIGIT[digit] for digit in text)
        except KeyError:
            raise ValueError("not a string of digits") from None

    def money(self, fen: int) -> str:
        """As the base says: twelve yuan and fifty fen."""
        if fen < 0:
            raise ValueError("an amount is not negative")
        yuan, rest = divmod(fen, 100)
        parts = [f"{integer(yuan)} yuan"] if yuan or not rest else []
        if rest:
            parts.append(f"{integer(rest)} fen")
        return " and ".join(parts)

    def full_date(self, day: date) -> str:
        """As the base says: the third of February, twenty twenty-six."""
        return f"the {ordinal(day.day)} of {MONTHS[day.month - 1]}, {said_year(day.year)}"

    def day(self, day: date) -> str:
        """As the base says: Tuesday, the third of February."""
        return f"{WEEKDAYS[day.weekday()]}, the {ordinal(day.day)} of {MONTHS[day.month - 1]}"

    def time_of_day(self, moment: time) -> str:
        """As the base says: half past two is two thirty p.m."""
        if moment.minute == 0 and moment.hour in {0, 12}:
            return "noon" if moment.hour else "midnight"
        hour = integer(moment.hour % 12 or 12)
        half = "a.m." if moment.hour < 12 else "p.m."
        if moment.minute == 0:
            return f"{hour} {half}"
        return f"{hour} {'oh ' if moment.minute < 10 else ''}{integer(moment.minute)} {half}"

    def length(self, seconds: int) -> str:
        """As the base says: two minutes and thirty seconds."""
        minutes, rest = divmod(seconds, 60)
        parts = [f"{integer(minutes)} minute{'' if minutes == 1 else 's'}"] if minutes else []
        if rest or not minutes:
            parts.append(f"{integer(rest)} second{'' if rest == 1 else 's'}")
        return " and ".join(parts)

    def month(self, year: int, month: int) -> str:
        """As the base says: October twenty twenty-six."""
        return f"{MONTHS[month - 1]} {said_year(year)}"

    def plate(self, plate: str) -> str:
        """As the base says: 云A0T101 is Yunnan A, zero T one zero one."""
        if len(plate) < 4 or plate[0] not in PROVINCES:
            raise ValueError("not a plate")
        return f"{PROVINCES[plate[0]]} {self.letters(plate[1])}{self.pause}{self.letters(plate[2:])}"

    def letters(self, text: str) -> str:
        """As the base says: B one two."""
        said = []
        for character in text.upper():
            if not (character in BY_DIGIT or character in LETTERS or character in ON_PLATES):
                raise ValueError("not a string of digits and letters")
            said.append(ON_PLATES.get(character) or BY_DIGIT.get(character, character))
        return " ".join(said)

    def text(self, written: str) -> str:
        """As the base says."""
        return english_text.say(written, self)
