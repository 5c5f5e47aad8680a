"""Chinese by finger."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.handwriting import Handwriting
from kiosk.input.keyboards import letters, pinyin
from kiosk.input.keyboards.board import row_height
from kiosk.input.keyboards.candidate_row import CandidateRow
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.input.keyboards.layout import Act, Key
from kiosk.input.keyboards.writing_field import WritingField
from kiosk.input.rime import Composition
from kiosk.theme import theme

REMEMBERED = 4
"""Characters written last, which phrases go on from."""
NOTHING_HIGHLIGHTED = -1


class HandwritingKeyboard(Keyboard):
    """Two fields side by side, candidates above them, punctuation and digits a touch away.

    A character is taken by touching its candidate, or by beginning the next one in the other field: nothing
    waits for a pause, so that whoever writes slowly is never cut short. After a character, what usually
    follows it is offered. What is begun is taken before anything else happens.
    """

    def __init__(self, width: int, language: Language, handwriting: Handwriting) -> None:
        super().__init__(width, pinyin.height(), language)
        self._handwriting = handwriting
        self._written = ""
        self._candidates = CandidateRow(
            self._room, self._words, self._choose, lambda _: None, hint="handwriting.hint"
        )
        self.put(self._candidates, theme.space.xs, theme.space.xs)
        self._fields = self._make_fields()
        self._busy: WritingField | None = None
        self._offered: tuple[str, ...] = ()
        self._show_writing()

    def settle(self) -> None:
        """Takes the first candidate of what is written."""
        if self._busy and self._offered:
            self._take(self._offered[0])
        self.clear()

    def clear(self) -> None:
        """Drops what is written and not taken, and what is offered."""
        for field in self._fields:
            field.clear()
        self._busy = None
        self._written = ""
        self._offer(())

    def _make_fields(self) -> tuple[WritingField, WritingField]:
        gap = theme.space.xs
        beside = self._room * letters.BESIDE_FIELDS / letters.HANDWRITING.columns
        wide = (self._room - beside) / 2 - gap
        high = row_height() * (letters.HANDWRITING.rows - 1) - gap

        def field(side: str) -> WritingField:
            made = WritingField(
                wide,
                high,
                name=f"field.{side}",
                text=self._words(f"handwriting.field.{side}"),
                begun=lambda: self._begin(made),
                finished=self._recognise,
            )
            return made

        return field("left"), field("right")

    def _show_writing(self) -> None:
        self._show(letters.HANDWRITING)
        top = self.height - theme.space.xs - letters.HANDWRITING.rows * row_height()
        for number, field in enumerate(self._fields):
            left = theme.space.xs * 1.5 + number * (field.width + theme.space.xs)
            self.put(field, left, top + theme.space.xs / 2)

    def _show_symbols(self) -> None:
        for field in self._fields:
            self.remove_widget(field)
        self._show(letters.HANDWRITING_SYMBOLS)

    def _touched(self, key: Key) -> None:
        match key.act:
            case Act.UNDO:
                if self._busy:
                    self._busy.undo()
                    self._recognise()
            case Act.CLEAR:
                self._drop()
            case Act.BACKSPACE if self._busy and self._busy.strokes:
                self._drop()
            case Act.DONE if self._busy and self._offered:
                self._take(self._offered[0])
            case Act.SYMBOLS:
                self.settle()
                self._show_symbols()
            case Act.LETTERS:
                self._show_writing()
            case Act.SCRIPT:
                self.settle()
                super()._touched(key)
            case _:
                self.settle()
                super()._touched(key)

    def _drop(self) -> None:
        """The character being written goes; what was taken before stays."""
        if self._busy:
            self._busy.clear()
            self._busy = None
        self._offer(self._handwriting.following(self._written))

    def _begin(self, field: WritingField) -> None:
        """A stroke begins: in the other field it takes what stands in the first."""
        if self._busy is not field:
            if self._busy and self._offered:
                self._take(self._offered[0])
            if self._busy:
                self._busy.clear()
            self._busy = field

    def _recognise(self) -> None:
        """A stroke was finished, or taken back."""
        if not self._busy or not self._busy.strokes:
            self._drop()
            return
        self._offer(self._handwriting.candidates(self._busy.strokes, self._written))

    def _choose(self, candidate: int) -> None:
        self._take(self._offered[candidate])

    def _take(self, text: str) -> None:
        """Inserts it, and offers what usually follows."""
        if self._busy:
            self._busy.clear()
            self._busy = None
        self._written = (self._written + text)[-REMEMBERED:]
        self.dispatch("on_insert", text)
        self._offer(self._handwriting.following(self._written))

    def _offer(self, texts: tuple[str, ...]) -> None:
        writing = self._busy is not None
        self._offered = texts
        self._board_says_done(taking=writing and bool(texts))
        self._candidates.show(
            Composition(candidates=texts, highlighted=0 if writing else NOTHING_HIGHLIGHTED),
            hint=self._hint(writing=writing),
        )

    def _hint(self, *, writing: bool) -> str:
        if writing:
            return "handwriting.choose" if self._offered else "handwriting.none"
        return "handwriting.phrases" if self._offered else "handwriting.hint"

    def _board_says_done(self, *, taking: bool) -> None:
        board = self._boards.get(letters.HANDWRITING.name)
        if board:
            board.say("done", "key.take" if taking else "key.done")
