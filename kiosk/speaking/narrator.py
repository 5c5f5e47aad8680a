"""Reads out what the stage shows, and moves a focus through it with keys.

It looks at the accessibility tree after each change: another page is read from its title on, and of the same
page what is new. A key silences what is being said, and then does what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from foundation.language import translator
from hardware.interfaces.pin_pad import FunctionKey
from kiosk.accessibility import shown, widget_of
from kiosk.calling.telephone import CallState
from kiosk.hearing import LEVELS, Hearing
from kiosk.screens.stage import Stage
from kiosk.slip import LOCALE
from kiosk.speaking.keys import PAD, USB, USB_DIGITS, Key
from kiosk.speaking.letters import letters
from kiosk.speaking.settings import SoundSettings
from kiosk.speaking.shown import Area, Piece, Shown
from kiosk.speaking.speaker import Saying, Speaker
from kiosk.speaking.wording import Wording
from kiosk.visit import events as did
from kiosk.visit.keypad import Keypad
from kiosk.visit.visit import Visit
from kiosk.widgets.entry import TextEntry
from speech.spoken import readout

CANDIDATE = "keyboard.candidate."


class Narrator:
    """Owns the focus, and what is being said."""

    def __init__(
        self, visit: Visit, stage: Stage, speaker: Speaker, keypad: Keypad, sound: SoundSettings
    ) -> None:
        self._visit = visit
        self._stage = stage
        self._speaker = speaker
        self._keypad = keypad
        self._sound = sound
        self._hearing = Hearing()
        self._before: Shown | None = None
        self._focus: str | None = None
        self._spelling = False
        """Whether candidates are walked through that were keyed in as digits."""
        self._reading: set[str] | None = None
        """What was said of the page that is being read by itself; None once a key was pressed."""

    def open(self) -> None:
        """Begins to follow the stage and the keypad."""
        self._stage.shown = self.changed
        self._visit.can_be_heard(private=self._sound.private)
        self._keypad.listen(pressed=self._pad_pressed, letters=self._spelt, counted=self._counted)

    def close(self) -> None:
        """Silence."""
        self._stage.shown = lambda: None
        self._speaker.use(None)

    # What is shown.

    def changed(self) -> None:
        """Says what there is to say after a change."""
        view = self._stage.view
        assert view is not None
        was, self._hearing = self._hearing, view.hearing
        talking = view.call is not None and view.call.state is CallState.TALKING
        self._speaker.volume = 1 if talking else view.hearing.volume  # a person is being listened to
        if not view.hearing.speaking:
            if was.speaking:
                self._ends()
            return
        if was.speaking != view.hearing.speaking or was.headset != view.hearing.headset:
            self._keypad.renew()
        self._speaker.use(self._sound.headset if view.hearing.headset else self._sound.loudspeaker)
        now = shown(self._stage)
        before, self._before = self._before, now
        if before is None:
            self._begins(now)
        elif _place(before) != _place(now):
            self._another(now)
        else:
            self._same(before, now, was)

    def _begins(self, now: Shown) -> None:
        self._focus = None
        say = self._wording(now)
        words = self._words(now)
        self._say(
            now, [words("speak.begin"), *say.page(now, marks=True), *self._hints(now), words("speak.keys")]
        )
        self._reading = set()

    def _another(self, now: Shown) -> None:
        """Over a page the first button has the focus: more time, or on with what was asked."""
        self._spelling = False
        self._point(_first(now))
        self._say(now, self._whole(now))
        self._reading = set()

    def _same(self, before: Shown, now: Shown, was: Hearing) -> None:
        say = self._wording(now)
        words = self._words(now)
        texts = say.changes(before, now)
        for piece in now.controls:
            old = before.find(piece.id)
            changed = old is not None and (old.text, old.chosen) != (piece.text, piece.chosen)
            if changed and (piece.role == "field" or piece.id == self._focus) and not piece.keyed:
                texts += say.control(now, piece)[:1]
        if was.speaking and was.volume != self._hearing.volume:
            texts.append(words("speak.volume", level=self._hearing.volume, levels=LEVELS))
        if was.curtain != self._hearing.curtain:
            texts.append(words("speak.dark" if self._hearing.curtain else "speak.light"))
        focus = now.find(self._focus) if self._focus else None
        if self._focus and focus is None and not self._spelling:  # days gave way to times
            texts.append(say.choices(now))
        if self._spelling:
            focus = next((p for p in now.controls if p.id.startswith(CANDIDATE)), None)
            if focus is None:
                self._spelling = False
                self._keypad.enter()
                texts += self._hints(now)
            else:
                texts += say.control(now, focus)
        self._point(focus)
        if texts and self._reading is not None and self._speaker.speaking:  # what comes late cuts nothing off
            self._reading.update(self._speaker.said)
            texts = [text for text in self._whole(now) if text not in self._reading]
        if texts:
            self._say(now, texts)

    def _whole(self, now: Shown) -> list[str]:
        """A page, or what lies over it, with what is to be done first."""
        say, first = self._wording(now), _first(now)
        return [*say.page(now, marks=False), *(say.control(now, first) if first else self._hints(now))]

    def _ends(self) -> None:
        self._speaker.use(None)
        self._before = None
        self._point(None)
        self._keypad.renew()

    # Keys.

    def _pad_pressed(self, key: FunctionKey) -> None:
        if key in PAD:
            self.press(PAD[key])

    def key_down(self, _window: object, code: int, *_: object) -> bool:
        """A key of a keyboard on USB, as Kivy tells it."""
        if code in USB:
            self.press(USB[code])
        elif code in USB_DIGITS and self._hearing.speaking:
            self._speaker.stop()
            self._stage.send(did.Insert(USB_DIGITS[code]))
        return True

    def press(self, key: Key) -> None:
        """What a key does. The first one begins to read out; any of them gives more time."""
        view = self._visit.view
        self._speaker.stop()
        self._reading = None
        self._visit.uses_keys()
        self._visit.touched()
        if not view.hearing.speaking:
            self._visit.send(did.SetHearing(replace(view.hearing, speaking=True)))
            return
        if view.seconds_left is not None or self._before is None:
            return
        now = shown(self._stage)
        match key:
            case Key.NEXT | Key.PREVIOUS:
                self._step(now, 1 if key is Key.NEXT else -1)
            case Key.ACTIVATE:
                self._activate(now)
            case Key.BACK:
                self._back(now)
            case Key.HOME:
                self._stage.send(did.GoHome())
            case Key.AGAIN:
                self._say(now, [*self._wording(now).page(now, marks=False), *self._hints(now)])
            case Key.HELP:
                self._say(now, [self._words(now)("speak.keys"), *self._hints(now)])
            case Key.LOUDER | Key.SOFTER:
                hearing = view.hearing.louder(1 if key is Key.LOUDER else -1)
                self._visit.send(did.SetHearing(hearing))

    def _step(self, now: Shown, by: int) -> None:
        order = self._wording(now).order(now)
        if not order:
            return
        at = next((n for n, piece in enumerate(order) if piece.id == self._focus), None)
        piece = order[(at + by) % len(order)] if at is not None else order[0 if by > 0 else -1]
        self._point(piece)
        self._say(now, self._wording(now).control(now, piece))

    def _activate(self, now: Shown) -> None:
        piece = now.find(self._focus) if self._focus else None
        widget = widget_of(self._stage, self._focus) if self._focus else None
        if piece is None or widget is None:
            self._say(now, [self._words(now)("speak.nothing")])
            return
        if piece.role == "field" and not piece.id.startswith("keyboard."):
            self._keypad.enter()
            self._say(now, [*self._wording(now).control(now, piece, asked=True), *self._hints(now)])
            return
        self._spelling = self._spelling or piece.id.startswith(CANDIDATE)
        widget.dispatch("on_press")
        widget.dispatch("on_release")
        if self._before is not None:  # a keyboard may be another now, of which the visit knows nothing
            self.changed()

    def _back(self, now: Shown) -> None:
        match now.overlay:
            case "":
                if self._visit.view.back or self._visit.page_over is not None:
                    self._stage.send(did.Back())
                else:
                    self._say(now, [self._words(now)("speak.no_back")])
            case "leave":
                self._stage.send(did.Stay())
            case "trouble":
                self._stage.send(did.Dismiss())
            case "waiting":
                self._stage.send(did.Back())
            case _:
                self._say(now, self._wording(now).page(now, marks=False))

    # What is keyed in as digits.

    def _counted(self, keys: int | None) -> None:
        """keys: so many are held by the pad; None: somebody wants to do something else than key in."""
        self._speaker.stop()
        self._reading = None
        if self._before is None:
            return
        now = shown(self._stage)
        if keys is not None:
            if keys:
                self._say(now, [str(keys)])
            return
        main = [p for p in now.controls if p.area is Area.FOOT][-1:]
        self._point(main[0] if main else None)
        said = self._wording(now).control(now, main[0]) if main else []
        self._say(now, [self._words(now)("speak.walking"), *said])

    def _spelt(self, digits: str) -> None:
        """Types letters on the keyboard that is shown, and puts digits and spaces into the field."""
        now = shown(self._stage)
        try:
            typed = letters(digits)
        except ValueError:
            self._say(now, [self._words(now)("speak.no_letters"), *self._hints(now)])
            return
        for letter in typed:
            key = widget_of(self._stage, f"keyboard.{letter}")
            field = widget_of(self._stage, "form.entry") or widget_of(self._stage, "search.entry")
            if key is not None:
                key.dispatch("on_press")
                key.dispatch("on_release")
            elif isinstance(field, TextEntry):
                field.insert(letter)
        now = shown(self._stage)
        if any(piece.id.startswith(CANDIDATE) for piece in now.controls):
            self._spelling = True
            self._keypad.walk()
        self.changed()

    # Saying.

    def _point(self, piece: Piece | None) -> None:
        self._focus = piece.id if piece else None
        self._stage.point_at(widget_of(self._stage, piece.id) if piece else None)

    def _hints(self, now: Shown) -> list[str]:
        """How what is asked for can be keyed in."""
        entering = self._keypad.entering
        return [self._words(now)(entering.value)] if entering and not now.overlay else []

    def _wording(self, now: Shown) -> Wording:
        return Wording(self._words(now), readout(now.language), self._hearing)

    def _words(self, now: Shown) -> Callable[..., str]:
        return translator("kiosk", LOCALE, now.language)

    def _say(self, now: Shown, texts: Sequence[str]) -> None:
        self._speaker.say([Saying(text, now.language) for text in texts if text])


def _first(now: Shown) -> Piece | None:
    """Over a page, what most want to do."""
    return next((p for p in now.controls if p.area is Area.OVERLAY), None) if now.overlay else None


def _place(now: Shown) -> tuple[object, ...]:
    return now.screen, now.overlay, now.title, now.language
