"""What is said of a screen and of what has the focus. Pure: pictures of the screen in, texts out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foundation.language import Language, Translate
from kiosk.hearing import Hearing
from kiosk.speaking.shown import Area, Piece, Shown
from kiosk.visit.keypad import KEYED
from speech.spoken.readout import Readout

MASK = re.compile(rf"[*＊{KEYED}]{{1,}}(?:\s?[*＊{KEYED}]+)*")
"""What is hidden on the screen is hidden in speech."""
GROUPED = re.compile(r"(?<![\dA-Za-z,.¥-])(?:\d{4}-\d{4}-\d{1,4}|\d{3,8}(?: \d{2,8}X?){1,4})(?![\dA-Za-z-])")
"""Digits that stand in groups, such as a reference in fours, which is no sum and no date."""
PRIVATE = re.compile(
    r"(?<![\dA-Za-z])(?:\d{6} ?\d{8} ?\d{3}[\dXx]|1[3-9]\d ?\d{4} ?\d{4}|\d{15,})(?![\dA-Za-z])"
)
"""Numbers of people, telephones and accounts, which others must not hear."""
CODE = re.compile(r"(?<!\d)(?<!\d )\d{4} \d{4}(?! ?\d)")
"""By which a visit is taken up again: whoever hears it could."""
COUNTER = re.compile(r"[\d\W_]*")
MARKS = "bar.marks"
AGE = "bar.age"
CALL = "bar.call"
"""How far a call for help is, over any page."""
WHERE = "sheets.where"
"""Which sheet of a page it is."""
ALWAYS = (MARKS, AGE)
"""What is read of the header; its name and its buttons are the same on every page."""


class Wording:
    """Words of one language, for somebody who hears so."""

    def __init__(self, words: Translate, read: Readout, hearing: Hearing) -> None:
        self._words = words
        self._read = read
        self._alone = hearing.alone
        self._personal = hearing.alone or hearing.personal
        self._dark = hearing.curtain

    # Pages.

    def page(self, now: Shown, *, marks: bool) -> list[str]:
        """A page or what lies over it: title, what is wrong, the rest in order, and how much can be done.

        marks: also what the band at the top says, once a visit.
        """
        read = [piece for piece in now.pieces if self._read_out(piece, now, marks=marks)]
        texts = [piece for piece in read if self._for_all(piece)]
        first = [p.text for p in texts if p.role == "heading"][:1]
        errors = [p.text for p in texts if p.role == "error"]
        rest = _whole_sentences([p for p in texts if p.role != "error"], now.language)
        if first:
            rest.remove(first[0])
        images = [p.text for p in now.pieces if p.role == "image" and not p.control]
        fields = [self.control(now, p)[0] for p in now.controls if p.role == "field" and p.text and _whole(p)]
        return [
            *map(self.said, [*first, *errors, *rest]),
            *([self._words("speak.personal")] if len(texts) < len(read) else []),
            *map(self.said, images),
            *([self._words("speak.code_covered")] if images and self._dark else []),
            *fields,
            self.choices(now),
        ]

    def choices(self, now: Shown) -> str:
        """How much can be done."""
        return self._words("speak.choices", count=len(self.order(now)))

    def changes(self, before: Shown, now: Shown) -> list[str]:
        """What the same page says that it did not say before: errors first; not what merely counts on."""
        known = {_uncounted(piece.text) for piece in before.pieces if piece.id != WHERE}
        sheet = {piece.text for piece in before.pieces if piece.id == WHERE}
        new = [
            piece
            for piece in now.pieces
            if self._read_out(piece, now, marks=False)
            and (piece.text not in sheet if piece.id == WHERE else _uncounted(piece.text) not in known)
        ]
        held_back, new = len(new), [piece for piece in new if self._for_all(piece)]
        kept = [self._words("speak.personal")] if len(new) < held_back else []
        said = [p.text for p in new if p.role == "error"]
        said += _whole_sentences([p for p in new if p.role != "error"], now.language)
        call, earlier = now.find(CALL), before.find(CALL)
        if call and (earlier is None or _uncounted(earlier.text) != _uncounted(call.text)):
            said.append(call.text)
        return [self.said(text) for text in said if not COUNTER.fullmatch(text)] + kept

    def _for_all(self, piece: Piece) -> bool:
        """Whether whoever hears it may."""
        return self._personal or not piece.personal

    def _read_out(self, piece: Piece, now: Shown, *, marks: bool) -> bool:
        if piece.control or piece.owner or piece.role in ("", "image", "button"):  # which does nothing now
            return False
        if now.overlay:
            return piece.area is Area.OVERLAY
        if piece.area is Area.HEADER:
            return piece.id == AGE or (marks and piece.id == MARKS)
        return True

    # Controls.

    @staticmethod
    def order(now: Shown) -> list[Piece]:
        """What can have the focus, from the first of the page on and round to the header."""
        header = [p for p in now.controls if p.area is Area.HEADER]
        return [p for p in now.controls if p.area is not Area.HEADER] + header

    def control(self, now: Shown, piece: Piece, *, asked: bool = False) -> list[str]:
        """Name, state, what stands on it, and which of how many it is.

        asked: the resident wants to hear what a field holds.
        """
        order = self.order(now)
        at = next((n for n, one in enumerate(order, 1) if one.id == piece.id), 0)
        if piece.role == "field" and _whole(piece):
            return [self._field(piece.text, asked=asked)]
        name = self.said(piece.text) if self._for_all(piece) else self._words("speak.personal_item")
        if piece.role == "option" or piece.chosen:
            name = self._words("speak.chosen" if piece.chosen else "speak.open", name=name)
        where = self._words("speak.position", number=at, count=len(order)) if at else ""
        about = now.on(piece) if self._for_all(piece) else ()
        return [name, *map(self.said, about), *([where] if where else [])]

    def _field(self, text: str, *, asked: bool) -> str:
        held = text.replace(" ", "")
        if not held:
            return self._words("speak.field_empty")
        secret = bool(re.fullmatch(rf"[\dX{KEYED}]{{2,}}", held))
        if KEYED in held or (secret and not (asked and self._alone)):
            return self._words("speak.field_count", count=len(held))
        if secret:
            said = self._read.code(held) if "X" in held else self._read.digit_string(held)
            return self._words("speak.field", text=said)
        if not self._alone:
            return self._words("speak.field_count", count=len(held))
        return self._words("speak.field", text=self.said(text))

    def said(self, text: str) -> str:
        """A text as it is said: what is hidden stays hidden, what stands in groups is said in groups."""
        if not self._alone:
            text = PRIVATE.sub(self._words("speak.not_aloud"), text)
        if not self._personal:
            text = CODE.sub(self._words("speak.not_aloud"), text)
        hidden = MASK.sub(lambda m: self._words("speak.hidden", count=len(re.sub(r"\s", "", m[0]))), text)
        return GROUPED.sub(self._groups, hidden)

    def _groups(self, match: re.Match[str]) -> str:
        return self._read.pause.join(self._read.digits(group) for group in re.split("[ -]", match[0]))


def _whole_sentences(pieces: Sequence[Piece], language: Language) -> list[str]:
    """Their texts, those together that are parts of one."""
    texts: list[str] = []
    runs_on = False
    for piece in pieces:
        if runs_on:
            texts[-1] += ("" if language is Language.ZH_CN else " ") + piece.text
        else:
            texts.append(piece.text)
        runs_on = piece.runs_on
    return texts


def _whole(piece: Piece) -> bool:
    """Whether a field is all of an answer, not a part of it such as the month of a date."""
    return not piece.id.startswith("keyboard.")


def _uncounted(text: str) -> str:
    return re.sub(r"\d+", "", text)
