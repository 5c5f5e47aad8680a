"""The doors' own client over the whole way, the contract's demands, and what is signed, by another's hand."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.conformance.payments import payment_demands
from backend.conformance.trial import Outcome, Server, run
from backend.gateway_demo import keys
from backend.payments import signing
from backend_client.client import BackendClient
from backend_client.errors import Conflict, NotFound
from backend_client.forms.reference import new_reference
from backend_client.payment import OrderState, new_order_request
from backend_client.sentences import sentence
from backend_client.submission import Channel
from foundation.language import Language
from tests.payments.shop import Shop


async def test_a_door_pays_a_record_of_a_lookup(shop: Shop) -> None:
    async with BackendClient(shop.house.address) as client:
        payable, request = shop.payable(amount_fen=15000), new_order_request()
        order = await client.create_order(payable, Channel.TERMINAL, request)
        assert order == await client.create_order(payable, Channel.TERMINAL, request)
        assert (order.state, order.amount_fen, order.payable) == (OrderState.CREATED, 15000, True)
        assert order.demonstration
        payment = await client.start_payment(order.reference)
        assert payment.order.state is OrderState.WAITING
        assert payment.code not in repr(payment)
        assert (await client.cancel_order(order.reference)).state is OrderState.CLOSED
        payment = await client.start_payment(order.reference)
        await client.send_payment_link(order.reference, "13800000000", Language.EN)
        trade = shop.gateway.pay(payment.code)
        await shop.notify(trade)
        paid = await client.get_order(order.reference, caller="13800000000")
        assert (paid.state, paid.transaction) == (OrderState.PAID, trade.trade_number)
        assert paid.pay_time is not None
        with pytest.raises(Conflict) as refused:
            await client.start_payment(order.reference)
        assert refused.value.reason == "ORDER_PAID"
        for language in Language:
            assert sentence(refused.value, language) != sentence(Conflict("OTHER"), language)
        shop.gateway.trouble.kind = "nonsense"
        another = await client.create_order(shop.payable(), Channel.PHONE, new_order_request())
        with pytest.raises(Conflict) as refused:
            await client.start_payment(another.reference)
        assert refused.value.reason == "PAYMENT_UNAVAILABLE"
        with pytest.raises(NotFound):
            await client.get_order(new_reference())


async def test_the_backend_holds_what_the_contract_demands_of_payments(shop: Shop) -> None:
    results = await run(Server(shop.house.stubs.channel), [payment_demands], write=False)
    assert [result.outcome for result in results] == [Outcome.HOLDS] * 2


def test_openssl_finds_our_signatures_right(tmp_path: Path) -> None:
    keys.make(tmp_path)
    key = load_pem_private_key((tmp_path / "merchant.pem").read_bytes(), None)
    identity = signing.Identity(key, "SERIAL")  # type: ignore[arg-type]
    target, body = "/v3/pay/transactions/native?x=1", '{"名":"费"}'.encode()
    header = signing.authorization(
        identity, "1900000001", method="POST", target=target, body=body, now=1700000000
    )
    signed = signing.parse_authorization(header)
    message = tmp_path / "message"
    message.write_bytes(f"POST\n{target}\n1700000000\n{signed.nonce}\n".encode() + body + b"\n")
    sealed = subprocess.run(
        ["openssl", "base64", "-d", "-A"], input=signed.signature.encode(), capture_output=True, check=True
    )
    (tmp_path / "signature").write_bytes(sealed.stdout)
    said = subprocess.run(
        [
            *("openssl", "dgst", "-sha256", "-verify", tmp_path / "merchant.public.pem"),
            *("-signature", tmp_path / "signature", message),
        ],
        capture_output=True,
        check=False,
    )
    assert said.stdout.strip() == b"Verified OK"
    assert (signed.merchant, signed.serial) == ("1900000001", "SERIAL")
