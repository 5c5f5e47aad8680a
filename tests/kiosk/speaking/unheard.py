"""Can a screen be used by ear? Judged from its tree: what it says, and what keys reach of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from foundation.language import translator
from kiosk.slip import LOCALE
from kiosk.speaking.shown import Shown
from kiosk.speaking.wording import Wording
from speech import rendering
from speech.spoken import readout

SAID = re.compile(r"[A-Za-z㐀-鿿]")


def unheard(now: Shown) -> Iterator[str]:
    """What is wrong, in sentences; nothing where all can be heard and reached."""
    words, read = translator("kiosk", LOCALE, now.language), readout(now.language)
    say = Wording(words, read, alone=True)
    texts = say.page(now, marks=True)
    if not SAID.search(texts[0]) or len(texts) < 2:
        yield f"says nothing of what it is: {texts}"
    if now.title and texts[0] != say.said(now.title):
        yield f"begins with {texts[0]!r}, not with its title"
    order = say.order(now)
    if [piece.id for piece in order if piece not in now.controls] or len(order) != len(now.controls):
        yield "not every control is reached"
    for name, count in Counter(piece.id for piece in order).items():
        if count > 1:
            yield f"{name} is there {count} times: keys reach one of them"
    for piece in order:
        name, *_ = say.control(now, piece)
        if not any(character.isalnum() for character in name):
            yield f"{piece.id} has no name to be heard"
        texts += [name]
    for text in texts:
        spoken = read.text(text)
        if any(character.isdigit() for character in spoken):
            yield f"{text[:40]!r} is left with figures: {spoken[:60]!r}"
        elif text and not list(rendering.sentences(spoken, now.language, name="judged")):
            yield f"nothing is to be heard of {text[:40]!r}"
