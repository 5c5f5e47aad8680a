"""What a client is told of an error that escaped a handler; what it is not told goes into the log."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta

import grpc
from grpc_status import rpc_status
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.rpc.door import Context
from backend.rpc.refusal import Refusal
from foundation.log import logger

_RETRY_STORAGE = timedelta(seconds=2)
_GRPC = "grpc._cython.cygrpc"
_log = logger(__name__)


def refusal_of(error: Exception, request_id: str) -> Refusal:
    """The refusal that stands for an error, which is the error itself where a handler refused."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, TimeoutError):  # before OSError, which it is a kind of
        return Refusal(
            grpc.StatusCode.DEADLINE_EXCEEDED, "TOO_SLOW", "The call took longer than it was given."
        )
    if isinstance(error, (OperationalError, PoolTimeout, OSError)):  # database, its queue, attachments
        _log.error("storage_failed", error=type(error).__name__, detail=_detail(error))
        return Refusal(
            grpc.StatusCode.UNAVAILABLE,
            "STORAGE_UNAVAILABLE",
            "The storage does not answer.",
            retry_after=_RETRY_STORAGE,
        )
    _log.error("call_failed", error=type(error).__name__, where=_where(error))
    return Refusal(
        grpc.StatusCode.INTERNAL,
        "INTERNAL",
        "The backend failed; its log tells why.",
        metadata={"request_id": request_id},
    )


async def abort(context: Context, refusal: Refusal) -> None:
    """Ends a call with a refusal; raises what gRPC wants to be raised then."""
    status = rpc_status.to_status(refusal.status)
    await context.abort(status.code, status.details, status.trailing_metadata)


def say_nothing_of_callers_that_are_gone() -> None:
    """gRPC logs a traceback where an answer finds its connection broken, which is nobody's error here."""
    logging.getLogger(_GRPC).addFilter(_is_of_the_server)


def _is_of_the_server(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("ExecuteBatchError raised in core")


def _detail(error: Exception) -> str:
    """What the database or the operating system said, without what was to be stored."""
    if isinstance(error, OSError):
        return error.strerror or ""
    return str(getattr(error, "orig", ""))


def _where(error: BaseException) -> list[str]:
    """The frames of an error without anything that was in them."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]
