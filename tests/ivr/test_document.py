"""Forms to take home by telephone: a link by SMS that opens the same form as at the terminal."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from pypdf import PdfReader

from backend.settings import PACKAGED
from foundation.language import Language
from ivr.dialogue.services import offered
from tests.backend import house as running
from tests.backend.house import House
from tests.ivr.calling import FAST
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.test_shipped_content import way_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERMIT = "forms/permit-application"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(data, PACKAGED, web_listen="127.0.0.1:0") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def line(house: House, tmp_path: Path) -> AsyncIterator[Phone]:
    made = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    made.set(timing=FAST.model_copy(update={"first_key": 20.0}))
    await made.open()
    yield made
    await made.close()


async def way(line: Phone) -> str:
    """The keys from the main menu to a form to take home."""
    listed = (await line.client.list_services(page_size=200)).items
    there = list(offered(listed))
    forms = [one.form for one in offered(listed)["take_home"]]
    return f"2\n{way_to(there.index('take_home'))}\n{way_to(forms.index(PERMIT))}"


async def sent_to(mobile: str, house: House) -> dict[str, str]:
    """The SMS to a number, once there is one."""
    file = house.data / "messages.jsonl"
    async with asyncio.timeout(20):
        while True:
            lines = file.read_text("utf-8").splitlines() if file.exists() else []
            for one in map(json.loads, lines):
                if one["to"] == mobile:
                    return dict(one)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("language", "mobile"), [(Language.ZH_CN, "13900002222"), (Language.EN, "13900003333")]
)
async def test_a_caller_keys_a_number_and_the_link_opens_the_form_in_the_language_of_the_call(
    line: Phone, house: House, language: Language, mobile: str
) -> None:
    async with line.calling(language) as live:
        live.does(f"{await way(line)}\n2\n*\n1\n12345678901#")
        await live.until("payment.not_mobile")
        live.does(f"{mobile}\n1")
        await live.until("document.sent")
    heard = live.heard
    assert mobile not in json.dumps(heard.record)
    if language is Language.ZH_CN:
        assert heard.said("document.sent").startswith("链接正在发往尾号二二二二的手机，请在二十四小时内打开")
    else:
        assert "within twenty-four hours" in heard.said("document.sent")
    message = await sent_to(mobile, house)
    assert message["language"] == language.value
    (link,) = re.findall(r"http://[0-9.:]+/documents/\S+", message["text"])
    async with aiohttp.ClientSession() as phone, phone.post(link) as answer:
        assert answer.content_type == "application/pdf"
        text = PdfReader(io.BytesIO(await answer.read())).pages[0].extract_text()
    assert ("经营许可申请" if language is Language.ZH_CN else "Trading permit") in text


async def test_who_got_enough_links_hears_so(line: Phone) -> None:
    keys = f"{await way(line)}\n1\n13900004444\n1\n!"
    for _ in range(5):
        assert "document.sent" in (await line.call(keys)).prompts
    heard = await line.call(keys)
    assert "error.TOO_MANY_LINKS" in heard.prompts and "document.sent" not in heard.prompts
