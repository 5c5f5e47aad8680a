"""The whole house: real touches, real calls with sound, one backend, simulated devices on serial lines."""

from __future__ import annotations

import asyncio
import io
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from backend_client.client import BackendClient
from backend_client.payment import OrderState
from deploy.house import House, Plan
from tests import cashier
from tests.end_to_end import calls
from tests.end_to_end.phone import CallerProcess
from tests.end_to_end.resident import Resident
from tests.end_to_end.terminal import Terminal
from tests.hardware.cups import Cups, cups
from tests.ports import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

IDENTITY = "11999919900307102X"
"""Of the demonstration card."""
MOBILE, DOWNLOADER = "13900002222", "13900003333"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def printer() -> AsyncIterator[Cups]:
    """A print server with a printer of A4."""
    async with cups() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, printer: Cups) -> AsyncIterator[House]:
    """The house, once for all tests here."""
    more = f'\n[devices.document_printer]\ndriver = "cups"\nport = "{printer.uri}"\n'
    plan = Plan(tmp_path_factory.mktemp("house"), backend=f"127.0.0.1:{free_port()}", more=more)
    async with House(plan) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def resident(house: House) -> AsyncIterator[Resident]:
    """Somebody before the terminal, who leaves nothing behind."""
    assert house.display
    resident = Resident(Terminal(house.inspector, house.display), house.devices)
    await resident.terminal.screen("home")
    yield resident
    if (await resident.terminal.tree()).screen != "home":
        await resident.leave()


async def test_a_form_sent_at_the_terminal_is_found_by_phone(house: House, resident: Resident) -> None:
    reference = await resident.claim_medical_costs()
    await resident.terminal.until(lambda tree: tree.says("已打印"), "the slip was not printed")
    slip = max((house.devices / "slips").glob("*.png"))
    with Image.open(slip) as image:
        (code,) = zxingcpp.read_barcodes(image)
    assert reference in code.text.replace("-", "")

    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550111@127.0.0.1")
    async with caller:
        await caller.answered()
        await caller.heard_sound()
        await calls.ask_for(caller, reference, IDENTITY[-6:])
        shown = await caller.event("message")
        await caller.hang_up()
    assert "已收件" in shown["text"]
    record = await calls.record_of(house.records, "5550111")
    prompts = [entry["prompt"] for entry in record["timeline"] if "prompt" in entry]
    assert prompts[0] == "main.greeting"
    assert "progress.now" in prompts
    keys = [entry["key"] for entry in record["timeline"] if "key" in entry]
    assert keys == ["3", *"•" * 18], "what opens a case is private"


async def test_a_form_sent_by_phone_is_found_at_the_terminal(
    house: House, resident: Resident, tmp_path: Path
) -> None:
    voice = tmp_path / "name.wav"
    await calls.speak("王小惠", voice)
    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550112@127.0.0.1")
    async with caller:
        await caller.answered()
        reference = await calls.declare_tax(caller, IDENTITY, voice)
        await caller.hang_up()
    await resident.ask_for(reference, IDENTITY[-6:])
    tree = await resident.terminal.tree()
    assert tree.says("个体户纳税申报")
    assert tree.says("已收件")


async def test_what_was_done_is_rated_and_a_reply_read_here_is_objected_to_by_phone(
    house: House, resident: Resident, tmp_path: Path
) -> None:
    terminal = resident.terminal
    reference = await resident.claim_medical_costs()
    await terminal.touch("rating.satisfied")
    await terminal.until(lambda tree: tree.says("谢谢您的评价"), "nobody was thanked")
    await house.clerk("case", "reply", reference, "已经核实，报销款将在五个工作日内到账。")
    await resident.leave()
    await resident.ask_for(reference, IDENTITY[-6:])
    tree = await terminal.tree()
    assert tree.says("报销款将在五个工作日内到账")
    assert not tree.says("您对这次服务满意吗")  # it was rated
    await resident.leave()

    voice = tmp_path / "reason.wav"
    await calls.speak("还没有收到钱", voice)
    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550115@127.0.0.1")
    async with caller:
        await caller.answered()
        await calls.ask_for(caller, reference, IDENTITY[-6:])
        await caller.press("4")
        await calls.to_the_end(caller)
        await caller.press("1")
        await calls.hardly(caller)
        await caller.press("1")
        await caller.heard_sound()
        await caller.wait_for_silence(0.6)
        await caller.speak(voice)
        await caller.press("#")
        await calls.hardly(caller)
        await caller.press("1")
        await calls.to_the_end(caller)
        await caller.hang_up()
    record = await calls.record_of(house.records, "5550115")
    assert "case opened again" in [entry.get("event") for entry in record["timeline"]]
    await resident.ask_for(reference, IDENTITY[-6:])
    tree = await terminal.tree()
    assert tree.says("已申请重办")
    assert tree.says("审核中")
    shown = await house.clerk("case", "show", reference)
    assert "opened again" in shown
    totals = await house.clerk("rating", "totals", "--csv")
    assert "services/rural-medical-claim" in totals


