"""What is written, as it is said: numbers, money, dates, digits and running text, in both languages.

Pure: no sound here. The texts that come out hold no digits, so that no speech engine has to guess.
"""

from __future__ import annotations

from foundation.language import Language
from speech.spoken.english import English
from speech.spoken.mandarin import Mandarin
from speech.spoken.readout import LARGEST, Readout

__all__ = ["LARGEST", "Readout", "readout"]

_READOUTS: dict[Language, Readout] = {Language.ZH_CN: Mandarin(), Language.EN: English()}


def readout(language: Language) -> Readout:
    """The one of that language."""
    return _READOUTS[language]
