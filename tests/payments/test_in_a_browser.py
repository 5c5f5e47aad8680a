"""A resident pays in a real Chromium: from the link to the gateway's page, and the case is paid."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import presence_of_element_located, url_contains
from selenium.webdriver.support.wait import WebDriverWait

from backend.gateway_demo import keys
from backend.payments.paying import link_path
from backend.payments.settings import PaymentSettings
from backend.storage import audit
from tests.payments.processes import gateway_process
from tests.payments.shop import PAID, Door, serving

PICTURES = os.environ.get("HUIMIN_TEST_PICTURES", "")
"""A folder where pictures of the pages are left, for whoever wants to look at them."""


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Debian's browser without a window; as root it has no sandbox."""
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=420,900")
    options.add_argument("--no-proxy-server")
    options.binary_location = "/usr/bin/chromium"
    browser = Chrome(options=options, service=ChromeService("/usr/bin/chromedriver"))
    browser.set_page_load_timeout(20)
    try:
        yield browser
    finally:
        browser.quit()


def _pay(link: str, amount: str) -> None:
    """What a resident does who opened the link."""
    with chromium() as browser:
        browser.get(link)
        shown = browser.find_element(By.TAG_NAME, "body").text
        assert amount in shown
        assert "不会发生真实扣款" in shown
        assert "no money moves" in shown
        _picture(browser, "link")
        browser.find_element(By.TAG_NAME, "button").click()
        wait = WebDriverWait(browser, 20)  # a click returns before the next page has come
        wait.until(url_contains("/cashier/"))
        shown = browser.find_element(By.TAG_NAME, "body").text
        assert f"{amount} 元" in shown
        assert "演示支付平台：不会发生真实扣款。" in shown
        assert "Demonstration of a payment service: no money moves." in shown
        _picture(browser, "cashier")
        browser.find_element(By.ID, "pay").click()
        assert "支付成功" in wait.until(presence_of_element_located((By.ID, "paid"))).text
        _picture(browser, "paid")
        browser.refresh()
        assert not browser.find_elements(By.ID, "pay")


def _picture(browser: Chrome, name: str) -> None:
    if PICTURES:
        browser.save_screenshot(str(Path(PICTURES) / f"{name}.png"))


async def test_a_resident_pays_in_a_browser_and_the_gateway_tells_the_backend(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    async with gateway_process(folder) as url:
        settings = PaymentSettings(gateway="native", options=keys.options(folder, url))
        async with serving(tmp_path, settings) as (house, web):
            door = Door(house, web)
            reference = await door.case()
            link = web + await house.database.read(link_path, reference)
            await asyncio.to_thread(_pay, link, "12.82")
            await door.until(reference, PAID)
            trail = await house.database.read(audit.entries, objects=[f"orders/{reference}"])
            assert [kept.entry.door for kept in trail] == ["payment-link", "gateway/native"]
