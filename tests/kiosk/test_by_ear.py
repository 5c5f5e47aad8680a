"""A terminal whose screen is dark, used by somebody who hears it and has the keypad: a whole form with many
kinds of question, how it is going, and a policy; a time at a counter, and a payment. What else a resident
comes for, and each in both languages, does ``make by-ear``.

What was heard is what the sound device got.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from backend_client.client import BackendClient
from foundation.language import Language
from speech.sound import FULL, speech_level
from tests.end_to_end.recognition import recognised
from tests.kiosk.by_ear import tasks
from tests.kiosk.by_ear.county import County, county
from tests.kiosk.by_ear.ear import Ear, ear
from tests.kiosk.by_ear.resident import Resident
from tests.kiosk.conftest import SIZES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

SENTENCES = ("this is the home page already", "reading aloud is on", "enter the reference number")


@dataclass
class There:
    """A terminal with somebody who hears it, and what is around it."""

    ear: Ear
    around: County
    client: BackendClient
    reference: str = ""

    def resident(self, language: Language) -> Resident:
        """Somebody of that language."""
        return Resident(self.ear, language, self.client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[There]:
    """A terminal, upright, in a county that takes payments."""
    folder = tmp_path_factory.mktemp("ear")
    async with county(folder, everything=False) as around:
        with ear(folder / "kiosk", around.backend, SIZES[0], displays[SIZES[0]], **around.settings) as heard:
            async with BackendClient(around.backend) as client:
                yield There(heard, around, client)


async def test_a_whole_form_is_applied_for_by_ear_with_the_screen_dark(there: There) -> None:
    there.ear.plug(headset=True)
    one = there.resident(Language.ZH_CN)
    await one.hears("speak.begin")
    await one.begins()
    await tasks.application(one, there.around)
    there.reference = await one.hears_number(12)
    samples = there.ear.heard()
    assert -40 < 20 * np.log10(speech_level(samples, FULL.rate)) < -14
    assert np.abs(samples).max() < 0.95


async def test_progress_and_a_policy_are_found_by_ear_in_english(there: There) -> None:
    one = there.resident(Language.EN)
    await one.hear.choose("English", back=True)
    await one.hears("confirmation.title")
    await one.goes_home()
    await is_understood(there.ear)
    await tasks.ask_how_it_goes(one, there.reference, "rural-medical-claim")
    await one.ends()  # another visit begins: the headset is still in, the language is not
    await one.begins()
    await tasks.policy(one, there.around)


async def test_a_time_is_booked_by_ear(there: There) -> None:
    one = there.resident(Language.EN)
    await home(one)
    await tasks.appointment(one, there.around)


async def test_a_fine_is_paid_by_ear(there: There) -> None:
    one = there.resident(Language.EN)
    await home(one)
    await tasks.payment(one, there.around)
    await one.ends()
    there.ear.plug(headset=False)
    await there.ear.silence()


async def home(one: Resident) -> None:
    """With its key; the screen stays dark."""
    await one.hear.press("f3")
    await one.hears("home.greeting")


async def is_understood(ear: Ear) -> None:
    """What comes out of the device, as a recogniser of English hears it."""
    await ear.listener.press("cancel")
    start = len(ear.heard())
    await ear.listener.hears("home page already")
    await asyncio.sleep(3.0)
    assert recognised(ear.heard()[start:], SENTENCES, FULL.rate) == SENTENCES[0]
