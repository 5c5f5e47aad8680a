"""The judge of what can be heard sees each kind of fault. Every page goes past it in the gallery."""

from __future__ import annotations

from kiosk.speaking.shown import Area, Piece
from tests.kiosk.speaking.test_wording import QUESTION, control, screen, text
from tests.kiosk.speaking.unheard import astray, unheard


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
    assert "2 items are called 'Next'" in found(title, button, control("form.later", "Next"))


def test_a_focus_that_goes_back_is_seen() -> None:
    def goes(*bounds: list[int]) -> str:
        return " ".join(astray([(f"{n}", Area.SCREEN, one) for n, one in enumerate(bounds)]))

    assert goes([0, 0, 90, 90], [100, 0, 90, 90], [0, 100, 90, 90]) == ""
    assert goes([0, 100, 90, 90], [100, 0, 90, 90]) == "", "another column"
    assert "from 0 the focus goes back to 1" in goes([0, 100, 90, 90], [0, 0, 90, 90])
    assert "from 0 the focus goes back to 1" in goes([100, 0, 90, 90], [0, 0, 90, 90])
