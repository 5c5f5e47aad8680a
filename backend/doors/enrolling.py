"""The port on which doors enrol: TLS without a client's certificate, and nothing but the one service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc
from huimin.v1 import door_pb2_grpc

from backend.doors.tls import TlsFiles, add_port
from backend.rpc.guard import Guard, recognise_newcomer
from backend.services.enrolment import EnrolmentService
from foundation.life import say_ready
from foundation.log import logger

NAME = "huimin-enrolment"
MAX_CALLS = 20
MAX_MESSAGE = 8 << 10
"""Bytes; a request for a certificate has few hundred."""
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_metadata_size", 8 << 10),
    ("grpc.max_connection_idle_ms", 60_000),
    ("grpc.max_connection_age_ms", 120_000),
)
_log = logger(__name__)


@asynccontextmanager
async def enrolling(
    address: str, files: TlsFiles, service: EnrolmentService, edge: Sequence[grpc.aio.ServerInterceptor]
) -> AsyncIterator[None]:
    """Lets doors enrol while the block runs. edge: what stands around the service on every port.

    Raises TlsUnusable, and RuntimeError where the port is taken.
    """
    server = grpc.aio.server(
        interceptors=(Guard(recognise_newcomer), *edge), options=_OPTIONS, maximum_concurrent_rpcs=MAX_CALLS
    )
    door_pb2_grpc.add_EnrolmentServiceServicer_to_server(service, server)
    port = add_port(server, address, files, doors_only=False)
    await server.start()
    _log.info("enrolling", port=port)
    say_ready(NAME, f"{address.rpartition(':')[0]}:{port}")
    try:
        yield
    finally:
        await server.stop(1.0)
