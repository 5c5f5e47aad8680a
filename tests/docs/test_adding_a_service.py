"""docs/adding-a-service.md, followed: its files are published to a running house and tried at both doors."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from backend_client.catalog import ServiceKind
from kiosk.visit import events as did
from kiosk.visit.pages import Door, NoticeList
from tests.backend import house as running
from tests.backend.house import command
from tests.cashier import cashier
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.kiosk.visit.terminal import Terminal, eventually, terminal
from tests.services.calling import CALLS
from tests.services.visiting import VISITS, home

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "adding-a-service.md"
EXAMPLES = re.findall(
    r"^```(?:yaml|csv)\n# (\S+\.(?:yaml|csv))\n(.*?)^```$",
    DOCUMENT.read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
ADDED = [name.removeprefix("services/").removesuffix(".yaml") for name, _ in EXAMPLES if "services/" in name]
Doors = tuple[Terminal, Phone]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """A terminal and a phone line that were there before, once the examples are published."""
    folder = tmp_path_factory.mktemp("county")
    content = shutil.copytree(PACKAGED, folder / "my-content")
    async with (
        cashier(folder / "gateway") as till,
        running.house(folder / "data", PACKAGED, payment=till.payment, web_listen="127.0.0.1:0") as house,
        terminal(house.address, folder) as screen,
    ):
        phone = Phone(County(house.data, PACKAGED), folder / "phone", house.address)
        await phone.open()
        for name, text in EXAMPLES:
            (content / name).write_text(text, "utf-8")
        code, out, err = await command("content", "check", content)
        assert code == 0, out + err
        code, out, err = await command("--data", house.data, "content", "publish", content)
        assert code == 0, out + err
        house.clock.forward(minutes=1)

        def there() -> bool:
            """On the home page, at which nobody stands."""
            return {f"services/{name}" for name in ADDED} <= {one.name for one in screen.visit.home.services}

        await eventually(there)
        yield screen, phone
        await phone.close()


async def test_there_is_one_of_each_kind_that_content_can_add() -> None:
    kinds = set(re.findall(r"^kind: (\w+)$", "".join(text for _, text in EXAMPLES), re.MULTILINE))
    assert kinds == {"guide", "payment", "lookup", "appointment", "document", "rating"}


@pytest.mark.parametrize("name", ADDED)
async def test_what_was_added_reaches_its_end_at_both_doors(doors: Doors, name: str) -> None:
    screen, phone = doors
    service = await screen.client.get_service(f"services/{name}")
    shown = await VISITS[service.kind](screen, service)
    told = await CALLS[service.kind](phone, service, "")
    if service.kind not in (ServiceKind.PAYMENT, ServiceKind.APPOINTMENT):
        assert shown == told
    if service.lookup:
        assert shown == "1"


async def test_the_notice_that_was_added_stands_among_the_others(doors: Doors) -> None:
    screen, phone = doors
    await home(screen)
    page = await screen.page(NoticeList, did.OpenDoor(Door.NOTICES))
    assert "notices/question-bicycle" in {notice.name for notice in page.notices}
    heard = await phone.call("4\n2\n" + 4 * "1\n" + "!")
    assert "notices/question-bicycle" in heard.prompts
