"""Free text: pinyin and English in one place."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards import pinyin
from kiosk.input.keyboards.english import EnglishKeyboard
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.input.keyboards.pinyin import PinyinKeyboard
from kiosk.input.rime import PinyinEngine


class TextKeyboard(Keyboard):
    """Begins with pinyin for Chinese and with English for English; a key leads to the other.

    Both are of one height, so that nothing above them moves.
    """

    def __init__(
        self, width: int, language: Language, engine: PinyinEngine, first: Language | None = None
    ) -> None:
        """language: of the visit; first: in which something is most likely written, where that differs."""
        super().__init__(width, pinyin.height(), language)
        self._language = language
        self._engine = engine
        self._made: dict[type[Keyboard], Keyboard] = {}
        self._now: Keyboard | None = None
        self._turn_to(PinyinKeyboard if (first or language) is Language.ZH_CN else EnglishKeyboard)

    def clear(self) -> None:
        """Drops what is being composed."""
        if self._now:
            self._now.clear()

    def _turn_to(self, script: type[PinyinKeyboard] | type[EnglishKeyboard]) -> None:
        if self._now:
            self.remove_widget(self._now)
        if script not in self._made:
            self._made[script] = self._make(script)
        self._now = self._made[script]
        self.add_widget(self._now)

    def _make(self, script: type[PinyinKeyboard] | type[EnglishKeyboard]) -> Keyboard:
        made: PinyinKeyboard | EnglishKeyboard
        if script is PinyinKeyboard:
            made = PinyinKeyboard(round(self.width), self._language, self._engine)
            made.bind(on_other_script=lambda _: self._turn_to(EnglishKeyboard))
        else:
            made = EnglishKeyboard(round(self.width), self._language, round(self.height))
            made.bind(on_other_script=lambda _: self._turn_to(PinyinKeyboard))
        made.bind(
            on_insert=lambda _, text: self.dispatch("on_insert", text),
            on_backspace=lambda _: self.dispatch("on_backspace"),
            on_done=lambda _: self.dispatch("on_done"),
        )
        return made
