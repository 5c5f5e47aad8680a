"""Can a screen be used by ear? Judged from its tree: what it says, and what keys reach of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from foundation.language import translator
from kiosk.hearing import Hearing
from kiosk.slip import LOCALE
from kiosk.speaking.shown import Area, Shown
from kiosk.speaking.wording import Wording
from speech import rendering
from speech.spoken import readout

SAID = re.compile(r"[A-Za-z㐀-鿿]")


def unheard(now: Shown) -> Iterator[str]:
    """What is wrong, in sentences; nothing where all can be heard and reached."""
    words, read = translator("kiosk", LOCALE, now.language), readout(now.language)
    say = Wording(words, read, Hearing(speaking=True, headset=True))
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
    named = [piece for piece in order if not piece.id.startswith("keyboard.")]
    called = Counter("; ".join([say.control(now, piece)[0], *now.on(piece)]) for piece in named)
    for name, count in called.items():
        if count > 1:
            yield f"{count} items are called {name!r}: nobody hears which is which"
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


def astray(order: Sequence[tuple[str, Area, Sequence[int]]]) -> Iterator[str]:
    """Where the focus goes against the eye: within a part of the window it comes to something that stands
    before where it was. order: identifiers, parts and bounds of what keys walk through."""
    for (one, there, before), (other, here, after) in pairwise(order):
        if there is not here:
            continue
        left, top, width, height = before
        above = after[1] + after[3] <= top and after[0] < left + width
        beside = min(top + height, after[1] + after[3]) - max(top, after[1])
        to_the_left = beside > min(height, after[3]) / 2 and after[0] + after[2] <= left
        if above or to_the_left:
            yield f"from {one} the focus goes back to {other}, which stands before it"
