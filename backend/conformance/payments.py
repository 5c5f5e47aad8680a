"""Payments: offered or not, which is the county's choice; where they are, what is unknown is refused so."""

from __future__ import annotations

import grpc
from huimin.v1 import common_pb2, payment_pb2, payment_pb2_grpc

from backend.conformance.trial import SECONDS, Demands, NotTried, Refused, Server, refused
from backend_client.forms.reference import new_reference

payment_demands = Demands("payment")
_REQUEST = "00000000-0000-4000-8000-000000000000"


@payment_demands.demand("unknown")
async def _unknown_order(server: Server) -> None:
    stub = payment_pb2_grpc.PaymentServiceStub(server.channel)
    await _offered(stub)
    name = f"orders/{new_reference()}"
    asked = stub.GetOrder(payment_pb2.GetOrderRequest(name=name), timeout=SECONDS)
    await refused(asked, "NOT_FOUND", "ORDER_UNKNOWN")


@payment_demands.demand("payable")
async def _unknown_payable(server: Server) -> None:
    stub = payment_pb2_grpc.PaymentServiceStub(server.channel)
    await _offered(stub)
    request = payment_pb2.CreateOrderRequest(
        request_id=_REQUEST, payable="conformance", channel=common_pb2.CHANNEL_TERMINAL
    )
    await refused(stub.CreateOrder(request, timeout=SECONDS), "FAILED_PRECONDITION", "PAYABLE_OVER")


async def _offered(stub: payment_pb2_grpc.PaymentServiceAsyncStub) -> None:
    """Raises NotTried where no payments are taken."""
    request = payment_pb2.CreateOrderRequest(
        request_id=_REQUEST, payable="conformance", channel=common_pb2.CHANNEL_TERMINAL
    )
    try:
        await stub.CreateOrder(request, timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        told = Refused.of(error)
        if told.code == "UNIMPLEMENTED" or told.reason == "PAYMENT_NOT_OFFERED":
            raise NotTried("not_offered") from None
