"""Running Chinese text, made ready to be said.

The rules run in order, the most particular first; each puts what it finds into words
without digits, so that a later rule cannot meet it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from speech.spoken.figures import (
    AMOUNT,
    FRACTION,
    IDENTITY_NUMBER,
    MINUS,
    NUMBER,
    PHONE_NUMBER,
    PLATE,
    ascii_digits,
    fen,
    is_code,
    whole_and_fraction,
)
from speech.spoken.mandarin_numbers import clock, count, decimal, integer, money, year
from speech.spoken.readout import Readout

MEASURES = (
    "个|名|人|位|份|张|条|项|次|天|年|周|小时|分钟|元|块|家|户|亩|平方米|公里|千米|米|厘米|吨|千克|公斤|克|斤|倍|种|类|件|"
    r"角|分(?!之)|点(?!\d)|立方米|千瓦|瓦|毫升|"
    "本|册|页|处|座|台|辆|批|期|套|副|封|句|字|遍|轮|岁|升|度"
)
"""Words before which 2 is 两."""
UNITS = {
    "kg": "公斤", "km": "公里", "cm": "厘米", "mm": "毫米", "m²": "平方米", "m2": "平方米", "m³": "立方米",
    "m3": "立方米", "kWh": "千瓦时", "kW": "千瓦", "kV": "千伏", "mL": "毫升", "ml": "毫升", "L": "升",
}  # fmt: skip
"""Units that stand behind a number as signs."""
_UNIT = rf"(?<=\d)\s?({'|'.join(UNITS)})(?![A-Za-z\d²³])"

_TO = r"\s?[-—–~～至到]{1,2}\s?"

Words = Callable[[Readout, re.Match[str]], str]


def _number(read: Readout, written: str) -> str:
    whole, fraction = whole_and_fraction(written)
    if is_code(whole):
        return read.digit_string(whole) + (f"点{read.digits(fraction)}" if fraction else "")
    return decimal(whole, fraction) if fraction else integer(int(whole))


def _document_number(_: Readout, match: re.Match[str]) -> str:
    return f"，{year(int(match[1]))}年，{integer(int(match[2]))}号"


def _date(read: Readout, match: re.Match[str]) -> str:
    try:
        return read.full_date(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:  # no such day: the writer's slip is read as it stands
        return f"{year(int(match[1]))}年{integer(int(match[2]))}月{integer(int(match[3]))}日"


def _years(_: Readout, match: re.Match[str]) -> str:
    return "至".join(year(int(found)) for found in re.findall(r"\d{4}", match[0])) + "年"


def _phone_number(read: Readout, match: re.Match[str]) -> str:
    return read.phone_number(re.sub(r"\D", "", match[0]))


def _fraction(_: Readout, match: re.Match[str]) -> str:
    part, whole = int(match[1]), int(match[2])
    return f"{integer(whole)}分之{integer(part)}" if 0 < part < whole else match[0]


def _clock(_: Readout, match: re.Match[str]) -> str:
    return clock(int(match[1]), int(match[2]))


def _percent(read: Readout, match: re.Match[str]) -> str:
    return "到".join(f"百分之{_number(read, found)}" for found in re.findall(NUMBER, match[0]))


def _per_mille(read: Readout, match: re.Match[str]) -> str:
    return f"千分之{_number(read, match[1])}"


def _money(read: Readout, match: re.Match[str]) -> str:
    amount = fen(match["amount"])
    return _number(read, match["amount"]) + "元" if amount is None else money(amount)


RULES: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"[〔\[［(（](\d{4})[〕\]］)）]第?(\d{1,6})号", _document_number),
        (r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", _date),
        (r"(?<!\d)(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]", _date),
        (rf"(?<!\d)[12]\d{{3}}年?(?:{_TO}[12]\d{{3}})?\s?年", _years),
        (IDENTITY_NUMBER, lambda read, m: read.identity_number(m[0])),
        (PLATE, lambda read, m: read.plate(re.sub(r"[·•]", "", m[0]))),
        (PHONE_NUMBER, _phone_number),
        (
            r"(?:(?<=热线|电话|拨打|致电)|(?<=电话[：:]|热线[：:]))\d{3,6}(?!\d)",
            lambda read, m: read.digits(m[0]),
        ),
        (r"(?<![\d.,])\d{3,6}(?=热线|平台)", lambda read, m: read.digits(m[0])),
        (
            rf"(?<![\d.,¥￥])(?:123\d\d|95[1-9]\d\d)(?!\d|[.,]\d|\s?(?:[年元万亿多余%％‰]|{MEASURES}))",
            lambda read, m: read.digits(m[0]),
        ),
        (_UNIT, lambda _, m: UNITS[m[1]]),
        (FRACTION, _fraction),
        (rf"{MINUS}(?=\d+(?:\.\d+)?\s?(?:℃|度))", lambda _, m: "零下"),
        (MINUS, lambda _, m: "负"),
        (r"(?<=\d)\s?[×xX]\s?(?=\d)", lambda _, m: "乘"),
        (rf"(?:{NUMBER})(?:[%％]?{_TO}(?:{NUMBER}))?[%％]", _percent),
        (rf"({NUMBER})‰", _per_mille),
        (r"(?<=[\d元年月日天时点])\s?[-—–~～]{1,2}\s?(?=[\d¥￥])", lambda _, m: "到"),
        (r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?::[0-5]\d)?(?!\d)", _clock),
        (r"(?<![\d.,])([01]?\d|2[0-4])[点时]([0-5]?\d)分(?!钟)", _clock),
        (rf"[¥￥]\s?{AMOUNT}元?(?![\d万亿])", _money),
        (rf"(?<![\d.,]){AMOUNT}\s?元", _money),
        (
            rf"(?<![\d.,第])2(?=\s?(?:[千万亿多余]|{MEASURES}|[到至]\s?\d+\s?(?:{MEASURES})))",
            lambda _, m: count(2),
        ),
        (NUMBER, lambda read, m: _number(read, m[0])),
    )
)

_CIRCLED = {0x2460 + figure: f"，{figure + 1}，" for figure in range(20)}
_SIGNS = str.maketrans(
    {"℃": "摄氏度", "㎡": "平方米", "#": "井号", "*": "星号", "&": "和", "+": "加", "\n": "。"}
    | dict.fromkeys("《》“”‘’「」『』〈〉·", "")
    | dict.fromkeys("（）()〔〕[]【】•→\t", "，")
)


def say(written: str, read: Readout) -> str:
    """The text without digits, brackets or signs that a voice would stumble over."""
    text = ascii_digits(written.strip().translate(_CIRCLED))
    for pattern, words in RULES:
        text = pattern.sub(lambda match, words=words: words(read, match), text)  # type: ignore[misc]
    text = re.sub(r"(?<=[元人次份亩])/(?=\w)", "每", text.translate(_SIGNS)).replace("/", "、")
    text = re.sub(r"\s*[—–]+\s*|\s-\s", "，", text)
    text = re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", text)
    text = re.sub(r"，+(?=[，。；：！？、])|(?<=[，。；：！？、])[，\s]+|^，", "", text)
    return re.sub(r"。{2,}", "。", text)
