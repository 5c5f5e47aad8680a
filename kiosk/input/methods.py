"""The ways in which text can be entered at this terminal, and the one that the resident prefers."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path

from foundation.log import logger
from kiosk.input.errors import HandwritingError, InputMethodError
from kiosk.input.handwriting import Handwriting
from kiosk.input.librime import SHARED_DATA
from kiosk.input.libzinnia import MODEL
from kiosk.input.recogniser import Recogniser
from kiosk.input.rime import PinyinEngine
from kiosk.input.words import Words

log = logger(__name__)


class Script(Enum):
    """How text is entered; the value is the name of the key that leads there."""

    PINYIN = "pinyin"
    HANDWRITING = "handwriting"
    ENGLISH = "english"


def open_words(shared_data: Path = SHARED_DATA) -> Words:
    """Reads the words; where they are missing, says so in the log and gives none.

    Blocks for a tenth of a second.
    """
    try:
        return Words.read(shared_data)
    except InputMethodError as error:
        log.warning("words_missing", reason=str(error), without="phrases, indexes by pinyin")
        return Words()


def open_handwriting(shows: Callable[[str], bool], words: Words, model: Path = MODEL) -> Handwriting | None:
    """Opens it where it is installed; else says in the log what is missing, and the terminal does without."""
    try:
        return Handwriting(Recogniser(model, shows), words)
    except HandwritingError as error:
        log.warning("handwriting_missing", reason=str(error), left="pinyin and English")
        return None


class InputMethods:
    """Owns what was chosen. One for the process.

    chinese: how Chinese is entered, as the resident did it last; until then, by pinyin.
    """

    def __init__(self, pinyin: PinyinEngine, handwriting: Handwriting | None = None) -> None:
        self.pinyin = pinyin
        self.handwriting = handwriting
        self._chinese = Script.PINYIN

    @property
    def chinese(self) -> Script:
        """By pinyin or by hand."""
        return self._chinese

    def prefer(self, script: Script) -> None:
        """Keeps what the resident turned to, until the visit ends. English says nothing about Chinese."""
        if script is not Script.ENGLISH:
            self._chinese = script

    def forget(self) -> None:
        """At the end of a visit: what was typed, and what was chosen."""
        self._chinese = Script.PINYIN
        self.pinyin.forget()
