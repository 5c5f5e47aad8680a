"""Mandarin as it is said: the awkward cases by name, and every number there and back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.language import Language
from speech.spoken import LARGEST, readout
from tests.ivr import heard

say = readout(Language.ZH_CN)

zeros = st.lists(st.sampled_from("0000123456789"), min_size=1, max_size=12).map(
    lambda digits: int("".join(digits))
)
"""Numbers with many zeros in them: where reading goes wrong."""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "二百"),
        (1005, "一千零五"),
        (1010, "一千零一十"),
        (1100, "一千一百"),
        (2000, "两千"),
        (2222, "两千二百二十二"),
        (10000, "一万"),
        (10005, "一万零五"),
        (10500, "一万零五百"),
        (15000, "一万五千"),
        (20000, "两万"),
        (22000, "两万二千"),
        (100000, "十万"),
        (100010, "十万零一十"),
        (120000, "十二万"),
        (1005000, "一百万五千"),
        (10050000, "一千零五万"),
        (100000000, "一亿"),
        (100000001, "一亿零一"),
        (100005000, "一亿零五千"),
        (100150000, "一亿零一十五万"),
        (200000000, "两亿"),
        (1200000000, "十二亿"),
        (100000000010, "一千亿零一十"),
        (1000000000000, "一万亿"),
    ],
)
def test_a_number_is_said_as_school_books_say_it(number: int, said: str) -> None:
    assert say.integer(number) == said


def test_every_number_to_a_hundred_thousand_is_the_one_that_struck_out_zeros_make() -> None:
    for number in range(100_001):
        said = say.integer(number)
        assert heard.mandarin_integer(said) == number
        if number < 12_000 or number % 7 == 0:  # the rest would take seconds and tell nothing new
            assert said == heard.mandarin_number_in_full(number)


@given(st.integers(0, LARGEST) | zeros)
def test_larger_ones_too(number: int) -> None:
    assert say.integer(number) == heard.mandarin_number_in_full(number)


@given(st.integers(0, LARGEST) | zeros)
def test_every_number_is_understood_again(number: int) -> None:
    assert heard.mandarin_integer(say.integer(number)) == number
    assert heard.mandarin_integer(say.count(number)) == number


@given(st.integers(0, LARGEST))
def test_no_number_has_two_zeros_in_a_row_or_one_at_the_end(number: int) -> None:
    said = say.integer(number)
    assert "零零" not in said
    assert number == 0 or not said.endswith("零")


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_what_is_no_number_to_say_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not read as a number"):
        say.integer(number)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "一"), (2, "两"), (12, "十二"), (22, "二十二"), (102, "一百零二"), (2000, "两千")],
)
def test_two_things_are_liang(number: int, said: str) -> None:
    assert say.count(number) == said


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元"),
        (1, "一分"),
        (50, "五角"),
        (55, "五角五分"),
        (100, "一元"),
        (200, "两元"),
        (202, "两元零二分"),
        (222, "两元两角两分"),
        (1000, "十元"),
        (1205, "十二元零五分"),
        (1250, "十二元五角"),
        (100500, "一千零五元"),
        (20000, "二百元"),
        (5, "五分"),
        (20, "两角"),
        (110, "一元一角"),
        (10000, "一百元"),
        (100001, "一千元零一分"),
        (10**12, "一百亿元"),
        (10**14 + 5, "一万亿元零五分"),
    ],
)
def test_money_is_said_in_yuan_jiao_and_fen(fen: int, said: str) -> None:
    assert say.money(fen) == said


@given(st.integers(0, LARGEST * 100 + 99) | zeros)
def test_every_amount_is_understood_again(fen: int) -> None:
    assert heard.mandarin_money(say.money(fen)) == fen


def test_a_debt_is_not_said_as_an_amount() -> None:
    with pytest.raises(ValueError, match="negative"):
        say.money(-1)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 2, 3), "二〇二六年二月三日"),
        (date(1900, 10, 10), "一九〇〇年十月十日"),
        (date(2011, 11, 11), "二〇一一年十一月十一日"),
        (date(1999, 12, 31), "一九九九年十二月三十一日"),
    ],
)
def test_a_date_has_its_year_by_digits(day: date, said: str) -> None:
    assert say.full_date(day) == said


@given(st.dates())
def test_every_date_is_understood_again(day: date) -> None:
    assert heard.mandarin_date(say.full_date(day)) == day


def test_every_day_of_a_leap_year_is_understood_again() -> None:
    for number in range(366):
        day = date(2028, 1, 1) + timedelta(number)
        assert heard.mandarin_date(say.full_date(day)) == day
        assert say.day(day).startswith(say.full_date(day).partition("年")[2])
    assert say.full_date(date(2028, 2, 29)) == "二〇二八年二月二十九日"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (time(0, 0), "凌晨零点"),
        (time(2, 0), "凌晨两点"),
        (time(8, 30), "上午八点半"),
        (time(9, 5), "上午九点零五分"),
        (time(12, 0), "中午十二点"),
        (time(14, 0), "下午两点"),
        (time(17, 59), "下午五点五十九分"),
        (time(20, 12), "晚上八点十二分"),
        (time(0, 5), "凌晨零点零五分"),
        (time(0, 30), "凌晨零点半"),
        (time(5, 59), "凌晨五点五十九分"),
        (time(6, 0), "上午六点"),
        (time(12, 30), "中午十二点半"),
        (time(13, 0), "下午一点"),
        (time(18, 0), "晚上六点"),
        (time(20, 0), "晚上八点"),
        (time(22, 2), "晚上十点零二分"),
    ],
)
def test_a_time_has_its_part_of_the_day(moment: time, said: str) -> None:
    assert say.time_of_day(moment) == said


def test_every_minute_of_a_day_is_understood_again() -> None:
    for minute in range(24 * 60):
        moment = time(*divmod(minute, 60))
        assert heard.mandarin_time(say.time_of_day(moment)) == moment


def test_a_period_names_its_day_once() -> None:
    start = datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
    assert say.period(start, start.replace(hour=17)) == "二月三日星期二上午八点到下午五点"
    assert say.period(start, start.replace(day=4, hour=2)) == "二月三日星期二上午八点到二月四日星期三凌晨两点"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(2, "两秒"), (35, "三十五秒"), (60, "一分钟"), (120, "两分钟"), (150, "两分三十秒")],
)
def test_a_length_of_time(seconds: int, said: str) -> None:
    assert say.length(seconds) == said


def test_numbers_that_are_codes_are_said_digit_by_digit_with_yao_for_one() -> None:
    assert say.digits("110") == "幺幺零"
    assert say.reference("101234567890") == "幺零幺二，三四五六，七八九零"
    assert say.phone_number("13812345678") == "幺三八，幺二三四，五六七八"
    assert say.phone_number("01012345678") == "零幺零，幺二三四，五六七八"
    assert say.phone_number("08711234567") == "零八七幺，幺二三，四五六七"
    assert say.phone_number("4001234567") == "四零零，幺二三，四五六七"
    assert say.phone_number("12345") == "幺二三四五"
    assert say.identity_number("11010119900307201X") == "幺幺零幺零幺，幺九九零，零三零七，二零幺艾克斯"


@pytest.mark.parametrize(
    ("length", "groups"),
    [(5, [5]), (6, [3, 3]), (7, [3, 4]), (9, [3, 3, 3]), (11, [3, 4, 4]), (16, [4, 4, 4, 4]),
     (17, [4, 4, 4, 3, 2]), (19, [4, 4, 4, 4, 3])],
)  # fmt: skip
def test_a_string_of_digits_is_said_in_groups_that_can_be_kept_in_mind(
    length: int, groups: list[int]
) -> None:
    assert [len(group) for group in say.digit_string("2" * length).split("，")] == groups


@given(st.text("0123456789", min_size=1, max_size=32))
def test_every_string_of_digits_is_understood_again_and_never_ends_in_a_single_one(digits: str) -> None:
    said = say.digit_string(digits)
    assert heard.mandarin_digits(said) == digits
    assert len(digits) == 1 or len(said.rsplit("，", maxsplit=1)[-1]) > 1


@given(st.text("0123456789", min_size=18, max_size=18))
def test_every_number_of_a_phone_a_case_and_a_person_is_understood_again(digits: str) -> None:
    assert heard.mandarin_digits(say.reference(digits[:12])) == digits[:12]
    for number in (f"1{digits[:10]}", f"0{digits[:10]}", f"0{digits[:11]}", f"400{digits[:7]}", digits[:5]):
        assert heard.mandarin_digits(say.phone_number(number)) == number
    for number in (digits, f"{digits[:17]}X"):
        assert heard.mandarin_digits(say.identity_number(number)) == number
        assert (
            heard.mandarin_digits(say.text(f"号码{number}。").removeprefix("号码").removesuffix("。"))
            == number
        )
    assert "一" not in say.reference(digits[:12]), "digits say 幺"


@pytest.mark.parametrize("text", ["12a", "一", "1 2", "１"])
def test_what_is_no_digit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a string of digits"):
        say.digits(text)


def test_groups_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not make groups"):
        say.reference("123")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("惠政发〔2025〕3号", "惠政发，二〇二五年，三号"),
        ("自2026年2月3日起", "自二〇二六年二月三日起"),
        ("自 2026-02-03 起", "自二〇二六年二月三日起"),
        ("2026年2月3—5日", "二〇二六年二月三到五日"),
        ("2025—2026年度", "二〇二五至二〇二六年度"),
        ("二零二六年2月30日、2026年2月30日", "二零二六年二月三十日、二〇二六年二月三十日"),
        ("周一至周五 8:30—11:30，14:00-17:30", "周一至周五八点半到十一点半，十四点到十七点半"),
        ("每人380元/年", "每人三百八十元每年"),
        ("300元—500元", "三百元到五百元"),
        ("¥1,200.50", "一千二百元五角"),
        ("2万元，3.5万元，2亿元", "两万元，三点五万元，两亿元"),
        ("60%—80%，65％", "百分之六十到百分之八十，百分之六十五"),
        ("0.5‰", "千分之零点五"),
        ("需要2个工作日，第2次，2楼，12个", "需要两个工作日，第二次，二楼，十二个"),
        ("2-3个月", "两到三个月"),
        ("2 月 2 日", "二月二日"),
        ("咨询电话：0871-65123456", "咨询电话：零八七幺，六五幺二，三四五六"),
        ("拨打12345热线", "拨打幺二三四五热线"),
        ("13812345678", "幺三八，幺二三四，五六七八"),
        ("编号007", "编号零零七"),
        ("３０个", "三十个"),
        ("《身份证》（原件）2份\n照片2张", "身份证，原件，两份。照片两张"),
        ("①本人；②代办", "一，本人；二，代办"),
        ("请按#键，再按*", "请按井号键，再按星号"),
        ("请按1。", "请按一。"),
        ("0.05元，100.00元，1005.05元", "五分，一百元，一千零五元零五分"),
        ("9999999999.99元", "九十九亿九千九百九十九万九千九百九十九元九角九分"),
        ("12元2角", "十二元两角"),
        ("2点30分、20:00、00:05、24:00", "两点半、二十点、零点零五分、二十四点"),
        ("2.5小时，2倍，2号楼，2分之1", "二点五小时，两倍，二号楼，二分之一"),
        ("1/3以上，3/15", "三分之一以上，三、十五"),
        ("-5℃至5℃，-3", "零下五摄氏度至五摄氏度，负三"),
        ("7×24小时", "七乘二十四小时"),
        ("2kg，50m²，10kV，2L", "两公斤，五十平方米，十千伏，两升"),
        ("证号11010119900307201x", "证号幺幺零幺零幺，幺九九零，零三零七，二零幺艾克斯"),
        ("打95598或12345，12345人", "打九五五九八或幺二三四五，一万二千三百四十五人"),
        ("2万2千，1万2000元，20002人", "两万两千，一万两千元，两万零二人"),
        ("2028年2月29日", "二〇二八年二月二十九日"),
    ],
)
def test_running_text_is_made_ready_to_be_said(written: str, said: str) -> None:
    assert say.text(written) == said


@given(st.text(st.sampled_from("0123456789年月日元%.,:/-—〔〕号第个到¥２٣ \n电话两"), max_size=60))
def test_no_digit_is_left_for_the_voice_to_guess_at(written: str) -> None:
    assert not re.search(r"\d", say.text(written))
