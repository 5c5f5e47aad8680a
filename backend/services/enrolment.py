"""How doors come by their certificates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address
from urllib.parse import unquote

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from huimin.v1 import door_pb2, door_pb2_grpc
from sqlalchemy import Connection

from backend.clock import timestamp
from backend.doors import code as codes
from backend.doors.authority import Authority, PublicKey, RequestWrong, read_request, serial_of
from backend.doors.tls import TlsFiles, TlsUnusable
from backend.rpc.acting import actor_of
from backend.rpc.bounds import MALFORMED
from backend.rpc.door import Context, DoorKind, door_of, unknown
from backend.rpc.refusal import Refusal, Wrong, invalid
from backend.storage import audit, doors, tries
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.doors import DoorState, KnownDoor
from backend.storage.tries import Scope, Subject
from foundation.log import logger

_HOUSE = 64
"""Bits of an IPv6 address that say whose it is; the others are its owner's to choose."""
_log = logger(__name__)


class EnrolmentService(door_pb2_grpc.EnrolmentServiceServicer):
    """`huimin.v1.EnrolmentService`."""

    def __init__(
        self, database: Database, files: TlsFiles | None, now: Callable[[], datetime], life: timedelta
    ) -> None:
        """files: with the authority that signs; life: of doors' certificates."""
        self._database = database
        self._files = files
        self._now = now
        self._life = life

    async def Enrol(  # noqa: N802 (the contract's name)
        self, request: door_pb2.EnrolRequest, context: Context
    ) -> door_pb2.EnrolResponse:
        """A door's first certificate, for a code."""
        authority, authorities = await self._authority()
        key = _key(request.certificate_request)
        address = address_of(context.peer())
        enrolled = await self._database.write(
            _enrol,
            codes.typed(request.code) or "",
            key,
            authority,
            address,
            actor=actor_of(context),
            now=self._now(),
            life=self._life,
        )
        if isinstance(enrolled, timedelta):
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_TRIES",
                "Too many wrong codes.",
                retry_after=enrolled,
            )
        if enrolled is None:
            raise Refusal(grpc.StatusCode.PERMISSION_DENIED, "CODE_WRONG", "The code opens nothing.")
        door, certificate = enrolled
        _log.info("door_enrolled", door=door.name, serial=serial_of(certificate), peer=context.peer())
        return door_pb2.EnrolResponse(
            door=door.name,
            kind=door_pb2.DoorKind.ValueType(door.kind),
            certificates=[_der(certificate), _der(authority.certificate)],
            expire_time=timestamp(certificate.not_valid_after_utc),
            authorities=map(_der, authorities),
        )

    async def RenewCertificate(  # noqa: N802
        self, request: door_pb2.RenewCertificateRequest, context: Context
    ) -> door_pb2.RenewCertificateResponse:
        """The calling door's next certificate."""
        door = door_of(context)
        if door.kind is DoorKind.LOCAL:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION, "NO_CERTIFICATE", "On loopback there is none to renew."
            )
        authority, authorities = await self._authority()
        key = _key(request.certificate_request)
        certificate = await self._database.write(
            _renew, actor_of(context), key, authority, now=self._now(), life=self._life
        )
        if certificate is None:
            raise unknown("DOOR_REVOKED")
        _log.info("certificate_renewed", door=door.name, serial=serial_of(certificate))
        return door_pb2.RenewCertificateResponse(
            certificates=[_der(certificate), _der(authority.certificate)],
            expire_time=timestamp(certificate.not_valid_after_utc),
            authorities=map(_der, authorities),
        )

    async def _authority(self) -> tuple[Authority, list[x509.Certificate]]:
        """Who signs, and whom doors trust; read anew, so that another may follow without a restart."""
        if self._files is None or self._files.authority_key is None:
            raise Refusal(
                grpc.StatusCode.UNIMPLEMENTED,
                "NO_AUTHORITY",
                "This backend signs no certificates; the county's own authority does.",
            )
        try:
            material = await asyncio.to_thread(self._files.read)
            return await asyncio.to_thread(self._files.signing), material.authorities
        except TlsUnusable as error:  # they were well at the start, and are perhaps being replaced
            _log.error("authority_unusable", reason=str(error))
            raise Refusal(
                grpc.StatusCode.UNAVAILABLE, "AUTHORITY_UNUSABLE", "The authority cannot sign at the moment."
            ) from None


def address_of(peer: str) -> str:
    """From where somebody enrols, as tries are counted: of IPv6 the network, which is one house's.

    peer: as gRPC says it, such as ``ipv4:192.0.2.1:50000`` or ``ipv6:%5B2001:db8::1%5D:50000``.
    """
    host = unquote(peer.partition(":")[2].rpartition(":")[0]).strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), _HOUSE), strict=False))


def _enrol(
    connection: Connection,
    code: str,
    key: PublicKey,
    authority: Authority,
    address: str,
    *,
    actor: Actor,
    now: datetime,
    life: timedelta,
) -> tuple[KnownDoor, x509.Certificate] | timedelta | None:
    """The door with its certificate; how long codes from there are not looked at; None for a wrong one.

    What is not looked at is not in the audit trail either, which is never shortened: whoever reaches the port
    could fill it.
    """
    subjects = (Subject(Scope.ADDRESS, address), Subject(Scope.ALL_ENROLMENTS))
    closed = tries.closed_for(connection, subjects, now)
    if closed is not None:
        return closed
    door = doors.redeem(connection, code, _key_der(key), now)
    if door is None:
        tries.count_wrong(connection, subjects, now)
        audit.append(connection, actor.did("EnrolmentService.Enrol", "doors", now, "CODE_WRONG"))
        return None
    certificate = _issue(connection, door.name, key, authority, now=now, life=life)
    audit.append(connection, actor.did("EnrolmentService.Enrol", door.name, now))
    return door, certificate


def _renew(
    connection: Connection,
    actor: Actor,
    key: PublicKey,
    authority: Authority,
    *,
    now: datetime,
    life: timedelta,
) -> x509.Certificate | None:
    door = doors.one(connection, actor.door)
    if door is None or door.state is not DoorState.ACTIVE:  # revoked since the guard looked
        return None
    certificate = _issue(connection, door.name, key, authority, now=now, life=life)
    audit.append(connection, actor.did("EnrolmentService.RenewCertificate", door.name, now))
    return certificate


def _issue(
    connection: Connection, name: str, key: PublicKey, authority: Authority, *, now: datetime, life: timedelta
) -> x509.Certificate:
    certificate = authority.issue_door(key, name.removeprefix("doors/"), now, life)
    doors.record(connection, name, serial_of(certificate), certificate.not_valid_after_utc)
    return certificate


def _key(request: bytes) -> PublicKey:
    try:
        return read_request(request)
    except RequestWrong as error:
        raise invalid(Wrong("certificate_request", MALFORMED, str(error))) from None


def _key_der(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
