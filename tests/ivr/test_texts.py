"""What is shown on a phone's screen: in order, never in the way of what is said, nothing private."""

from __future__ import annotations

import asyncio
import re

import pytest

from foundation.language import Language
from ivr import prompts
from ivr.console import ConsoleLine
from ivr.line import HungUp
from ivr.texts import MOST_WAITING, Texts, masked
from speech.spoken import readout
from tests.ivr.conftest import Phone


class Screen:
    """A phone that takes as long for a text as it is told to."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.shown: list[str] = []
        self.refuses = refuses
        self.free = asyncio.Event()
        self.free.set()
        self.noted: list[str] = []

    async def send(self, text: str) -> bool:
        await self.free.wait()
        self.shown.append(text)
        return not self.refuses


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_texts_come_in_order_and_one_at_a_time() -> None:
    screen = Screen()
    texts = Texts(screen.send, screen.noted.append)
    for number in range(5):
        texts.show(f"{number}", prompt=number % 2 == 0)
    await settle()
    texts.show("5")
    await settle()
    assert screen.shown == ["0", "1", "2", "3", "4", "5"]
    assert screen.noted == ["text shown"] * 3, "results stand in the record, prompts are there already"


async def test_what_stands_on_the_screen_is_not_shown_twice() -> None:
    screen = Screen()
    texts = Texts(screen.send, screen.noted.append)
    for text in ("menu", "menu", "menu", "", "other", "menu"):
        texts.show(text, prompt=True)
    await settle()
    assert screen.shown == ["menu", "other", "menu"]


async def test_a_slow_phone_misses_old_prompts_but_no_result() -> None:
    screen = Screen()
    screen.free.clear()
    texts = Texts(screen.send, screen.noted.append)
    texts.show("first", prompt=True)
    await settle()
    texts.show("result")
    for number in range(3 * MOST_WAITING):
        texts.show(f"prompt {number}", prompt=True)
    screen.free.set()
    await settle()
    last = [f"prompt {number}" for number in range(2 * MOST_WAITING + 1, 3 * MOST_WAITING)]
    assert screen.shown == ["first", "result", *last]


async def test_a_phone_that_refuses_is_not_asked_again() -> None:
    screen = Screen(refuses=True)
    texts = Texts(screen.send, screen.noted.append)
    texts.show("one")
    texts.show("two")
    await settle()
    texts.show("three")
    await settle()
    assert screen.shown == ["one"]
    assert screen.noted == ["text refused"]


async def test_nothing_is_raised_once_the_caller_has_gone() -> None:
    async def gone(text: str) -> bool:
        raise HungUp

    texts = Texts(gone, list[str]().append)
    texts.show("one")
    await settle()
    await texts.close()


@pytest.mark.parametrize("language", list(Language))
def test_of_a_private_number_only_its_last_digits_are_shown(language: Language) -> None:
    number = "110101199003078515"
    said = readout(language).digits(number)
    hidden = masked(f"A {said}. B {number}; 12 C")
    assert number not in hidden and said not in hidden
    assert hidden.count("•") == 2 * (len(number) - 4)
    assert "8515" in hidden and "12 C" in hidden


@pytest.mark.parametrize("language", list(Language))
async def test_a_caller_who_reads_along_is_shown_every_prompt(phone: Phone, language: Language) -> None:
    heard = await phone.call("6\n1\n*\n3\n", language)
    assert "reads along" in heard.events
    before, _, after = heard.text.partition("(on the phone's screen: ")
    assert "[main.menu]" in before, "nothing is shown to who has not asked for it"
    shown = "\n".join(re.findall(r"\(on the phone's screen: ((?:.|\n)*?)\)$", after, re.MULTILINE))
    for name in ("main.menu", "progress.reference"):
        assert prompts.written(language, name) in shown


async def test_a_phone_that_takes_no_texts_says_so_to_who_presses_the_key(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(held: ConsoleLine, text: str) -> bool:
        return False

    monkeypatch.setattr(ConsoleLine, "send_text", refused)
    heard = await phone.call("6\n")
    assert "main.no_screen" in heard.prompts
    assert "text refused" in heard.events
