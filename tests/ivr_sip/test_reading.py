"""From a text to what the engine is given."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.language import Language
from speech.errors import TextTooLong
from speech.espeak import VOICES
from speech.pinyin import pinyin
from speech.reading import LONGEST_SENTENCE, LONGEST_TEXT, Part, parts, sentences

ZH, EN = Language.ZH_CN, Language.EN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("您好，请按一。", "nin2 hao3, qing3 an4 yi1."),
        ("银行卡重复还款", "yin2hang2ka3 chong2fu4 huan2kuan3"),
        ("县长和乡长", "xian4zhang3 he2 xiang1zhang3"),
        ("不会，不要，不能", "bu2hui4, bu2yao4, bu4neng2"),
        ("重听，重说一次", "chong2ting1, chong2shuo1yi1ci4"),
        ("不用排长队，最长三个月", "bu2yong4 pai2chang2dui4, zui4chang2 san1ge4yue4"),
        ("预约接种，主要种什么", "yu4yue1 jie1zhong4, zhu3yao4 zhong4 shen2me5"),
        ("写在行驶证上，未系安全带", "xie3zai4 xing2shi3zheng4shang4, wei4ji4 an1quan2dai4"),
        ("八十岁的当月起，只还利息", "ba1shi2sui4 de5 dang4yue4qi3, zhi3huan2 li4xi1"),
        (
            "标准为每人九元，税率为百分之三",
            "biao1zhun3 wei2mei3ren2 jiu3yuan2, shui4lv4 wei2bai3fen1zhi1san1",
        ),
        ("因为每个人，为您，为孤儿", "yin1wei4 mei3ge4ren2, wei4nin2, wei4gu1er2"),
        ("女儿的绿卡", "nv3er2 de5 lv4ka3"),
        ("《医疗保障条例》（试行）：办理！", "yi1liao2 bao3zhang4 tiao2li4, shi4xing2, ban4li3!"),
    ],
)
def test_chinese_becomes_pinyin_by_words(text: str, said: str) -> None:
    def syllables(line: str) -> str:
        return line.replace(" ", "").replace(",,", ",")

    assert syllables(pinyin(text)) == syllables(said)


def test_the_engine_says_the_pinyin_as_mandarin_and_not_as_english() -> None:
    (part,) = parts("请重复还款", ZH)
    phonemes = subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", VOICES[part.language], "--stdin"],
        input=pinyin(part.text).encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "(en)" not in phonemes
    assert "ts.h" in phonemes  # chong, not zhong
    assert "Xua" in phonemes  # huan, not hai


def test_each_voice_says_its_own_language() -> None:
    assert parts("请按 Huimin App 办理", ZH) == (
        Part(ZH, "请按"),
        Part(EN, "Huimin App"),
        Part(ZH, "办理"),
    )
    assert [part.language for part in parts("Ask for 惠民卡 at the desk.", EN)] == [EN, ZH, EN]


def test_what_cannot_be_said_is_left_out() -> None:
    assert parts("—— …… ！？", ZH) == ()
    assert parts("*** [ ] ***", EN) == ()


def test_texts_are_cut_where_a_reader_pauses() -> None:
    assert sentences("第一条。第二条！第三条？", ZH) == ("第一条。", "第二条！", "第三条？")
    assert sentences("It costs 3.50 yuan. Bring a card.", EN) == ("It costs 3.50 yuan.", "Bring a card.")
    assert sentences("See No. 5, e.g. its annex.", EN) == ("See No. 5, e.g. its annex.",)
    long = "参保人员应当按时缴纳费用，" * 20 + "。"
    assert all(len(piece) <= LONGEST_SENTENCE[ZH] for piece in sentences(long, ZH))
    assert all(piece.endswith(("，", "。")) for piece in sentences(long, ZH))


def test_a_text_that_nobody_would_hear_to_its_end_is_refused() -> None:
    with pytest.raises(TextTooLong):
        sentences("a" * (LONGEST_TEXT + 1), EN)


@given(st.text(max_size=400), st.sampled_from([ZH, EN]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_cut_without_losing_a_character(text: str, language: Language) -> None:
    pieces = sentences(text, language)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    for piece in pieces:
        assert len(piece) <= LONGEST_SENTENCE[language]
        for part in parts(piece, language):
            assert "\n" not in part.text
            assert any(character.isalnum() for character in part.text)


@given(
    st.text(
        alphabet=st.characters(categories=["Lo"], min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=40
    )
)
@settings(max_examples=100, deadline=None)
def test_any_chinese_character_has_a_reading_or_is_passed_over(text: str) -> None:
    assert pinyin(text).isascii()
