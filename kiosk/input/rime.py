"""Pinyin into Chinese, by librime.

Private: librime keeps no user dictionary here, so nothing typed reaches the disk or changes what the next
resident is offered; `forget` drops what one session knows.
"""

from __future__ import annotations

import atexit
import ctypes
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from kiosk.input import librime
from kiosk.input.errors import DeploymentFailed, EngineBusy

MAX_LETTERS = 60
"""Letters that are composed at once: a sentence of about twenty characters. Further ones are not taken."""
LETTERS = frozenset(string.ascii_lowercase + "'")
"""Keys of the engine; the apostrophe parts two syllables, as in ``xi'an``."""
_RETURN, _BACKSPACE, _PAGE_UP, _PAGE_DOWN = 0xFF0D, 0xFF08, 0xFF55, 0xFF56
"""X11 key symbols, which librime takes."""


@dataclass(frozen=True, slots=True)
class Composition:
    """What is being typed and not yet taken.

    preedit: the letters, parted into syllables, after what was already chosen of them; candidates: the words
    of this page, best first; page: its number, from 0; highlighted: the candidate that `accept` takes.
    """

    preedit: str = field(default="", repr=False)
    candidates: tuple[str, ...] = field(default=(), repr=False)
    page: int = 0
    last_page: bool = True
    highlighted: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is being composed."""
        return not self.preedit


class Typed(NamedTuple):
    """What one key led to: text that is finished, and what is still being composed."""

    committed: str
    composition: Composition


class PinyinEngine:
    """librime with the terminal's schema. One in a process; each call takes some milliseconds.

    directory: what `kiosk.input.deploy.deploy` gave; shows: whether the terminal's font has all characters of
    a candidate; others are not offered. Raises InputMethodError.
    """

    _set_up: ClassVar[bool] = False
    _in_use: ClassVar[PinyinEngine | None] = None

    def __init__(
        self,
        directory: Path,
        shows: Callable[[str], bool] = lambda _: True,
        shared_data: Path = librime.SHARED_DATA,
    ) -> None:
        if PinyinEngine._in_use:
            raise EngineBusy("librime is already in use in this process: close the other engine first")
        self._library = librime.load()
        self._traits = librime.traits(directory, shared_data)  # librime keeps pointers into it
        self._shows = shows
        self._positions: tuple[int, ...] = ()
        self._composition = Composition()
        if not PinyinEngine._set_up:
            self._library.RimeSetup(ctypes.byref(self._traits))
            PinyinEngine._set_up = True
        self._library.RimeInitialize(ctypes.byref(self._traits))
        PinyinEngine._in_use = self
        atexit.register(self.close)
        self._session = self._start_session()
        shows("一")  # what it must load, it loads now and not at the first key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends librime, without which the process crashes at its end. From then on nothing is typed."""
        if PinyinEngine._in_use is self:
            self._library.RimeDestroySession(self._session)
            self._library.RimeFinalize()
            PinyinEngine._in_use = None
            self._composition = Composition()
            self._positions = ()
            atexit.unregister(self.close)

    def press(self, key: str) -> Typed:
        """Takes one of LETTERS. ValueError for anything else."""
        if key not in LETTERS:
            raise ValueError("not a pinyin key")
        if len(self._composition.preedit.replace(" ", "")) >= MAX_LETTERS:
            return Typed("", self._composition)
        return self._send(ord(key))

    def choose(self, index: int) -> Typed:
        """Takes a candidate of this page, counted from 0. IndexError where there is none."""
        if not 0 <= index < len(self._positions):
            raise IndexError("no such candidate")
        return self._send(ord("1") + self._positions[index])

    def page(self, step: int) -> Typed:
        """Turns to the next (1) or previous (-1) page with candidates that can be shown, if there is one."""
        key, back = (_PAGE_DOWN, _PAGE_UP) if step > 0 else (_PAGE_UP, _PAGE_DOWN)
        turned, now = 0, Typed("", self._composition)
        while (turned == 0 or not now.composition.candidates) and not self._at_end(now.composition, step):
            now = self._send(key)
            turned += 1
        if now.composition.candidates:
            return now
        for _ in range(turned):
            now = self._send(back)
        return now

    def backspace(self) -> Typed:
        """Takes the last letter away, or the last choice back."""
        return self._send(_BACKSPACE)

    def accept(self) -> Typed:
        """Takes the highlighted candidates until nothing is left; letters that mean nothing stay letters."""
        committed = ""
        while not self._composition.empty:
            offered = self._composition.candidates
            step = self.choose(self._composition.highlighted) if offered else self._send(_RETURN)
            committed += step.committed
        return Typed(committed, self._composition)

    def clear(self) -> Typed:
        """Drops what is being composed."""
        if PinyinEngine._in_use is self:
            self._library.RimeClearComposition(self._session)
        return self._typed()

    def forget(self) -> None:
        """Drops all that the session knows of what was typed; for the end of a visit."""
        if PinyinEngine._in_use is self:
            self._library.RimeDestroySession(self._session)
            self._session = self._start_session()
            self._typed()

    def _start_session(self) -> int:
        session = int(self._library.RimeCreateSession())
        schema = ctypes.create_string_buffer(64)
        self._library.RimeGetCurrentSchema(session, schema, len(schema))
        if schema.value != b"huimin_pinyin":
            self._session = session
            self.close()
            raise DeploymentFailed("the pinyin dictionary is not compiled: run python -m kiosk.input.deploy")
        return session

    @staticmethod
    def _at_end(composition: Composition, step: int) -> bool:
        return composition.last_page if step > 0 else composition.page == 0

    def _send(self, key: int) -> Typed:
        if PinyinEngine._in_use is self:
            self._library.RimeProcessKey(self._session, key, 0)
        return self._typed()

    def _typed(self) -> Typed:
        if PinyinEngine._in_use is not self:
            return Typed("", Composition())
        committed, self._composition = self._take_commit(), self._take_composition()
        return Typed(committed, self._composition)

    def _take_commit(self) -> str:
        commit = librime.Commit(data_size=librime.sized(librime.Commit))
        if not self._library.RimeGetCommit(self._session, ctypes.byref(commit)):
            return ""
        text = (commit.text or b"").decode()
        self._library.RimeFreeCommit(ctypes.byref(commit))
        return text

    def _take_composition(self) -> Composition:
        context = librime.Context(data_size=librime.sized(librime.Context))
        if not self._library.RimeGetContext(self._session, ctypes.byref(context)):
            return Composition()
        menu = context.menu
        texts = [(menu.candidates[n].text or b"").decode() for n in range(menu.num_candidates)]
        self._positions = tuple(n for n, text in enumerate(texts) if self._shows(text))
        highlighted = menu.highlighted_candidate_index
        composition = Composition(
            preedit=(context.composition.preedit or b"").decode(),
            candidates=tuple(texts[n] for n in self._positions),
            page=menu.page_no,
            last_page=bool(menu.is_last_page) or not texts,
            highlighted=self._positions.index(highlighted) if highlighted in self._positions else 0,
        )
        self._library.RimeFreeContext(ctypes.byref(context))
        return composition
