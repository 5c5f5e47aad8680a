"""The judge of what can be heard sees each kind of fault. Every page goes past it in the gallery."""

from __future__ import annotations

from kiosk.speaking.shown import Piece
from tests.kiosk.speaking.test_wording import QUESTION, control, screen, text
from tests.kiosk.speaking.unheard import unheard


def found(*pieces: Piece) -> str:
    return " ".join(unheard(screen(*pieces)))


def test_what_can_be_heard_passes() -> None:
    assert list(unheard(QUESTION)) == []


def test_each_kind_of_fault_is_seen() -> None:
    title, button = text("When?", "heading"), control("form.next", "Next")
    assert "says nothing of what it is" in found(button)
    assert "form.next is there 2 times" in found(title, button, button)
    assert "form.next has no name" in found(title, control("form.next", "→"))
    assert "nothing is to be heard" in found(title, text("…"), button)
