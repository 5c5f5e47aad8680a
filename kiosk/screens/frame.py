"""What stands around every screen, always at the same place: marks, header, foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from foundation.language import Translate
from kiosk.screens.call_banner import call_banner
from kiosk.screens.screen import Action, Surroundings
from kiosk.slip import local_time
from kiosk.technician.pages import TechnicianPage
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Display, Help, OutOfService
from kiosk.visit.visit import View
from kiosk.widgets.box import Box
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import ALARM, CHOSEN, MARKED, QUIET, Press, button
from kiosk.widgets.row_of_buttons import Fitted, in_row, needed
from kiosk.widgets.text import TIGHT, Text, fitting, lines_of, width_of


def marks(width: float, words: Translate, surroundings: Surroundings) -> Box | None:
    """The band at the very top that says what is not real; None where all is."""
    said = [words("mark.demonstration")] if surroundings.demonstration else []
    if surroundings.simulated:
        names = words("list.comma").join(words(f"device.{name}") for name in surroundings.simulated)
        said.append(words("mark.simulated", devices=names))
    if not said:
        return None
    c, space, t = theme.colour, theme.space, theme.type
    text = words("mark.between").join(said)
    room = width - 2 * space.m
    label = Text(
        text, room, size=t.mark, bold=True, colour=c.notice, align="centre", leading=TIGHT, name="bar.marks"
    )
    band = Box(width, label.height + 2 * space.xs, fill=c.notice_pale, radius=0)
    band.put(label, space.m, space.xs)
    return band


def header(
    width: float, view: View, words: Translate, surroundings: Surroundings, send: Callable[[Event], None]
) -> Box:
    """Whose terminal it is, how it is shown and said, the other language."""
    c, space, t = theme.colour, theme.space, theme.type
    high = theme.touch + 2 * space.m
    box = Box(width, high, fill=c.surface, radius=0)
    seal = Box(theme.touch, theme.touch, fill=c.seal, radius=space.s)
    seal.put_centred(
        Text(
            surroundings.office.zh_cn[:1],
            theme.touch,
            size=round(theme.touch * 0.66),
            bold=True,
            colour=c.on_colour,
            align="centre",
            leading=TIGHT,
        )
    )
    tools = [
        _tool(words(name), icon, name, partial(send, event), chosen=name == _open(view))
        for name, icon, event in _always(view)
    ]
    right = width - space.xl - sum(press.width for press in tools) - space.s * (len(tools) - 1)
    if view.call is not None and not isinstance(view.page, Help):
        box.put(call_banner(right - space.m - space.xl, view.call, words, send), space.xl, space.m)
        return _with_tools(box, tools, right)
    if view.alerts and view.alert is None:
        banner = _banner(right - space.m - space.xl, view, words, send)
        box.put(banner, space.xl, space.m)
        return _with_tools(box, tools, right)
    box.put(seal, space.xl, space.m)
    left = space.xl + theme.touch + space.m
    room = right - left - space.m
    office = surroundings.office[view.language]
    size = fitting(office, room, (t.key, t.bar, t.mark), lines=1, bold=True)
    lines = Text(office, room, size=size, bold=True, leading=1.2)
    under = Text(words("bar.terminal"), room, size=t.mark, colour=c.soft_ink, leading=1.2)
    together = lines.height + (under.height if len(lines.lines) == 1 else 0)
    top = (high - together) / 2
    box.put(lines, left, top)
    if len(lines.lines) == 1:
        box.put(under, left, top + lines.height)
    return _with_tools(box, tools, right)


def sign(width: float, height: float, band: Box | None, office: str) -> Box:
    """What stands above everything that is in reach, in the low mode: the house's name, as on a board.

    band: what says what is not real, if anything.
    """
    c, space, t = theme.colour, theme.space, theme.type
    board = Box(width, height, fill=c.sunken, radius=0)
    size = fitting(office, width - 2 * space.xl, (t.title, t.heading, t.bar, t.mark), lines=1, bold=True)
    free = height
    if band:
        board.put(band, 0, 0)
        free -= band.height
    if free >= size * TIGHT + 2 * space.s:
        name = Text(
            office,
            width - 2 * space.xl,
            size=size,
            bold=True,
            colour=c.soft_ink,
            align="centre",
            leading=TIGHT,
        )
        board.put(name, space.xl, height - free + (free - name.height) / 2)
    return board


def _with_tools(box: Box, tools: Sequence[Press], left: float) -> Box:
    """The header, whole: what every page offers comes last in it, as it is read."""
    space = theme.space
    for press in tools:
        box.put(press, left, space.m)
        left += press.width + space.s
    box.put(Box(box.width, space.hair, fill=theme.colour.line, radius=0), 0, box.height - space.hair)
    return box


def _banner(width: float, view: View, words: Translate, send: Callable[[Event], None]) -> Press:
    """The worst alert in force, in place of the office's name; touched, it can be read.

    It says the headline, else the event, else that there is an alert, whichever fits two lines.
    """
    c, space, t = theme.colour, theme.space, theme.type
    alert = view.alerts[0]
    said = alert[view.language]
    more = len(view.alerts) - 1
    texts = [said.headline, said.event, words("alert.banner")]
    if alert.exercise:
        texts = [words("alert.drill_of", headline=text) for text in texts]
    if more:
        texts = [words("alert.and_more", headline=text, count=more) for text in texts]
    side = round(t.bar * 1.3)
    room = width - side - space.s - 2 * space.m
    most = theme.touch - space.xs
    found = [
        (text, size)
        for text in texts
        for size in (t.bar, t.mark)
        if len(lines_of(text, room, size, bold=True)) * size * TIGHT <= most
    ]
    text, size = found[0] if found else (texts[-1], t.mark)
    ink = c.on_colour if alert.serious else c.notice
    look = ALARM if alert.serious else MARKED
    press = Press(
        width, theme.touch, look=look, name="bar.alert", text=text, touched=partial(send, did.ReadAlerts())
    )
    label = Text(text, room, size=size, bold=True, colour=ink, leading=TIGHT, role="", balanced=True)
    press.put(Icon("alert", side, ink), space.m, (theme.touch - side) / 2)
    press.put(label, space.m + side + space.s, (theme.touch - label.height) / 2)
    return press


def _always(view: View) -> list[tuple[str, str, Event]]:
    """What every page offers, from the left: name, icon, event."""
    tools: list[tuple[str, str, Event]] = [("bar.language", "language", did.SwitchLanguage())]
    if not isinstance(view.page, OutOfService):  # it is kept for nobody
        over = isinstance(view.page, Display)
        tools.append(("bar.display", "display", did.Back() if over else did.OpenDisplay()))
        helped = isinstance(view.page, Help)
        if not isinstance(view.page, TechnicianPage):
            tools.append(("bar.help", "help", did.Back() if helped else did.OpenHelp()))
    return tools[::-1]


def _open(view: View) -> str:
    """Which of them is open."""
    match view.page:
        case Display():
            return "bar.display"
        case Help():
            return "bar.help"
    return ""


def _tool(text: str, icon: str, name: str, touched: Callable[[], None], *, chosen: bool = False) -> Press:
    """An icon above a word, as high as what is touched is at least."""
    t, space = theme.type, theme.space
    size = t.mark
    press = Press(
        max(theme.touch * 1.15, width_of(text, size, bold=True) + 2 * space.s),
        theme.touch,
        look=CHOSEN if chosen else QUIET,
        name=name,
        text=text,
        touched=touched,
        chosen=chosen,
    )
    side = round(size * 1.25)
    label = Text(
        text, press.width, size=size, bold=True, colour=press.look.ink, align="centre", leading=1.2, role=""
    )
    top = (press.height - side - label.height) / 2
    press.put(Icon(icon, side, press.look.ink), (press.width - side) / 2, top)
    press.put(label, 0, top + side)
    return press


def age(width: float, as_of: datetime, words: Translate, surroundings: Surroundings, view: View) -> Box:
    """One line that says as of when the page is: the backend is away."""
    c, space, t = theme.colour, theme.space, theme.type
    there = as_of.astimezone(surroundings.zone)
    if there.date() == datetime.now(surroundings.zone).date():
        text = words("age.today", hour=there.hour, minute=f"{there:%M}")
    else:
        text = words("age.before", time=local_time(as_of, surroundings.zone, view.language))
    room = width - 2 * space.xl
    size = fitting(text, room, (t.caption, t.mark), lines=1)
    label = Text(text, room, size=size, colour=c.soft_ink, align="centre", leading=TIGHT, name="bar.age")
    band = Box(width, label.height + 2 * space.xs, fill=c.surface, radius=0)
    band.put(label, space.xl, space.xs)
    return band


def foot_height() -> int:
    """Height of the foot in pixels."""
    return round(theme.touch * 1.15) + 2 * theme.space.m


_SIZES = (
    ("lead", True),
    ("body", True),
    ("body", False),
    ("caption", True),
    ("caption", False),
    ("mark", True),
    ("mark", False),
)
"""Type of what a screen offers at its foot, and whether with icons, the best first."""


def foot(
    width: float, view: View, words: Translate, actions: Sequence[Action], send: Callable[[Event], None]
) -> Box:
    """End the visit, go back, and what the screen itself offers."""
    c, space = theme.colour, theme.space
    high = foot_height()
    box = Box(width, high, fill=c.surface, radius=0)
    box.put(Box(width, space.hair, fill=c.line, radius=0), 0, 0)
    tall = high - 2 * space.m
    always: list[tuple[str, str, Event, str]] = []
    if view.leave:
        always.append(("bar.leave", words(view.page.leave_text), did.Leave(), ""))
    if view.back:
        always.append(("bar.back", words("bar.back"), did.Back(), "back"))
    own, fitted = _fit(width, [(text, icon) for _, text, _, icon in always], actions, tall)
    left = float(space.xl)
    for (name, text, event, icon), wide in zip(always, own.widths, strict=True):
        press = button(
            text,
            wide,
            name=name,
            touched=partial(send, event),
            look=QUIET,
            icon=icon,
            height=tall,
            sizes=(own.size, theme.type.mark),
        )
        box.put(press, left, space.m)
        left += wide + space.s
    at = width - space.xl - sum(fitted.widths) - space.s * (len(actions) - 1)
    for action, wide in zip(actions, fitted.widths, strict=True):
        press = button(
            action.text,
            wide,
            name=action.name,
            touched=partial(send, action.event),
            look=action.look,
            icon=action.icon if fitted.icons else "",
            icon_after=action.icon_after,
            height=tall,
            sizes=(fitted.size, theme.type.mark),
        )
        box.put(press, at, space.m)
        at += wide + space.s
    return box


def _fit(
    width: float, always: Sequence[tuple[str, str]], actions: Sequence[Action], tall: int
) -> tuple[Fitted, Fitted]:
    """What stands at every foot, and what the screen offers: the latter in type of one size, as large as

    there is room for, and never smaller than the former. always: texts and icons.
    """
    t, space = theme.type, theme.space
    inner = width - 2 * space.xl
    least = inner * 0.14
    most = inner * (0.58 if theme.portrait else 0.4)
    said = [(action.text, bool(action.icon)) for action in actions]
    for size, icons in _SIZES:
        large = getattr(t, size)
        for own in (t.body, t.bar, t.mark):
            if own > large:
                continue
            margin = 2 * space.m if own == t.body else 0
            widths = [max(needed(text, own, icon=bool(icon)) + margin, least) for text, icon in always]
            room = inner - sum(widths) - space.s * len(widths)
            if fitted := in_row(said, large, room, tall, most=most, icons=icons):
                return Fitted(own, True, widths), fitted
    room = inner - (least + space.s) * len(always) - space.s * (len(actions) - 1)
    share = room / max(1, len(actions))
    return Fitted(t.mark, True, [least] * len(always)), Fitted(t.mark, False, [share] * len(actions))
