"""The rating that is offered below a page: five levels at one touch each, and as easily none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from backend_client.rating import Satisfaction
from foundation.language import Translate
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Offer, OfferStage
from kiosk.widgets.box import Box
from kiosk.widgets.press import QUIET, SECONDARY, Press, Shades, button
from kiosk.widgets.text import TIGHT, Text, fitting, width_of

ICONS = {
    Satisfaction.VERY_SATISFIED: "excited",
    Satisfaction.SATISFIED: "happy",
    Satisfaction.BASICALLY_SATISFIED: "neutral",
    Satisfaction.DISSATISFIED: "sad",
    Satisfaction.VERY_DISSATISFIED: "angry",
}


def rating_bar_height() -> int:
    """Height in pixels, the same in every stage, so that nothing moves while it is used."""
    rows = 2 if theme.portrait else 1
    return round(theme.touch) * rows + theme.space.s * (rows + 1)


def rating_bar(width: float, offer: Offer, words: Translate, send: Callable[[Event], None]) -> Box:
    """Upright the levels stand below the question, lying beside it."""
    c, space, t = theme.colour, theme.space, theme.type
    high = rating_bar_height()
    box = Box(width, high, fill=c.primary_pale, radius=0)
    inner = width - 2 * space.xl
    asked = offer.stage is OfferStage.ASKED
    text = words(f"rating.{offer.stage.name.lower()}")
    skip = _button("rating.skip", words("rating.skip"), inner * (0.22 if theme.portrait else 0.09), send)
    presses = _presses(offer.stage, words, inner, send)
    if theme.portrait:
        room = inner - skip.width - space.m
        rest = [presses] if asked else []
    else:
        room = inner - skip.width - space.m - sum(press.width + space.s for press in presses)
        rest = []
    size = fitting(text, room, (t.lead, t.body, t.caption, t.mark), lines=1, bold=True)
    label = Text(text, room, size=size, bold=True, leading=TIGHT, name="rating.question")
    first = space.s if asked or not theme.portrait else (high - theme.touch) / 2
    if not asked and theme.portrait and presses:
        first = space.s
        rest = [presses]
    box.put(label, space.xl, first + (theme.touch - label.height) / 2)
    if not theme.portrait:
        _row(box, presses, space.xl + room + space.s, first)
    if offer.stage is not OfferStage.THANKED:
        box.put(skip, width - space.xl - skip.width, first)
    if rest:
        _row(box, rest[0], space.xl, first + theme.touch + space.s)
    return box


def levels(width: float, words: Translate, send: Callable[[Event], None]) -> list[Press]:
    """The five levels, the best first, together so wide."""
    t, wide = theme.type, (width - theme.space.s * (len(ICONS) - 1)) / len(ICONS)
    texts = {level: words(f"rating.short.{level.name.lower()}") for level in Satisfaction}
    room = wide - 2 * theme.space.s
    sizes = [
        size
        for size in (t.body, t.caption, t.mark)
        if all(width_of(text, size, bold=True) <= room for text in texts.values())
    ]
    return [
        button(
            text,
            wide,
            name=f"rating.{level.name.lower()}",
            touched=partial(send, did.Rate(level)),
            look=SECONDARY,
            sizes=(*sizes[:1], t.mark),
        )
        for level, text in texts.items()
    ]


def _presses(
    stage: OfferStage, words: Translate, inner: float, send: Callable[[Event], None]
) -> Sequence[Press]:
    share = inner if theme.portrait else inner * 0.62
    match stage:
        case OfferStage.ASKED:
            return levels(share, words, send)
        case OfferStage.WHY:
            wide = share * (1.0 if theme.portrait else 0.4)
            why = words("rating.say_why")
            return [_button("rating.say_why", why, wide, send, event=did.SayWhy(), look=SECONDARY)]
    return []


def _button(
    name: str,
    text: str,
    width: float,
    send: Callable[[Event], None],
    *,
    event: Event | None = None,
    look: Shades = QUIET,
) -> Press:
    t = theme.type
    return button(
        text,
        width,
        name=name,
        touched=partial(send, event or did.SkipRating()),
        look=look,
        sizes=(t.body, t.caption, t.mark),
    )


def _row(box: Box, presses: Sequence[Press], left: float, top: float) -> None:
    for press in presses:
        box.put(press, left, top)
        left += press.width + theme.space.s
