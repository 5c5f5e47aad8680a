"""Free text: pinyin, handwriting and English in one place."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards import pinyin
from kiosk.input.keyboards.english import EnglishKeyboard
from kiosk.input.keyboards.handwriting import HandwritingKeyboard
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.input.keyboards.pinyin import PinyinKeyboard
from kiosk.input.methods import InputMethods, Script


class TextKeyboard(Keyboard):
    """Begins with Chinese for Chinese and with English for English; a key leads to each other way.

    Chinese is entered as the resident entered it last. All are of one height, so that nothing above them
    moves.
    """

    def __init__(
        self, width: int, language: Language, methods: InputMethods, first: Language | None = None
    ) -> None:
        """language: of the visit; first: in which something is most likely written, where that differs."""
        super().__init__(width, pinyin.height(), language, bed=False)
        self._language = language
        self._methods = methods
        self._made: dict[Script, Keyboard] = {}
        self._script = methods.chinese if (first or language) is Language.ZH_CN else Script.ENGLISH
        self._now = self._keyboard(self._script)
        self.add_widget(self._now)

    def settle(self) -> None:
        """Inserts what was begun."""
        self._now.settle()

    def clear(self) -> None:
        """Drops what was begun."""
        self._now.clear()

    def _turn_to(self, script: Script) -> None:
        """The key for Chinese among English letters leads to where Chinese was entered before."""
        chosen = self._methods.chinese if self._script is Script.ENGLISH else script
        self._methods.prefer(chosen)
        self.remove_widget(self._now)
        self._script = chosen
        self._now = self._keyboard(chosen)
        self.add_widget(self._now)

    def _keyboard(self, script: Script) -> Keyboard:
        if script not in self._made:
            self._made[script] = self._make(script)
        return self._made[script]

    def _make(self, script: Script) -> Keyboard:
        made: Keyboard
        width, by_hand = round(self.width), self._methods.handwriting
        if script is Script.HANDWRITING and by_hand:
            made = HandwritingKeyboard(width, self._language, by_hand)
        elif script is Script.ENGLISH:
            made = EnglishKeyboard(width, self._language, round(self.height))
        else:
            engine = self._methods.pinyin
            made = PinyinKeyboard(width, self._language, engine, by_hand=by_hand is not None)
        made.bind(
            on_insert=lambda _, text: self.dispatch("on_insert", text),
            on_backspace=lambda _: self.dispatch("on_backspace"),
            on_done=lambda _: self.dispatch("on_done"),
            on_script=lambda _, to: self._turn_to(to),
        )
        return made
