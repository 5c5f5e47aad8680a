"""Chinese by pinyin."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards import candidate_row, letters
from kiosk.input.keyboards.candidate_row import CandidateRow
from kiosk.input.keyboards.keyboard import Keyboard, height_of
from kiosk.input.keyboards.layout import Act, Key
from kiosk.input.rime import Composition, PinyinEngine, Typed
from kiosk.theme import theme


def height() -> int:
    """Height of the keyboard in pixels."""
    return height_of(letters.PINYIN) + candidate_row.height() + theme.space.s


class PinyinKeyboard(Keyboard):
    """QWERTY with a candidate row, Chinese punctuation, digits and symbols.

    What is begun is taken before anything else happens: a comma, another keyboard, the end.
    """

    def __init__(
        self, width: int, language: Language, engine: PinyinEngine, *, by_hand: bool = False
    ) -> None:
        """by_hand: whether there is a key that leads to writing by finger."""
        super().__init__(width, height(), language)
        self._letters = letters.PINYIN_OR_HAND if by_hand else letters.PINYIN
        self._symbols = letters.PINYIN_OR_HAND_SYMBOLS if by_hand else letters.PINYIN_SYMBOLS
        self._engine = engine
        engine.clear()
        self._composition = Composition()
        self._candidates = CandidateRow(self._room, self._words, self._choose, self._turn)
        self.put(self._candidates, theme.space.xs, theme.space.xs)
        self._show(self._letters)

    def settle(self) -> None:
        """Takes the words that are highlighted."""
        self._take(self._engine.accept())

    def clear(self) -> None:
        """Drops what is being composed."""
        self._take(self._engine.clear())

    def on_parent(self, _: object, parent: object) -> None:
        """A keyboard that is taken away leaves nothing in the engine."""
        if parent is None:
            self.clear()

    def _touched(self, key: Key) -> None:
        composing = not self._composition.empty
        match key.act:
            case Act.INSERT if key.name in letters.SYLLABLE_KEYS:
                if composing or key.insert.isalpha():
                    self._take(self._engine.press(key.insert))
            case Act.BACKSPACE if composing:
                self._take(self._engine.backspace())
            case Act.INSERT | Act.DONE if composing and key.name in ("space", "done"):
                self._take(self._engine.accept())
            case Act.SYMBOLS:
                self._take(self._engine.accept())
                self._show(self._symbols)
            case Act.LETTERS:
                self._show(self._letters)
            case Act.SCRIPT:
                self._take(self._engine.accept())
                self._show(self._letters)
                super()._touched(key)
            case _:
                self._take(self._engine.accept())
                super()._touched(key)

    def _choose(self, candidate: int) -> None:
        self._take(self._engine.choose(candidate))

    def _turn(self, step: int) -> None:
        self._composition = self._engine.page(step).composition
        self._candidates.show(self._composition, at_end=step < 0)

    def _take(self, typed: Typed) -> None:
        """Shows what is being composed, and inserts what is finished."""
        began_or_ended = typed.composition.empty != self._composition.empty
        if typed.composition != self._composition:
            self._composition = typed.composition
            self._candidates.show(typed.composition)
        if began_or_ended:
            board = self._boards[self._letters.name]
            board.say("done", "key.done" if typed.composition.empty else "key.take")
        if typed.committed:
            self.dispatch("on_insert", typed.committed)
