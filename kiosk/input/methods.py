"""The ways in which text can be entered at this terminal, and the one that the resident prefers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock

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


@dataclass(frozen=True, slots=True)
class Opened:
    """What entering text needs; handwriting: None where it is missing."""

    pinyin: PinyinEngine
    handwriting: Handwriting | None
    words: Words


def open_all(dictionary: Path, shows: Callable[[str], bool]) -> Opened:
    """Opens all of it, which takes four tenths of a second. Raises InputMethodError.

    dictionary: what `kiosk.input.deploy.deploy` gave; shows: whether the terminal's type has all characters
    of a text.
    """
    words = open_words()
    return Opened(PinyinEngine(dictionary, shows), open_handwriting(shows, words), words)


class InputMethods:
    """Owns what was opened, and what was chosen. One for the process.

    Nobody types before the first page is there: it is opened after that, in a thread; whoever is faster
    waits for it.
    """

    def __init__(self, opening: Callable[[], Opened]) -> None:
        """opening: opens it (`open_all`), once."""
        self._opening = opening
        self._once = Lock()
        self._opened: Opened | None = None
        self._chinese = Script.PINYIN

    def open(self) -> Opened:
        """What is open; waits until it is. Raises InputMethodError."""
        with self._once:
            if self._opened is None:
                self._opened = self._opening()
            return self._opened

    def close(self) -> None:
        """Ends the engine."""
        with self._once:
            if self._opened is not None:
                self._opened.pinyin.close()

    @property
    def pinyin(self) -> PinyinEngine:
        """The engine."""
        return self.open().pinyin

    @property
    def handwriting(self) -> Handwriting | None:
        """Writing by finger; None where it is missing."""
        return self.open().handwriting

    @property
    def words(self) -> Words:
        """Of the pinyin dictionary."""
        return self.open().words

    @property
    def chinese(self) -> Script:
        """How Chinese is entered, as the resident did it last; until then, by pinyin."""
        return self._chinese

    def prefer(self, script: Script) -> None:
        """Keeps what the resident turned to, until the visit ends. English says nothing about Chinese."""
        if script is not Script.ENGLISH:
            self._chinese = script

    def forget(self) -> None:
        """At the end of a visit: what was typed, and what was chosen."""
        self._chinese = Script.PINYIN
        if self._opened is not None:
            self._opened.pinyin.forget()