async def paid(house: House, reference: str) -> None:
    """Waits until the gateway has told the backend."""
    async with BackendClient(house.backend_address) as client, asyncio.timeout(20):
        while (await client.get_order(reference)).state is not OrderState.PAID:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_fee_is_paid_at_the_terminal_and_by_phone_and_leaves_the_same_record(
    house: House, resident: Resident, tmp_path: Path
) -> None:
    terminal = resident.terminal
    at_terminal = await resident.renew_card()
    tree = await terminal.tree()
    assert tree.says("50.00元")
    assert "paid" in await cashier.pay(await resident.scan(tmp_path / "code.png"))
    tree = await terminal.screen("payment.order")
    assert tree.says("缴费成功")
    await terminal.touch("payment.print")
    await terminal.until(lambda now: now.says("已打印"), "the receipt was not printed")
    receipt = max((house.devices / "slips").glob("*.png"), key=lambda file: file.stat().st_mtime)
    with Image.open(receipt) as image:
        (code,) = zxingcpp.read_barcodes(image)
    assert at_terminal in code.text.replace("-", "")
    await resident.leave()

    voice = tmp_path / "name.wav"
    await calls.speak("王小惠", voice)
    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550114@127.0.0.1")
    async with caller:
        await caller.answered()
        by_phone = await calls.renew_card(caller, IDENTITY, voice)
        await calls.ask_for_link(caller, MOBILE)
        assert "paid" in await cashier.pay(await cashier.link_to(MOBILE, house.backend_data))
        await paid(house, by_phone)
        await caller.press("2")
        await calls.to_the_end(caller)
        await caller.hang_up()
    record = await calls.record_of(house.records, "5550114")
    said = [entry["prompt"] for entry in record["timeline"] if "prompt" in entry]
    assert "charge.total" in said
    assert said.index("payment.link_sent") < said.index("payment.PAID")
    async with BackendClient(house.backend_address) as client:
        one, other = [await client.get_order(reference) for reference in (at_terminal, by_phone)]
    assert one.state is other.state is OrderState.PAID
    assert (one.title, one.amount_fen) == (other.title, other.amount_fen)
    assert one.amount_fen == 5_000
    assert one.transaction != other.transaction


async def audited(house: House, action: str) -> list[tuple[str, ...]]:
    """Who did this, with what, and with which outcome, by the audit trail."""
    lines = (await house.clerk("audit", "list", "--json")).splitlines()
    entries = [entry for entry in map(json.loads, lines) if entry["action"] == action]
    return [(entry["credential"], entry["object"], entry["outcome"]) for entry in entries]


async def test_a_fine_looked_up_at_both_doors_is_paid_once_though_the_gateway_hangs(
    house: House, resident: Resident, tmp_path: Path
) -> None:
    terminal, gateway = resident.terminal, house.parts["gateway-demo"]
    await resident.look_up_fines()
    assert (await terminal.tree()).says("200.00元，还没有缴纳")
    await terminal.touch("lookup.print")
    await terminal.until(lambda now: now.says("已打印"), "the record was not printed")
    gateway.send_signal(signal.SIGSTOP)
    await terminal.touch("lookup.pay")
    tree = await terminal.until(lambda now: "trouble.again" in now.controls, "nobody was told")
    assert tree.says("支付平台暂时没有响应，不会重复扣款")
    assert tree.says("以后凭缴费编号在终端缴纳")
    gateway.send_signal(signal.SIGCONT)
    await terminal.touch("trouble.again")
    await terminal.screen("payment.code")
    assert "paid" in await cashier.pay(await resident.scan(tmp_path / "code.png"))
    tree = await terminal.screen("payment.order")
    assert tree.says("缴费成功")
    await resident.leave()

    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550117@127.0.0.1")
    async with caller:
        await caller.answered()
        await caller.heard_sound()
        await calls.look_up_fines(caller)
        shown = await caller.event("message")
        await caller.hang_up()
    assert "200.00元" in shown["text"]
    record = await calls.record_of(house.records, "5550117")
    said = [entry["prompt"] for entry in record["timeline"] if "prompt" in entry]
    assert said.index("lookups/traffic-violations/said") < said.index("lookup.paid")
    assert "lookup.pay" not in said, "what is paid is not to be paid again"
    looked = await audited(house, "LookupService.RunLookup")
    assert len(looked) == 2 and len(set(looked)) == 1, looked
    await resident.look_up_fines()
    assert (await terminal.tree()).says("在这里缴清，不用再缴")
    orders = (await house.clerk("payment", "list")).splitlines()
    assert len([line for line in orders if "530199000000101" in line]) == 1, orders


