"""Forms on paper: offered or not, which is the county's choice; where they are, blank ones are PDFs."""

from __future__ import annotations

import grpc
from huimin.v1 import common_pb2, document_pb2, document_pb2_grpc

from backend.conformance.reading import NOBODY, form_names
from backend.conformance.trial import SECONDS, Demands, NotTried, Refused, Server, need, refused
from backend.documents.papers import MAX_BYTES

document_demands = Demands("document")
_RENDERING_SECONDS = 30.0


@document_demands.demand("blank")
async def _blank(server: Server) -> None:
    stub = document_pb2_grpc.DocumentServiceStub(server.channel)
    await _offered(stub)
    form = (await form_names(server))[0]
    request = document_pb2.RenderDocumentRequest(form=form, language=common_pb2.LANGUAGE_ZH_CN)
    made = bytearray()
    async for answer in stub.RenderDocument(request, timeout=_RENDERING_SECONDS):
        need(len(answer.chunk) <= 64 << 10, "RenderDocumentResponse.chunk")
        made += answer.chunk
    need(made.startswith(b"%PDF-") and len(made) <= MAX_BYTES, "RenderDocumentResponse: a PDF")


@document_demands.demand("unknown")
async def _unknown_form(server: Server) -> None:
    stub = document_pb2_grpc.DocumentServiceStub(server.channel)
    await _offered(stub)
    await refused(stub.RenderDocument(_of_nobody(), timeout=SECONDS).read(), "NOT_FOUND", "FORM_UNKNOWN")


def _of_nobody() -> document_pb2.RenderDocumentRequest:
    return document_pb2.RenderDocumentRequest(form=f"forms/{NOBODY}", language=common_pb2.LANGUAGE_ZH_CN)


async def _offered(stub: document_pb2_grpc.DocumentServiceAsyncStub) -> None:
    """Raises NotTried where there are none."""
    try:
        await stub.RenderDocument(_of_nobody(), timeout=SECONDS).read()
    except grpc.aio.AioRpcError as error:
        if Refused.of(error).code == "UNIMPLEMENTED":
            raise NotTried("not_offered") from None
