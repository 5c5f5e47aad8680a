"""Paying by telephone: with a real gateway's other end, and a caller who opens the link."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from backend.storage import attempts
from backend_client.payment import OrderState
from foundation.language import Language
from ivr.dialogue.services import offered
from tests.backend import house as running
from tests.backend.house import House
from tests.cashier import Cashier, cashier, link_to, links_to
from tests.ivr.calling import FAST
from tests.ivr.conftest import Live, Phone
from tests.ivr.county import County
from tests.ivr.people import IDENTITY_X, keyed, suffix
from tests.ivr.test_shipped_content import way_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

RENEWAL, TAX = "forms/identity-card-renewal", "forms/tax-declaration"
MOBILE = "13900001111"
ANSWERS = f"1\n1\n请听我说\n1\n{keyed(IDENTITY_X)}\n1\n13800001111\n1\n1\n1\n2"
"""A lost card and a temporary one, by somebody without an allowance, until all answers are said."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cashier]:
    """The gateway."""
    async with cashier(tmp_path_factory.mktemp("gateway")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, till: Cashier) -> AsyncIterator[House]:
    """A backend that takes payments, with the demonstration content."""
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(data, PACKAGED, payment=till.payment, web_listen="127.0.0.1:0") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def line(house: House, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of that county."""
    made = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    made.set(timing=FAST.model_copy(update={"first_key": 20.0}))
    await made.open()
    yield made
    await made.close()


async def way(line: Phone, form: str | None = None) -> str:
    """The keys from the main menu to a payment service; None: to what is paid by its number."""
    listed = (await line.client.list_services(page_size=200)).items
    there = list(offered(listed))
    forms = [one.form for one in offered(listed)["pay"]]
    chosen = len(forms) if form is None else forms.index(form)
    return f"2\n{way_to(there.index('pay'))}\n{way_to(chosen)}"


async def paid(line: Phone, reference: str) -> None:
    """Waits until the gateway has told the backend."""
    async with asyncio.timeout(10):
        while (await line.client.get_order(reference)).state is not OrderState.PAID:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def sent(live: Live, line: Phone) -> str:
    """Fills in the form and sends it; the reference."""
    before = set(line.county.references())
    live.does(f"{await way(line, RENEWAL)}\n1\n{ANSWERS}\n1")
    await live.until("charge.keys_fixed")
    live.does("1")
    await live.until("sent.pay")
    (reference,) = set(line.county.references()) - before
    return reference


@pytest.mark.parametrize("language", Language)
async def test_a_caller_hears_what_it_costs_gets_a_link_and_hears_that_it_is_paid(
    line: Phone, house: House, till: Cashier, language: Language
) -> None:
    before = len(links_to(MOBILE, house.data))
    async with line.calling(language) as live:
        reference = await sent(live, line)
        live.does("1")
        await live.until("payment.keys")
        live.does(f"1\n{MOBILE}\n1")
        await live.until("payment.link_sent")
        live.does("2")
        await live.until("payment.due")
        await till.pay(await link_to(MOBILE, house.data, before))
        await paid(line, reference)
        live.does("2")
        await live.until("payment.PAID")
    heard = live.heard
    if language is Language.ZH_CN:
        assert heard.said("charge.line") == "临时身份证工本费：十元。"
        assert heard.said("charge.total") == "合计应缴费用：五十元。"
        assert heard.said("payment.PAID") == "已经缴清，金额五十元。"
        assert heard.said("payment.link_sent").startswith("链接正在发往尾号幺幺幺幺的手机")
    else:
        assert heard.said("charge.line") == "Temporary card: ten yuan."
        assert heard.said("charge.total") == "In all, Fee to pay: fifty yuan."
        assert heard.said("payment.PAID") == "It is paid: fifty yuan."
    assert MOBILE not in json.dumps(heard.record)
    order = await line.client.get_order(reference)
    assert (order.state, order.amount_fen) == (OrderState.PAID, 5_000)


@pytest.mark.parametrize("language", Language)
async def test_tax_lines_are_said_right_and_how_each_came_about(line: Phone, language: Language) -> None:
    answers = f"1\n1\n请听我说\n1\n{keyed(IDENTITY_X)}\n1\n13800001111\n1\n{15 * '1'}\n1\n2026\n1\n2\n2"
    # Sales of 300 001.23 yuan, no special invoices, income and costs of the year, a salary, nothing prepaid.
    money = "300001*23\n1\n2\n450001#\n1\n350000#\n1\n1\n0#\n1"
    heard = await line.call(f"{await way(line, TAX)}\n1\n{answers}\n{money}\n1\n2\n!", language)
    said = heard.text
    if language is Language.ZH_CN:
        assert "增值税：三千元零一分。" in said
        assert "是三十万零一元两角三分的百分之一。" in said
        assert "城市维护建设税：一百五十元。" in said
        assert "附加税费减半：减一百五十元。" in said
        assert "应纳税所得额：十万零一元，只用来计算。" in said
        assert "是本年收入累计，减去本年成本累计。" in said
        assert "是十万零一元的百分之二十。" in said
        assert "再减一万零五百元。" in said
        assert "本期个人所得税：四千七百五十元一角。" in said
        assert "合计应缴税费：七千九百元一角一分。" in said
    else:
        assert "VAT: three thousand yuan and one fen." in said
        assert "That is one per cent of three hundred thousand and one yuan and twenty-three fen." in said
        assert "Surcharges halved: less one hundred and fifty yuan." in said
        assert "Taxable income: one hundred thousand and one yuan, for the calculation only." in said
        assert "That is Income this year, less Costs this year." in said
        assert "With ten thousand five hundred yuan taken off." in said
        assert "In all, Tax to pay: seven thousand nine hundred yuan and eleven fen." in said


async def test_answers_are_changed_where_the_amount_is_not_right(line: Phone) -> None:
    before = len(line.county.references())
    heard = await line.call(f"{await way(line, RENEWAL)}\n1\n{ANSWERS}\n1\n*\n2\n4\n3\n1\n!")
    assert heard.prompts.count("charge.intro") == 2
    assert heard.said("charge.total") == "合计应缴费用：三十元。"
    assert "charge.keys" not in heard.prompts, "a fixed amount has nothing to be worked out"
    assert len(line.county.references()) == before


async def test_is_it_paid_is_asked_by_the_number_alone_and_in_progress(
    line: Phone, house: House, till: Cashier
) -> None:
    async with line.calling() as live:
        reference = await sent(live, line)
    owed = await line.call(f"3 {reference} {suffix(IDENTITY_X)}\n3\n*\n!")
    assert owed.said("payment.due").startswith("应缴五十元，请在")
    assert "payment.number" in owed.prompts
    code = (await line.client.start_payment(reference)).code
    await till.pay(code)

    await paid(line, reference)
    by_number = await line.call(f"{await way(line)}\n{reference}\n!")
    assert "payment.PAID" in by_number.prompts
    assert "payment.keys_over" in by_number.prompts
    in_progress = await line.call(f"3 {reference} {suffix(IDENTITY_X)}\n!")
    assert "payment.PAID" in in_progress.prompts
    assert "progress.pay" not in in_progress.prompts
    without_applicant = await line.call(f"3 {reference}##\n!")
    assert "payment.PAID" in without_applicant.prompts


@pytest.mark.parametrize("kind", ["slow", "cut", "nonsense"])
async def test_a_gateway_in_trouble_is_told_behind_the_link_and_nothing_is_paid_twice(
    line: Phone, house: House, till: Cashier, kind: str
) -> None:
    before = len(links_to(MOBILE, house.data))
    async with line.calling() as live:
        reference = await sent(live, line)
        live.does(f"1\n1\n{MOBILE}\n1")
        await live.until("payment.link_sent")
        link = await link_to(MOBILE, house.data, before)
        till.trouble.kind = kind
        async with aiohttp.ClientSession() as browser, browser.post(link) as answer:
            page = await answer.text()
        assert answer.status == 503
        assert "支付平台暂时没有响应" in page and "You will not be charged twice" in page
        assert "<button>" in page, "it can be tried again"
        live.does("2")
        await live.until("payment.due")
        till.trouble.kind = ""
        assert 'id="paid"' in await till.pay(link)
        await paid(line, reference)
        live.does("2")
        await live.until("payment.PAID")
    assert 'id="paid"' not in await till.pay(link), "the link says that it is paid"
    made = await house.database.read(attempts.of_order, reference)
    assert [str(one.state) for one in made] == ["paid"]


async def test_a_number_that_is_not_mobile_is_asked_again(line: Phone) -> None:
    async with line.calling() as live:
        await sent(live, line)
        live.does("1")
        await live.until("payment.keys")
        live.does("1\n05301234567#")
        await live.until("payment.not_mobile")
        live.does("*")
        await live.until("payment.keys")
    assert "payment.link_sent" not in live.heard.prompts


async def test_the_callers_own_number_is_offered(line: Phone, house: House) -> None:
    before = len(links_to(MOBILE, house.data))
    async with line.calling(caller=f"sip:{MOBILE}@127.0.0.1") as live:
        live.does(f"{await way(line, RENEWAL)}\n1\n1\n1\n请听我说\n1\n{keyed(IDENTITY_X)}\n1\n1\n1\n1\n2\n1")
        await live.until("charge.keys_fixed")
        live.does("1")
        await live.until("sent.pay")
        live.does("1")
        await live.until("payment.keys")
        live.does("1")
        await live.until("payment.own_number")
        live.does("1")
        await live.until("payment.link_sent")
    assert "/pay/" in await link_to(MOBILE, house.data, before)


async def test_what_costs_nothing_is_not_to_be_paid(line: Phone) -> None:
    free = ANSWERS.removesuffix("1\n1\n2") + "4\n2\n2"
    heard = await line.call(f"{await way(line, RENEWAL)}\n1\n{free}\n1\n1\n!")
    assert "charge.nothing" in heard.prompts
    assert "sent.reference" in heard.prompts
    assert "sent.pay" not in heard.prompts


async def test_a_fine_that_was_looked_up_is_paid_by_its_link(
    line: Phone, house: House, till: Cashier
) -> None:
    listed = (await line.client.list_services(page_size=200)).items
    lookups = [one.name for one in offered(listed)["look_up"]]
    there = list(offered(listed))
    chosen = way_to(lookups.index("services/traffic-violations"))
    before = len(links_to(MOBILE, house.data))
    async with line.calling() as live:
        live.does(f"2\n{way_to(there.index('look_up'))}\n{chosen}\n1\n0101#\n1\n2468\n1")
        await live.until("lookup.pay")
        live.does("3")
        await live.until("payment.keys")
        live.does(f"1\n{MOBILE}\n1")
        await live.until("payment.link_sent")
        link = await link_to(MOBILE, house.data, before)
        await till.pay(link)
        await paid(line, link.split("/")[4])
        live.does("2")
        await live.until("payment.PAID")
    assert live.heard.said("payment.due").startswith("应缴二百元，")
    assert live.heard.said("payment.PAID") == "已经缴清，金额二百元。"

    search = f"2\n{way_to(there.index('look_up'))}\n{chosen}\n1\n0101#\n1\n2468\n1"
    for language, words in ((Language.ZH_CN, "缴清，不用再缴，"), (Language.EN, "Nothing more is owed,")):
        heard = await line.call(f"{search}\n!", language)
        assert words in heard.said("lookup.paid")
        assert "lookup.pay" not in heard.prompts
