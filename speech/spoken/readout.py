"""What both languages can read out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, time

LARGEST = 10**12
"""Largest integer that is read as a number; longer ones are strings of digits."""


class Readout(ABC):
    """Turns what is written into what is said. Pure; every result is words without digits."""

    @abstractmethod
    def integer(self, number: int) -> str:
        """A number by itself, 0 to 10^12. Raises ValueError outside."""

    @abstractmethod
    def count(self, number: int) -> str:
        """A number of things, as said before a measure word or a noun (两, not 二)."""

    @abstractmethod
    def digits(self, text: str) -> str:
        """Digits one by one, in one go. X is read as a letter. Raises ValueError at anything else."""

    @abstractmethod
    def money(self, fen: int) -> str:
        """An amount given in fen."""

    @abstractmethod
    def full_date(self, day: date) -> str:
        """A day with its year."""

    @abstractmethod
    def day(self, day: date) -> str:
        """A day of this or next year: weekday, month and day of the month."""

    @abstractmethod
    def time_of_day(self, moment: time) -> str:
        """A time of day, to the minute."""

    @abstractmethod
    def length(self, seconds: int) -> str:
        """A length of time in minutes and seconds."""

    @abstractmethod
    def month(self, year: int, month: int) -> str:
        """A month of a year, such as that of a bill."""

    @abstractmethod
    def plate(self, plate: str) -> str:
        """The number of a vehicle's plate, GA 36: where it is from, then its letters and digits one by one.

        Raises ValueError at what is none.
        """

    @abstractmethod
    def letters(self, text: str) -> str:
        """Digits and letters one by one, in one go. Raises ValueError at anything else."""

    @abstractmethod
    def text(self, written: str) -> str:
        """Running text with everything in it that a speech engine reads wrongly put into words."""

    def groups(self, text: str, *sizes: int) -> str:
        """Digits one by one with a pause after each group."""
        if sum(sizes) != len(text):
            raise ValueError(f"{len(text)} digits do not make groups of {sizes}")
        parts, start = [], 0
        for size in sizes:
            parts.append(self.digits(text[start : start + size]))
            start += size
        return self.pause.join(parts)

    def digit_string(self, text: str) -> str:
        """Digits of no known kind, one by one in groups of three or four; from 16 on, as on bank cards, in
        groups of four from the left. Never a single one at the end."""
        length = len(text)
        if length <= 5:
            return self.digits(text)
        count = -(-length // 4)
        small, large = divmod(length, count)
        if length < 16:
            return self.groups(text, *[small] * (count - large), *[small + 1] * large)
        sizes = [*[4] * (count - 1), length - 4 * (count - 1)]
        if sizes[-1] == 1:
            sizes[-2:] = [3, 2]
        return self.groups(text, *sizes)

    def code(self, text: str) -> str:
        """Digits and letters of no known kind, one by one in groups of three or four; hyphens are rests."""
        parts = [part for part in text.split("-") if part]
        groups = []
        for part in parts:
            if part.isdigit():
                groups.append(self.digit_string(part))
                continue
            count = -(-len(part) // 4)
            size = -(-len(part) // count)
            groups += [self.letters(part[start : start + size]) for start in range(0, len(part), size)]
        return self.pause.join(groups)

    def reference(self, reference: str) -> str:
        """A case's reference, 12 digits, as 4-4-4."""
        return self.groups(reference, 4, 4, 4)

    def phone_number(self, number: str) -> str:
        """A telephone number, digits only: mobile 3-4-4, fixed with its area code first, 400 as 3-3-4."""
        if len(number) == 11 and number.startswith("1"):
            return self.groups(number, 3, 4, 4)
        if len(number) == 10 and number.startswith("400"):
            return self.groups(number, 3, 3, 4)
        if number.startswith("0"):
            area = 3 if number[1:2] in {"1", "2"} else 4
            rest = len(number) - area
            if rest in {7, 8}:
                return self.groups(number, area, rest - 4, 4)
        return self.digit_string(number)

    def identity_number(self, number: str) -> str:
        """A citizen identity number, GB 11643: region, year, month and day, and the last four."""
        return self.groups(number, 6, 4, 4, 4)

    def moment(self, moment: datetime) -> str:
        """A day and a time of day."""
        return f"{self.day(moment.date())}{self.after_day}{self.time_of_day(moment.time())}"

    def period(self, start: datetime, end: datetime) -> str:
        """From one moment to another; the day is said once where both are on it."""
        last = self.time_of_day(end.time()) if start.date() == end.date() else self.moment(end)
        return f"{self.moment(start)}{self.until}{last}"

    pause: str
    """What makes the voice rest between groups."""
    after_day: str
    """What stands between a day and a time of day."""
    until: str
    """What stands between a beginning and an end."""
    stop: str
    """What ends a sentence."""
