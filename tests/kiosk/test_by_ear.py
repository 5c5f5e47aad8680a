"""A terminal whose screen is dark, used by somebody who hears it and has the keypad: a whole form with many
kinds of question, how it is going, and a policy, in both languages.

What was heard is what the sound device got.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kiosk.speaking.headset import EV_SW, EVENT, SW_HEADPHONE_INSERT
from kiosk.speaking.letters import ON_KEYS
from speech.sound import FULL, speech_level
from tests.end_to_end.recognition import recognised
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import IDENTITY, Hand, keypad, terminal
from tests.kiosk.listener import Listener
from tests.kiosk.processes import Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

NUMBERS = dict(zip("零幺二三四五六七八九一", "01234567891", strict=True))
SENTENCES = ("this is the home page already", "reading aloud is on", "enter the reference number")
DIGITS = {c: f"{key}{n}" for key, on_it in ON_KEYS.items() for n, c in enumerate(on_it, 1)}


@dataclass
class Ear:
    """A terminal, its listener, the file that is its sound device, and the switch of its headset's socket."""

    listener: Listener
    hand: Hand
    sound: Path
    socket: Path
    reference: str = ""

    def plug(self, *, headset: bool) -> None:
        """Plugs a headset in, or pulls it out."""
        with self.socket.open("r+b", buffering=0) as switch:
            switch.write(EVENT.pack(0, 0, EV_SW, SW_HEADPHONE_INSERT, int(headset)))

    def heard(self) -> npt.NDArray[np.float32]:
        """All that came out of the device until now, full scale 1.0."""
        pcm = np.frombuffer(self.sound.read_bytes()[: self.sound.stat().st_size // 2 * 2], "<i2")
        return pcm.astype(np.float32) / np.float32(32768)

    async def silence(self) -> None:
        """Waits until nothing more comes out of it: the device is let go."""
        before = len(self.heard())
        for _ in range(20):
            await asyncio.sleep(0.5)
            if before == (before := len(self.heard())):
                return
        raise AssertionError("it still gives sound")


@pytest.fixture(scope="module")
def ear(county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ear]:
    """With SDL's device that writes what would be heard into a file, at the pace of sound."""
    folder = tmp_path_factory.mktemp("ear")
    socket, sound = folder / "socket", folder / "sound.raw"
    os.mkfifo(socket)
    holding = os.open(socket, os.O_RDWR)
    patch = pytest.MonkeyPatch()
    patch.setenv("SDL_AUDIODRIVER", "disk")
    patch.setenv("SDL_DISKAUDIOFILE", str(sound))
    beside = f'[kiosk.sound]\njack = "{socket}"\n'
    with terminal(
        folder / "t",
        county.ready["huimin-backend"],
        SIZES[0],
        displays[SIZES[0]],
        devices_beside=lambda ports: keypad(ports) + beside,
        instant=True,
    ) as hand:
        yield Ear(Listener(hand), hand, sound, socket)
    patch.undo()
    os.close(holding)


async def test_a_whole_form_is_applied_for_by_ear_with_the_screen_dark(ear: Ear) -> None:
    hear = ear.listener
    ear.plug(headset=True)
    await hear.hears("语音播报已打开")
    await hear.choose("显示与声音", back=True)
    await hear.hears("显示与声音")
    await hear.choose("下一页", back=True)
    await hear.hears("遮住屏幕")
    await hear.choose("只听不显示")
    await hear.hears("屏幕已遮住")
    picture = ear.socket.parent / "dark.png"
    await ear.hand.picture(picture)
    assert black(picture)
    await hear.press("cancel")
    await hear.hears("您好")
    await hear.choose("办事情")
    await hear.hears("标有")
    await hear.choose("新农合医疗报销")
    await hear.hears("新农合医疗报销")
    await hear.choose("现在申请", back=True)
    await begin_with_the_card(hear, ear.hand)
    await answer_the_claim(hear)
    reference = await send_the_claim(hear)
    ear.reference = reference
    samples = ear.heard()
    assert -40 < 20 * np.log10(speech_level(samples, FULL.rate)) < -14
    assert np.abs(samples).max() < 0.95


async def test_progress_and_a_policy_are_found_by_ear_in_english(ear: Ear) -> None:
    hear = ear.listener
    await hear.choose("English", back=True)
    await hear.hears("We have your application")
    await hear.choose("Home", back=True)
    await hear.hears("What would you like")
    await is_understood(ear)
    await ask_how_it_goes(hear, ear.reference)
    await hear.choose("End", back=True)  # another visit begins: the headset is still in, the language is not
    await hear.hears("您好")
    await hear.choose("English", back=True)
    await hear.hears("What would you like")
    await hear.choose("Policies")
    await hear.hears("Medical care", "To choose from")
    await hear.choose("Medical care")
    await hear.hears("Medical care")
    await hear.press("#")
    name = await hear.hears("")
    await hear.press("enter")
    await hear.hears(name)
    ear.plug(headset=False)
    await ear.silence()


async def is_understood(ear: Ear) -> None:
    """What comes out of the device, as a recogniser of English hears it."""
    await ear.listener.press("cancel")
    start = len(ear.heard())
    await ear.listener.hears("home page already")
    await asyncio.sleep(3.0)
    assert recognised(ear.heard()[start:], SENTENCES, FULL.rate) == SENTENCES[0]


async def ask_how_it_goes(hear: Listener, reference: str) -> None:
    """Digits, and the X of the identity number on the keyboard of the screen."""
    await hear.choose("Progress")
    await hear.hears("Choose how to find")
    await hear.choose("Reference number")
    await hear.hears("Enter the reference number")
    await hear.key_in(reference)
    await hear.hears("Enter the last six")
    await hear.key_in(IDENTITY[-6:-1])
    await hear.hears("six")
    await hear.press("cancel", entry=True)
    await hear.hears("Next", "Look", "Show")
    await hear.choose("X", back=True)
    await hear.hears("6 characters entered")
    await hear.choose("Next")
    await hear.hears("Rural medical claim", "Received")


async def begin_with_the_card(hear: Listener, hand: Hand) -> None:
    await hear.hears("新农合医疗报销")
    await hear.choose("开始填写", back=True)
    await hear.hears("请出示")
    await hand.present()
    await hear.hears("已经填好")
    await hear.choose("接着填其余的", back=True)


async def answer_the_claim(hear: Listener) -> None:
    """Digits with the digit keys, words by two keys a letter, choices by going to them."""
    await hear.hears("打哪个电话")
    await hear.key_in("1380000")
    await hear.hears("错", "位", "不对")  # it is too short, and that is said
    await hear.key_in("0000")
    await choose(hear, "哪一种看病费用", "住院")
    await hear.hears("在哪家医院")
    await spell(hear, "huimin", "惠民")
    await spell(hear, "yiyuan", "医院")
    await hear.press("cancel", entry=True)
    await hear.hears("下一步")
    await hear.press("enter")
    await choose(hear, "属于哪一级", "县级医院")
    await hear.hears("哪一天住院")
    await hear.key_in("20260230")
    await hear.hears("不存在")
    await hear.key_in("20260220")
    await hear.hears("哪一天出院")
    await hear.key_in("20260226")
    await hear.hears("一共多少元")
    await hear.key_in("3260")
    await choose(hear, "哪些材料", "收费票据")
    await choose(hear, "别人造成", "否")
    await hear.hears("银行")
    await hear.key_in("6222000000000000")


async def choose(hear: Listener, question: str, answer: str) -> None:
    """Answers a question with one of its options."""
    await hear.hears(question)
    await hear.choose(answer)
    await hear.hears(f"{answer}，已选")
    await hear.choose("下一步")


async def spell(hear: Listener, letters: str, word: str) -> None:
    """Keys in pinyin, and takes the candidate."""
    await hear.key_in("".join(DIGITS[letter] for letter in letters))
    await hear.hears(word)
    if word not in hear.heard[-2:]:
        await hear.go_to(word)
    await hear.press("enter")
    await hear.hears("每个字母按两下")


async def send_the_claim(hear: Listener) -> str:
    """Checks and sends; gives the reference that is said."""
    await hear.hears("请核对您填写的内容")
    await hear.choose("都对，下一步", back=True)
    await hear.hears("声明并提交")
    await hear.choose("同意并提交", back=True)
    await hear.hears("已收到您的申请")
    said = await hear.hears("，", "")
    for _ in range(200):
        found = ["".join(NUMBERS[word] for word in text if word in NUMBERS) for text in hear.heard]
        if references := [digits for digits in found if len(digits) == 12]:
            return references[0]
        await asyncio.sleep(0.1)
        await hear.hears(said)
    raise AssertionError(f"no reference is said: {hear.heard}")


def black(picture: Path) -> bool:
    """Whether nothing at all is to be seen."""
    with Image.open(picture) as image:
        return image.convert("L").getextrema() == (0, 0)
