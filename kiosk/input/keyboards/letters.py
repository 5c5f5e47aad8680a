"""Layouts for text: pinyin, English, digits with symbols of either script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from foundation.language import Language
from kiosk.input.keyboards.layout import Act, Cell, Key, Layout, Tone, Wide, rows
from kiosk.input.keyboards.signs import NAMES

BACKSPACE = Key("backspace", Act.BACKSPACE, message="key.backspace", icon="backspace", tone=Tone.QUIET)
DONE = Key("done", Act.DONE, message="key.done", tone=Tone.STRONG)
SPACE = Key("space", Act.INSERT, insert=" ", message="key.space")
SYMBOLS = Key("symbols", Act.SYMBOLS, label="123", message="key.symbols", tone=Tone.QUIET)
TO_SYLLABLES = Key("letters", Act.LETTERS, message="key.letters.pinyin", tone=Tone.QUIET)
TO_LETTERS = Key("letters", Act.LETTERS, message="key.letters.english", tone=Tone.QUIET)
TO_STROKES = Key("letters", Act.LETTERS, message="key.handwriting", written=Language.ZH_CN, tone=Tone.QUIET)
TO_ENGLISH = Key("english", Act.SCRIPT, message="key.english", tone=Tone.QUIET)
TO_CHINESE = Key("pinyin", Act.SCRIPT, message="key.chinese", tone=Tone.QUIET)
TO_PINYIN = Key("pinyin", Act.SCRIPT, message="key.pinyin", written=Language.ZH_CN, tone=Tone.QUIET)
TO_HANDWRITING = Key(
    "handwriting", Act.SCRIPT, message="key.handwriting", written=Language.ZH_CN, tone=Tone.QUIET
)
SHIFT = Key("shift", Act.SHIFT, message="key.shift", icon="shift_off", tone=Tone.QUIET)
DASH = Key("—", insert="——", label="—", message=NAMES["—"])
ELLIPSIS = Key("…", insert="……", label="…", message=NAMES["…"])
"""Two characters wide in Chinese (GB/T 15834-2011, 5.2)."""
APOSTROPHE = Key("'", insert="'", message="key.part", tone=Tone.QUIET)


def keys(characters: str) -> list[Key]:
    """A key for each character, named after it."""
    return [
        Key(character, insert=character, label=character, message=NAMES.get(character, ""))
        for character in characters
    ]


def _last_row(left: Key, scripts: Sequence[Key], comma: str, stop: str) -> list[Key | Wide]:
    """The signs that are needed most, and the ways to other keys; space takes what is left of ten keys."""
    if len(scripts) == 1:
        return [(left, 1.4), (scripts[0], 1.6), *keys(comma), (SPACE, 2.6), *keys(stop), (DONE, 2.4)]
    first, second = scripts
    return [(left, 1.3), (first, 1.4), (second, 1.7), *keys(comma), (SPACE, 1.4), *keys(stop), (DONE, 2.2)]


U_UMLAUT = Key("v", insert="v", label="v", corner="ü")
"""Pinyin's ü is typed v (ISO 7098:2015 allows it), which not everybody knows."""


def _pinyin(name: str, scripts: Sequence[Key]) -> Layout:
    return rows(
        name,
        10,
        keys("qwertyuiop"),
        keys("asdfghjkl"),
        [(APOSTROPHE, 1.5), *keys("zxc"), U_UMLAUT, *keys("bnm"), (BACKSPACE, 1.5)],
        _last_row(SYMBOLS, scripts, "，", "。"),
    )


def _chinese_symbols(name: str, back: Key, scripts: Sequence[Key]) -> Layout:
    return rows(
        name,
        10,
        keys("1234567890"),
        keys("、：；？！“”（）·"),
        [*keys("《》"), DASH, ELLIPSIS, *keys("-/@#"), (BACKSPACE, 2)],
        _last_row(back, scripts, "，", "。"),
    )


PINYIN = _pinyin("pinyin", [TO_ENGLISH])
PINYIN_OR_HAND = _pinyin("pinyin-or-hand", [TO_HANDWRITING, TO_ENGLISH])
"""Where characters can be written by finger as well."""
SYLLABLE_KEYS = frozenset("abcdefghijklmnopqrstuvwxyz'")
"""Names of the keys of PINYIN that the engine takes."""
PINYIN_SYMBOLS = _chinese_symbols("pinyin-symbols", TO_SYLLABLES, [TO_ENGLISH])
PINYIN_OR_HAND_SYMBOLS = _chinese_symbols(
    "pinyin-or-hand-symbols", TO_SYLLABLES, [TO_HANDWRITING, TO_ENGLISH]
)

UNDO = Key("undo", Act.UNDO, message="key.undo", tone=Tone.QUIET)
CLEAR = Key("clear", Act.CLEAR, message="key.clear", tone=Tone.QUIET)
BESIDE_FIELDS = 1.5
"""Width of the keys beside the fields for writing, in keys."""
HANDWRITING = Layout(
    "handwriting",
    10,
    4,
    (
        Cell(UNDO, 10 - BESIDE_FIELDS, 0, BESIDE_FIELDS),
        Cell(CLEAR, 10 - BESIDE_FIELDS, 1, BESIDE_FIELDS),
        Cell(BACKSPACE, 10 - BESIDE_FIELDS, 2, BESIDE_FIELDS),
        *(
            replace(cell, top=3)
            for cell in rows("", 10, _last_row(SYMBOLS, [TO_PINYIN, TO_ENGLISH], "，", "。")).cells
        ),
    ),
)
"""Its first three rows are free for the fields."""
HANDWRITING_SYMBOLS = _chinese_symbols("handwriting-symbols", TO_STROKES, [TO_PINYIN, TO_ENGLISH])


def _english(name: str, letters: str) -> Layout:
    return rows(
        name,
        10,
        keys(letters[:10]),
        keys(letters[10:19]),
        [(SHIFT, 1.5), *keys(letters[19:]), (BACKSPACE, 1.5)],
        [(SYMBOLS, 1.3), (TO_CHINESE, 1.4), *keys(","), (SPACE, 2), *keys(".@"), (DONE, 2.3)],
    )


ENGLISH = _english("english", "qwertyuiopasdfghjklzxcvbnm")
ENGLISH_CAPITALS = _english("english-capitals", "QWERTYUIOPASDFGHJKLZXCVBNM")
ENGLISH_SYMBOLS = rows(
    "english-symbols",
    10,
    keys("1234567890"),
    keys("-/:;()&@\"'"),
    [*keys("?!#%+=*_"), (BACKSPACE, 2)],
    _last_row(TO_LETTERS, [TO_CHINESE], ",", "."),
)
