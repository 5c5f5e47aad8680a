"""Layouts for text: pinyin, English, digits with symbols of either script."""

from __future__ import annotations

from kiosk.input.keyboards.layout import Act, Key, Layout, Tone, Wide, rows

BACKSPACE = Key("backspace", Act.BACKSPACE, message="key.backspace", icon="backspace", tone=Tone.QUIET)
DONE = Key("done", Act.DONE, message="key.done", tone=Tone.STRONG)
SPACE = Key("space", Act.INSERT, insert=" ", message="key.space")
SYMBOLS = Key("symbols", Act.SYMBOLS, label="123", message="key.symbols", tone=Tone.QUIET)
TO_SYLLABLES = Key("letters", Act.LETTERS, message="key.letters.pinyin", tone=Tone.QUIET)
TO_LETTERS = Key("letters", Act.LETTERS, message="key.letters.english", tone=Tone.QUIET)
TO_ENGLISH = Key("english", Act.OTHER_SCRIPT, message="key.english", tone=Tone.QUIET)
TO_PINYIN = Key("pinyin", Act.OTHER_SCRIPT, message="key.pinyin", tone=Tone.QUIET)
SHIFT = Key("shift", Act.SHIFT, message="key.shift", icon="shift_off", tone=Tone.QUIET)
DASH = Key("—", insert="——", label="—")
ELLIPSIS = Key("…", insert="……", label="…")
"""Two characters wide in Chinese (GB/T 15834-2011, 5.2)."""
APOSTROPHE = Key("'", insert="'", message="key.part", tone=Tone.QUIET)


def keys(characters: str) -> list[Key]:
    """A key for each character, named after it."""
    return [Key(character, insert=character, label=character) for character in characters]


def _last_row(left: Key, other_script: Key, comma: str, stop: str) -> list[Key | Wide]:
    return [(left, 1.4), (other_script, 1.6), *keys(comma), (SPACE, 2.6), *keys(stop), (DONE, 2.4)]


U_UMLAUT = Key("v", insert="v", label="v", corner="ü")
"""Pinyin's ü is typed v (ISO 7098:2015 allows it), which not everybody knows."""

PINYIN = rows(
    "pinyin",
    10,
    keys("qwertyuiop"),
    keys("asdfghjkl"),
    [(APOSTROPHE, 1.5), *keys("zxc"), U_UMLAUT, *keys("bnm"), (BACKSPACE, 1.5)],
    _last_row(SYMBOLS, TO_ENGLISH, "，", "。"),
)
SYLLABLE_KEYS = frozenset("abcdefghijklmnopqrstuvwxyz'")
"""Names of the keys of PINYIN that the engine takes."""
PINYIN_SYMBOLS = rows(
    "pinyin-symbols",
    10,
    keys("1234567890"),
    keys("、：；？！“”（）·"),
    [*keys("《》"), DASH, ELLIPSIS, *keys("-/@#"), (BACKSPACE, 2)],
    _last_row(TO_SYLLABLES, TO_ENGLISH, "，", "。"),
)


def _english(name: str, letters: str) -> Layout:
    return rows(
        name,
        10,
        keys(letters[:10]),
        keys(letters[10:19]),
        [(SHIFT, 1.5), *keys(letters[19:]), (BACKSPACE, 1.5)],
        _last_row(SYMBOLS, TO_PINYIN, ",", "."),
    )


ENGLISH = _english("english", "qwertyuiopasdfghjklzxcvbnm")
ENGLISH_CAPITALS = _english("english-capitals", "QWERTYUIOPASDFGHJKLZXCVBNM")
ENGLISH_SYMBOLS = rows(
    "english-symbols",
    10,
    keys("1234567890"),
    keys("-/:;()&@\"'"),
    [*keys("?!#%+=*_"), (BACKSPACE, 2)],
    _last_row(TO_LETTERS, TO_PINYIN, ",", "."),
)
