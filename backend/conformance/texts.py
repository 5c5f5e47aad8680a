"""Results by SMS: offered or not, which is the county's choice. Nothing is sent to try it."""

from __future__ import annotations

from uuid import uuid4

import grpc
from huimin.v1 import common_pb2, text_pb2, text_pb2_grpc

from backend.conformance.reading import NOBODY
from backend.conformance.trial import SECONDS, Demands, NotTried, Refused, Server, refused

text_demands = Demands("text")
_NUMBER = "13800000000"


@text_demands.demand("unknown")
async def _unknown(server: Server) -> None:
    await _offered(server)
    request = _request()
    request.service = f"services/{NOBODY}"
    await refused(_stub(server).SendText(request, timeout=SECONDS), "NOT_FOUND", "SERVICE_UNKNOWN")


@text_demands.demand("session")
async def _session(server: Server) -> None:
    """Nobody gets a case who has not said who they are."""
    await _offered(server)
    request = _request()
    request.case_name = f"cases/{'0' * 12}"
    await refused(_stub(server).SendText(request, timeout=SECONDS), "UNAUTHENTICATED", "SESSION_NEEDED")


def _request() -> text_pb2.SendTextRequest:
    return text_pb2.SendTextRequest(
        name=f"texts/{uuid4()}", phone_number=_NUMBER, language=common_pb2.LANGUAGE_ZH_CN
    )


async def _offered(server: Server) -> None:
    """Raises NotTried where there are none."""
    try:
        await _stub(server).SendText(text_pb2.SendTextRequest(), timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        if Refused.of(error).code == "UNIMPLEMENTED":
            raise NotTried("not_offered") from None


def _stub(server: Server) -> text_pb2_grpc.TextServiceAsyncStub:
    return text_pb2_grpc.TextServiceStub(server.channel)
