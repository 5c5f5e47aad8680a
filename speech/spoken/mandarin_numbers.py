"""Mandarin numbers, money and clocks.

Numbers follow the reading rules of the school books and, for 两 and 二, Lü Shuxiang's
"Eight Hundred Words of Modern Chinese": 两 only where it leads the number, before 千, 万 and 亿
or alone before a measure word.
"""

from __future__ import annotations

from speech.spoken.readout import LARGEST

FIGURES = "零一二三四五六七八九"
YEAR_DIGIT = dict(zip("0123456789", "〇一二三四五六七八九", strict=True))


def section(number: int) -> str:
    """One to four digits, 1 to 9999, with 零 for zeros inside and none for those at the end."""
    said, zero = "", False
    for unit, value in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        figure, number = divmod(number, value)
        if figure:
            said += ("零" if zero and said else "") + FIGURES[figure] + unit
            zero = False
        else:
            zero = True
    return said


def integer(number: int) -> str:
    """A whole number, 0 to 10^12; 10 to 19 begin with 十, and 两 leads before 千, 万 and 亿."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not read as a number")
    if number == 0:
        return "零"
    said, zero = "", False
    for unit, value in (("亿", 10**8), ("万", 10**4), ("", 1)):
        part, number = divmod(number, value)
        if part:
            words = "一万" if part == 10**4 else section(part)
            said += ("零" if said and (zero or part < 1000) else "") + words + unit
        zero = not part
    if said.startswith("一十"):
        said = said[1:]
    if said[0] == "二" and said[1:2] in {"千", "万", "亿"}:
        said = "两" + said[1:]
    return said


def count(number: int) -> str:
    """As before a measure word."""
    return "两" if number == 2 else integer(number)


def decimal(whole: str, fraction: str) -> str:
    """A decimal fraction: 三点一四."""
    return f"{integer(int(whole))}点{''.join(FIGURES[int(digit)] for digit in fraction)}"


def year(number: int) -> str:
    """A year by its digits, without 年."""
    return "".join(YEAR_DIGIT[digit] for digit in str(number))


def money(fen: int) -> str:
    """An amount in 元, 角 and 分; 零 where 角 is passed over."""
    if fen < 0:
        raise ValueError("an amount is not negative")
    yuan, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    said = f"{count(yuan)}元" if yuan or not rest else ""
    if jiao:
        said += f"{count(jiao)}角"
    if last:
        passed_over = bool(said) and not jiao
        said += f"零{integer(last)}分" if passed_over else f"{count(last)}分"
    return said


def clock(hour: int, minute: int) -> str:
    """Hours and minutes of a clock: 八点, 八点零五分, 八点半."""
    if minute == 0:
        return f"{count(hour)}点"
    if minute == 30:
        return f"{count(hour)}点半"
    return f"{count(hour)}点{'零' if minute < 10 else ''}{integer(minute)}分"
