"""Chinese characters as numbered pinyin, by words. Pure.

Engines that know single characters only, such as espeak-ng, say 银行 as yinxing and 重复 as zhongfu.
pypinyin knows the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pypinyin import Style, lazy_pinyin, load_phrases_dict
from pypinyin.seg.mmseg import seg

HAN = "〇㐀-䶿一-鿿豈-﫿\U00020000-\U000323af"
_AMOUNTS_TO = re.compile(
    "(?<=[准额率分期定应仍降变])为|(?<!因)为(?=每|[一二三四五六七八九十百千万两]+[个元年级])"
)
"""标准为每人每月, 分为两段: wei2. For somebody (为您) it is wei4, as the general dictionary has it."""
_HAN_RUN = re.compile(f"[{HAN}]+")

_CHINESE_PAUSES = str.maketrans(
    dict.fromkeys("，、：；（）()—…─－–:;", ", ")
    | dict.fromkeys("。\n", ". ")
    | dict.fromkeys("！", "! ")
    | dict.fromkeys("？", "? ")
    | dict.fromkeys("《》〈〉「」『』“”‘’\"'【】[]·•", "")
)
"""Chinese punctuation as the pause that the engine knows."""

_PHRASES = {
    "还款": "huán kuǎn",
    "缴还": "jiǎo huán",
    "乡长": "xiāng zhǎng",
    "供养": "gōng yǎng",
    "调休": "tiáo xiū",
    "重办": "chóng bàn",
    "重听": "chóng tīng",
    "重说": "chóng shuō",
    "重置": "chóng zhì",
    "重试": "chóng shì",
    "重发": "chóng fā",
    "种粮": "zhòng liáng",
    "种地": "zhòng dì",
    "种什么": "zhòng shén me",
    "主要种": "zhǔ yào zhòng",
    "不种": "bú zhòng",
    "别人种": "bié rén zhòng",
    "接种": "jiē zhòng",
    "长按": "cháng àn",
    "载明": "zǎi míng",
    "大夫": "dài fu",
    "所得": "suǒ dé",
    "只还": "zhǐ huán",
    "最长": "zuì cháng",
    "太长": "tài cháng",
    "长时间": "cháng shí jiān",
    "不能长时间": "bù néng cháng shí jiān",
    "排长队": "pái cháng duì",
    "的当月": "de dàng yuè",
    "的当场": "de dāng chǎng",
    "看门诊": "kàn mén zhěn",
    "写在行驶证": "xiě zài xíng shǐ zhèng",
    "未系": "wèi jì",
    "累进": "lěi jìn",
    "超额累进": "chāo é lěi jìn",
}
"""Words of offices and hotlines that the general dictionary reads wrongly."""

load_phrases_dict({word: [[syllable] for syllable in said.split()] for word, said in _PHRASES.items()})


def pinyin(text: str) -> str:
    """Chinese as numbered pinyin, the syllables of a word together, punctuation as the engine's pauses."""
    said = _HAN_RUN.sub(lambda run: f" {' '.join(_words(run[0]))} ", text.translate(_CHINESE_PAUSES))
    return re.sub(r" +([,.!?])", r"\1", " ".join(said.split()))


def _words(run: str) -> Iterator[str]:
    said = [_syllables(word) for word in seg.cut(run)]
    syllables = [syllable for word in said for syllable in word]
    for index, character in enumerate(run[:-1]):
        if character == "不" and syllables[index + 1].endswith("4"):
            syllables[index] = "bu2"
    for match in _AMOUNTS_TO.finditer(run):
        syllables[match.start()] = "wei2"
    position = 0
    for word in said:
        yield "".join(syllables[position : position + len(word)])
        position += len(word)


def _syllables(word: str) -> list[str]:
    """One a character, its tone as a figure; empty for a character that has no reading."""
    return lazy_pinyin(
        word,
        style=Style.TONE3,
        neutral_tone_with_five=True,
        errors=lambda unknown: [""] * len(unknown),  # type: ignore[arg-type,return-value]  # a list is documented
    )
