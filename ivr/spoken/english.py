"""English as it is said on the telephone, British in its numbers: one thousand and five."""

from __future__ import annotations

from datetime import date, time

from ivr.spoken import english_text
from ivr.spoken.english_numbers import MONTHS, UNITS, integer, ordinal, year
from ivr.spoken.readout import Readout

BY_DIGIT = dict(zip("0123456789", UNITS, strict=False)) | {"X": "X", "x": "X"}
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
        return f"the {ordinal(day.day)} of {MONTHS[day.month - 1]}, {year(day.year)}"

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

    def text(self, written: str) -> str:
        """As the base says."""
        return english_text.say(written, self)
