"""Keeping a door's credentials fresh while it runs, without anybody's visit.

Once two thirds of the certificate's life are over, the door makes a new key and asks the backend for the next
certificate, again and again until it has one. A pair that somebody else put into the folder, such as the tool
of the county's own authority, is taken too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from huimin.v1 import door_pb2

from backend_client import credentials as files
from backend_client.calling import Calls, Patience
from backend_client.credentials import CredentialsUnusable, DoorCredentials
from backend_client.errors import BackendError
from backend_client.forms.wire import Malformed
from backend_client.methods import method
from foundation.log import logger

RENEW_AT = 2 / 3
"""Of the certificate's life. Chance takes up to a tenth of it off, so that doors do not come all at once."""
LOOK = timedelta(seconds=60)
"""How often the folder is looked into; moments are compared anew each time, because clocks are set."""
SHORTEST = timedelta(seconds=0.2)
LONGEST_PAUSE = timedelta(hours=1)
"""Between two tries to renew; less where little of the life is left."""

_RENEW = Patience(each=10, tries=1, total=10)
_log = logger(__name__)


async def keep_fresh(
    credentials: DoorCredentials, calls: Calls, changed: Callable[[DoorCredentials], None]
) -> None:
    """Runs until it is cancelled. changed: told of each new pair."""
    due = _due(credentials)
    while True:
        await asyncio.sleep(min(max(due - _now(), SHORTEST), LOOK).total_seconds())
        try:
            found = await asyncio.to_thread(DoorCredentials.load, credentials.folder)
            if found.chain == credentials.chain and _now() >= due:
                found = await renew(credentials, calls)
        except (BackendError, CredentialsUnusable) as error:
            pause = min(max((credentials.not_after - _now()) / 20, SHORTEST), LONGEST_PAUSE)
            due = _now() + pause
            reason = error.reason if isinstance(error, BackendError) else str(error)
            level = _log.error if _now() >= credentials.not_after else _log.warning
            level("certificate_not_renewed", reason=reason, until=credentials.not_after.isoformat())
            continue
        if found.chain != credentials.chain:
            credentials = found
            due = _due(credentials)
            changed(credentials)


async def renew(credentials: DoorCredentials, calls: Calls) -> DoorCredentials:
    """Asks for the next certificate and stores it with its new key.

    Raises BackendError, CredentialsUnusable.
    """
    key = await asyncio.to_thread(files.pending_key, credentials.folder)
    der = files.request(key).public_bytes(Encoding.DER)
    answer = await calls.unary(_RENEWAL.path, _RENEWAL.encode(certificate_request=der), _RENEW)
    chain, authorities = _RENEWAL.read(answer)
    trusted = authorities or files.read_certificates(credentials.authority, credentials.folder)
    return await asyncio.to_thread(files.store, credentials.folder, key, chain, trusted)


def certificates(
    chain: Iterable[bytes], authorities: Iterable[bytes]
) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """The certificates in an answer of the backend. Raises Malformed."""
    try:
        own = [x509.load_der_x509_certificate(der) for der in chain]
        trusted = [x509.load_der_x509_certificate(der) for der in authorities]
    except ValueError:
        raise Malformed("certificates: not X.509") from None
    if not own:
        raise Malformed("certificates: none")
    return own, trusted


_RENEWAL = method(
    "EnrolmentService/RenewCertificate",
    door_pb2.RenewCertificateRequest,
    door_pb2.RenewCertificateResponse,
    lambda answer: certificates(answer.certificates, answer.authorities),
)


def _due(credentials: DoorCredentials) -> datetime:
    life = credentials.not_after - credentials.not_before
    part = RENEW_AT - random.uniform(0, 0.1)  # noqa: S311 (spreads doors out, keeps no secret)
    return credentials.not_before + life * part


def _now() -> datetime:
    return datetime.now(UTC)
