"""Enrolling a door: its first certificate, for a one-time code."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from cryptography.hazmat.primitives.serialization import Encoding
from huimin.v1 import door_pb2

from backend_client import credentials as files
from backend_client.calling import Calls, Patience
from backend_client.credentials import CredentialsUnusable, DoorCredentials
from backend_client.methods import method
from backend_client.renewal import certificates
from backend_client.rotation import Rotation
from backend_client.target import check_target

ENROL = Patience(each=10, tries=3, total=25)
"""Asking again is safe: the backend knows the key that used a code."""
REQUEST = "request.csr"

_ENROL = method(
    "EnrolmentService/Enrol",
    door_pb2.EnrolRequest,
    door_pb2.EnrolResponse,
    lambda answer: certificates(answer.certificates, answer.authorities),
)


@dataclass(frozen=True)
class Invitation:
    """What a door needs to enrol. Its repr shows no code."""

    enrolment: str
    """HOST:PORT at which doors enrol."""
    code: str = field(repr=False)
    authority: bytes = field(repr=False)
    """Certificates of the authority that the backend's is from, PEM."""
    backend: str = ""
    """Where the door will call the backend; empty where it was not said."""

    @classmethod
    def read(cls, file: Path) -> Invitation:
        """An enrolment file, as ``door invite --out`` writes it. Raises CredentialsUnusable."""
        try:
            document = tomllib.loads(files.read_public(file).decode())
            values = [document[name] for name in ("enrolment", "code", "authority", "backend")]
            enrolment, code, authority, backend = (str(value) for value in values)
            return cls(check_target(enrolment), code, authority.encode(), check_target(backend))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError):
            raise CredentialsUnusable("enrol.not_an_invitation", file) from None


async def enrol(invitation: Invitation, folder: Path) -> DoorCredentials:
    """Makes a key, gets its certificate and stores both in the folder.

    Raises BackendError, CredentialsUnusable. May be repeated after it was cut off; the same key is used then.
    """
    files.read_certificates(invitation.authority, Path(files.AUTHORITY))
    key = await asyncio.to_thread(files.pending_key, folder)
    request = _ENROL.encode(
        code=invitation.code, certificate_request=files.request(key).public_bytes(Encoding.DER)
    )
    trusting = grpc.ssl_channel_credentials(invitation.authority)
    async with grpc.aio.secure_channel(invitation.enrolment, trusting) as channel:
        rotation = Rotation({invitation.enrolment: channel})
        try:
            answer = await Calls(rotation).unary(_ENROL.path, request, ENROL)
        finally:
            await rotation.close()
    chain, authorities = _ENROL.read(answer)
    trusted = authorities or files.read_certificates(invitation.authority, folder / files.AUTHORITY)
    return await asyncio.to_thread(files.store, folder, key, chain, trusted)


def write_request(folder: Path) -> Path:
    """A key, and a request for a certificate (PKCS#10, PEM) for the county's own authority; its file.

    Raises CredentialsUnusable.
    """
    request = files.request(files.pending_key(folder))
    files.write(folder / REQUEST, request.public_bytes(Encoding.PEM))
    return folder / REQUEST


def take_certificate(folder: Path, certificate: Path, authority: Path) -> DoorCredentials:
    """Stores what the county's authority made of the request. Raises CredentialsUnusable."""
    chain = files.read_certificates(files.read_public(certificate), certificate)
    trusted = files.read_certificates(files.read_public(authority), authority)
    stored = files.store(folder, files.pending_key(folder), chain, trusted)
    (folder / REQUEST).unlink(missing_ok=True)
    return stored