async def test_a_blank_form_is_the_same_from_the_printer_and_behind_the_link(
    house: House, resident: Resident, printer: Cups
) -> None:
    await resident.take_blank_permit_form()
    await resident.terminal.until(lambda now: now.says("已打印"), "the form was not printed")
    (sheet,) = printer.printed
    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550118@127.0.0.1")
    async with caller:
        await caller.answered()
        await caller.heard_sound()
        await calls.take_permit_form(caller, DOWNLOADER)
        await caller.hang_up()
    record = await calls.record_of(house.records, "5550118")
    assert "document.sent" in [entry.get("prompt") for entry in record["timeline"]]
    link = await cashier.link_to(DOWNLOADER, house.backend_data, where="documents")
    async with aiohttp.ClientSession() as browser, browser.post(link) as answer:
        behind = await answer.read()
    assert text_of(behind) == text_of(sheet.read_bytes())
    assert "经营许可申请" in text_of(behind)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_a_time_booked_by_touches_is_heard_and_cancelled_by_phone(
    house: House, resident: Resident
) -> None:
    reference = await resident.book_a_time()
    tree = await resident.terminal.tree()
    assert tree.says("预约成功")
    assert tree.says("县政务服务中心二楼不动产登记区")
    await resident.leave()
    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550116@127.0.0.1")
    async with caller:
        await caller.answered()
        await caller.heard_sound()
        await calls.ask_for(caller, reference, IDENTITY[-6:])
        for key in "521":
            await caller.press(key)
            await calls.hardly(caller)
        await calls.to_the_end(caller)
        await caller.hang_up()
    record = await calls.record_of(house.records, "5550116")
    said = [entry["prompt"] for entry in record["timeline"] if "prompt" in entry]
    assert said.index("appointment.BOOKED") < said.index("appointment.CANCELLED")
    await resident.ask_for(reference, IDENTITY[-6:])
    tree = await resident.terminal.tree()
    assert tree.says("的预约已取消")
    assert "appointment.cancel" not in tree.controls


async def test_a_form_sent_while_the_backend_is_down_is_found_by_phone_once_it_is_back(
    house: House, resident: Resident
) -> None:
    terminal = resident.terminal
    backend = house.parts["backend"]
    await terminal.touch("home.services")
    await terminal.touch("services.rural-medical-claim")
    await resident.begin_with_card()
    await resident.answer_the_claim()
    await resident.to_the_last_sheet()
    await terminal.touch("form.next")
    await terminal.screen("form.declaration")
    backend.kill()
    await backend.ended()
    await terminal.touch("form.send")
    await terminal.screen("form.confirmation", patience=20)
    tree = await terminal.tree()
    assert tree.says("恢复后自动送达"), tree.texts
    reference = await resident.reference()
    await terminal.touch("confirmation.home")
    await terminal.touch("home.notices")
    tree = await terminal.until(lambda now: now.says("截至今天"), "not said how old the notices are")
    assert tree.screen == "notices.list"
    await resident.leave()
    await backend.start("huimin-backend")

    caller = CallerProcess(house.sip_address, None, "--caller", "sip:5550113@127.0.0.1")
    async with caller:
        await caller.answered()
        await caller.heard_sound()
        await calls.ask_for(caller, reference, IDENTITY[-6:])
        shown = await caller.event("message")
        await caller.hang_up()
    assert "已收件" in shown["text"]
