"""From a text to what the engine is given: sentences, parts by voice, and pinyin for Chinese. Pure.

espeak-ng's Mandarin knows single characters only: it says 银行 as yinxing and 重复 as zhongfu, and its
plain ``cmn`` voice reads many characters as if their pinyin were English. pypinyin knows the words, so the
engine gets pinyin with tones, and its voice ``cmn-latn-pinyin`` says that reliably. Latin words inside
Chinese go to the English voice, and Chinese inside English to the Mandarin one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pypinyin import Style, lazy_pinyin, load_phrases_dict
from pypinyin.seg.mmseg import seg

from foundation.language import Language
from ivr.speech.errors import TextTooLong

LONGEST_TEXT = 50_000
"""Characters; about three hours of speech."""
LONGEST_SENTENCE = {Language.ZH_CN: 60, Language.EN: 160}
"""Characters rendered at once: some 15 s of sound, ready in a tenth of a second."""


class Voice(StrEnum):
    """A voice of espeak-ng; the value is its name there."""

    MANDARIN = "cmn-latn-pinyin"
    ENGLISH = "en-gb"


OWN_VOICE = {Language.ZH_CN: Voice.MANDARIN, Language.EN: Voice.ENGLISH}


@dataclass(frozen=True, slots=True)
class Part:
    """What one voice says without interruption: pinyin for Mandarin, plain text for English."""

    voice: Voice
    text: str = field(repr=False)


HAN = "〇㐀-䶿一-鿿豈-﫿\U00020000-\U000323af"
_AMOUNTS_TO = re.compile(
    "(?<=[准额率分期定应仍降变])为|(?<!因)为(?=每|[一二三四五六七八九十百千万两]+[个元年级])"
)
"""标准为每人每月, 分为两段: wei2. For somebody (为您) it is wei4, as the general dictionary has it."""
_HAN_RUN = re.compile(f"[{HAN}]+")
_HAN_STRETCH = re.compile(f"[{HAN}](?:[^A-Za-z]*[{HAN}])?")
_LATIN_STRETCH = re.compile(r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ .,'’&@/_-]*[A-Za-zÀ-ɏ])?")
_SENTENCE_END = re.compile(r"(?<=[。！？；!?;\n])|(?<=[.])(?=\s+[^\sa-z0-9]|\s*$)")
_CLAUSE_END = re.compile(r"(?<=[，、：,:）)])")

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


def sentences(text: str, language: Language) -> tuple[str, ...]:
    """The text in pieces short enough to be rendered quickly, cut where a reader would pause.

    Raises TextTooLong.
    """
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(f"a text of {len(text)} characters is not read out; the limit is {LONGEST_TEXT}")
    longest = LONGEST_SENTENCE[language]
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        pieces += _cut(sentence, longest)
    return tuple(stripped for piece in pieces if (stripped := piece.strip()))


def parts(sentence: str, language: Language) -> tuple[Part, ...]:
    """The sentence by voice, in order; empty where nothing in it can be said."""
    own = OWN_VOICE[language]
    foreign = _LATIN_STRETCH if language is Language.ZH_CN else _HAN_STRETCH
    other = Voice.ENGLISH if language is Language.ZH_CN else Voice.MANDARIN
    found = []
    position = 0
    for match in foreign.finditer(sentence):
        found += [(own, sentence[position : match.start()]), (other, match[0])]
        position = match.end()
    found.append((own, sentence[position:]))
    spoken = ((voice, pinyin(text) if voice is Voice.MANDARIN else _plain(text)) for voice, text in found)
    return tuple(Part(voice, text) for voice, text in spoken if any(c.isalnum() for c in text))


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


def _plain(text: str) -> str:
    """English for the engine: one line, no marks that it would name."""
    return " ".join(re.sub(r"[<>{}\[\]|\\^~`*#_]", " ", text).split())


def _cut(sentence: str, longest: int) -> Iterator[str]:
    """A sentence that is too long, at its commas; a clause that is too long, at a space or anywhere."""
    if len(sentence) <= longest:
        yield sentence
        return
    line = ""
    for clause in _CLAUSE_END.split(sentence):
        if line and len(line) + len(clause) > longest:
            yield line
            line = ""
        line += clause
        while len(line) > longest:
            space = line.rfind(" ", longest // 2, longest)
            end = space + 1 if space > 0 else longest
            yield line[:end]
            line = line[end:]
    yield line
