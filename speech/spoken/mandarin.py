"""Mandarin as it is said on the telephone: digits one by one with 幺 for 1, 两 before measure words."""

from __future__ import annotations

from datetime import date, time

from speech.spoken import mandarin_text
from speech.spoken.figures import LETTERS, ON_PLATES
from speech.spoken.mandarin_numbers import clock, count, integer, money
from speech.spoken.mandarin_numbers import year as said_year
from speech.spoken.readout import Readout

BY_DIGIT = dict(zip("0123456789", "零幺二三四五六七八九", strict=True)) | {"X": "艾克斯", "x": "艾克斯"}
WEEKDAYS = "一二三四五六日"


def part_of_day(hour: int) -> str:
    """What is said before the hour."""
    for end, name in ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午")):
        if hour < end:
            return name
    return "晚上"


class Mandarin(Readout):
    """Reads out in Mandarin."""

    pause = "，"
    after_day = ""
    until = "到"
    stop = "。"

    def integer(self, number: int) -> str:
        """As the base says: 1005 is 一千零五."""
        return integer(number)

    def count(self, number: int) -> str:
        """As the base says: 2 is 两."""
        return count(number)

    def digits(self, text: str) -> str:
        """As the base says: 110 is 幺幺零."""
        try:
            return "".join(BY_DIGIT[digit] for digit in text)
        except KeyError:
            raise ValueError("not a string of digits") from None

    def money(self, fen: int) -> str:
        """As the base says: 1205 fen are 十二元零五分."""
        return money(fen)

    def full_date(self, day: date) -> str:
        """As the base says: 二〇二六年二月三日."""
        return f"{said_year(day.year)}年{integer(day.month)}月{integer(day.day)}日"

    def day(self, day: date) -> str:
        """As the base says: 二月三日星期二."""
        return f"{integer(day.month)}月{integer(day.day)}日星期{WEEKDAYS[day.weekday()]}"

    def time_of_day(self, moment: time) -> str:
        """As the base says: 下午两点半."""
        hour = moment.hour - 12 if moment.hour > 12 else moment.hour
        return part_of_day(moment.hour) + clock(hour, moment.minute)

    def length(self, seconds: int) -> str:
        """As the base says: 两分三十秒."""
        minutes, rest = divmod(seconds, 60)
        if not minutes:
            return f"{count(rest)}秒"
        return f"{count(minutes)}分{count(rest)}秒" if rest else f"{count(minutes)}分钟"

    def month(self, year: int, month: int) -> str:
        """As the base says: 二〇二六年十月."""
        return f"{said_year(year)}年{integer(month)}月"

    def plate(self, plate: str) -> str:
        """As the base says: 云A0T101 is 云A，零T幺零幺."""
        if len(plate) < 4:
            raise ValueError("not a plate")
        return f"{plate[0]}{self.letters(plate[1])}{self.pause}{self.letters(plate[2:])}"

    def letters(self, text: str) -> str:
        """As the base says: B12 is B幺二; letters that stand together are kept apart."""
        said = ""
        for character in text.upper():
            if not (character in BY_DIGIT or character in LETTERS or character in ON_PLATES):
                raise ValueError("not a string of digits and letters")
            word = character if character in LETTERS else BY_DIGIT.get(character, character)
            said += (" " if said and said[-1] in LETTERS and word in LETTERS else "") + word
        return said

    def text(self, written: str) -> str:
        """As the base says."""
        return mandarin_text.say(written, self)
