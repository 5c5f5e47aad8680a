"""Lines between doors and a backend: real TLS, on real sockets, right and wrong on either side."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from huimin.v1 import policy_pb2, policy_pb2_grpc

from backend.doors import authority as making
from backend.doors.tls import TlsUnusable
from backend.settings import BackendSettings
from backend.storage import doors as stored
from backend_client.client import BackendClient
from backend_client.connection import PlainTextRefused
from backend_client.credentials import DoorCredentials, store
from backend_client.errors import DoorRefused, NotSecure
from foundation.address import host_and_port
from foundation.pem import certificates_pem, key_pem
from foundation.private_file import write_private
from tests.backend.house import failed, house
from tests.certificates import door_folder, new_authority, server_files
from tests.doors.running import Office, office


async def refused(client: BackendClient) -> str:
    """The reason for which nothing can be read."""
    async with client:
        with pytest.raises((NotSecure, DoorRefused)) as caught:
            await client.get_policy("policies/p1")
    return caught.value.reason


async def test_a_door_that_is_known_is_let_in_and_seen(office: Office) -> None:
    async with office.client(await office.added("hall-1")) as client:
        assert await client.list_topics()


async def test_when_a_door_was_last_seen_is_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as first:
        async with first.client(await first.added("hall-1")) as client:
            await client.list_topics()
        moment = first.house.clock()
        database = first.house.database
        before = (await database.read(stored.everyone, moment))["doors/hall-1"]
        assert before.last_seen is None  # it is noted now and then, and at the end
    async with house(tmp_path / "data") as second:
        after = (await second.database.read(stored.everyone, moment))["doors/hall-1"]
        assert after.last_seen is not None


async def test_it_can_be_listened_on_every_address(tmp_path: Path) -> None:
    async with office(tmp_path, listen="0.0.0.0:0") as open_office:
        port = host_and_port(open_office.house.address)[1]
        credentials = await open_office.added("hall-1")
        async with BackendClient(f"127.0.0.1:{port}", credentials=credentials) as client:
            assert await client.list_topics()


async def test_a_list_of_addresses_is_checked_by_the_name_of_all_backends(office: Office) -> None:
    target = f"ipv4:{office.house.address},{office.house.address}"
    async with BackendClient(target, credentials=await office.added("hall-1")) as client:
        assert await client.list_topics()


async def test_a_certificate_of_another_authority_is_refused(office: Office, tmp_path: Path) -> None:
    foreign = door_folder(tmp_path / "f", new_authority(), "hall-1", trusted=office.authority)
    await office.added("hall-1")
    assert await refused(office.client(foreign)) == "LINE_REFUSED"


async def test_a_certificate_that_signed_itself_is_refused(office: Office, tmp_path: Path) -> None:
    await office.added("hall-1")
    own = making.Authority.make("hall-1", office.house.clock())
    certificate = own.issue_door(own.key.public_key(), "hall-1", office.house.clock())
    assert certificate.issuer == certificate.subject
    selfmade = store(tmp_path / "s", own.key, [certificate], [office.authority.certificate])
    assert await refused(office.client(selfmade)) == "LINE_REFUSED"


async def test_a_certificate_that_cannot_sign_is_told(office: Office, tmp_path: Path) -> None:
    own = making.Authority.make("hall-1", office.house.clock())
    unfit = store(tmp_path / "u", own.key, [own.certificate], [office.authority.certificate])
    assert await refused(office.client(unfit)) == "CERTIFICATE_UNFIT"


async def test_a_certificate_that_is_over_is_refused(office: Office) -> None:
    old = await office.added("hall-1", begin=timedelta(days=-2), life=timedelta(days=1))
    assert await refused(office.client(old)) == "LINE_REFUSED"


async def test_a_backends_certificate_does_not_open_a_door(office: Office, tmp_path: Path) -> None:
    await office.added("127.0.0.1".replace(".", "-"))
    key = making.new_key()
    certificate = office.authority.issue_server(key.public_key(), ["hall-1"], office.house.clock())
    posing = store(tmp_path / "p", key, [certificate], [office.authority.certificate])
    assert await refused(office.client(posing)) == "LINE_REFUSED"


async def test_plain_text_is_refused_where_tls_is_spoken(office: Office) -> None:
    assert await refused(office.client(None)) == "LINE_REFUSED"


async def test_tls_is_refused_where_plain_text_is_spoken(tmp_path: Path) -> None:
    credentials = door_folder(tmp_path / "door", new_authority())
    async with house(tmp_path / "data") as plain:
        assert await refused(BackendClient(plain.address, credentials=credentials)) == "BACKEND_PLAIN"


async def test_a_backend_of_another_authority_is_not_trusted(office: Office) -> None:
    doubting = await office.added("hall-1", trusted=new_authority())
    assert await refused(office.client(doubting)) == "BACKEND_UNTRUSTED"


async def test_a_backend_whose_certificate_is_over_is_not_trusted(tmp_path: Path) -> None:
    async with office(tmp_path) as late:
        server_files(tmp_path / "tls", late.authority, begin=timedelta(days=-2), life=timedelta(days=1))
        assert await refused(late.client(await late.added("hall-1"))) == "BACKEND_EXPIRED"


async def test_a_backend_under_another_name_is_not_trusted(office: Office, tmp_path: Path) -> None:
    server_files(tmp_path / "tls", office.authority, ("backend.county.example",))
    assert await refused(office.client(await office.added("hall-1"))) == "BACKEND_NAME_WRONG"


async def test_plain_text_is_not_spoken_off_this_machine() -> None:
    for target in ("192.0.2.1:50051", "backend.county.example:50051", "ipv4:127.0.0.1:1,192.0.2.1:1"):
        with pytest.raises(PlainTextRefused):
            BackendClient(target)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051", "backend.county.example:50051"])
async def test_plain_text_is_not_listened_for_off_this_machine(tmp_path: Path, listen: str) -> None:
    with pytest.raises(TlsUnusable, match=r"tls\.plain_text"):
        async with house(tmp_path / "data", listen=listen):
            pytest.fail("it serves")


@pytest.mark.parametrize("listen", ["localhost:0", "127.0.0.2:0", "[::1]:0"])
async def test_plain_text_is_listened_for_on_loopback(tmp_path: Path, listen: str) -> None:
    async with house(tmp_path / "data", listen=listen) as running, BackendClient(running.address) as client:
        assert await client.list_topics()


@pytest.mark.parametrize(
    ("leave_out", "problem"),
    [
        ({"tls_key"}, "tls.incomplete"),
        ({"tls_certificate", "tls_key", "tls_authority"}, "tls.enrolment_needs_tls"),
        ({"authority_key"}, "tls.enrolment_needs_key"),
    ],
)
async def test_half_of_the_settings_is_refused(tmp_path: Path, leave_out: set[str], problem: str) -> None:
    files = server_files(tmp_path / "tls", new_authority()).settings()
    some = {name: file for name, file in files.items() if name not in leave_out}
    with pytest.raises(TlsUnusable) as caught:
        async with house(tmp_path / "data", enrol_listen="127.0.0.1:0", **some):
            pytest.fail("it serves")
    assert caught.value.problem == problem


async def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    files = server_files(tmp_path / "tls", new_authority())
    wrong = {
        "tls.unreadable": files.settings() | {"tls_key": tmp_path / "nothing"},
        "tls.no_key": files.settings() | {"tls_key": files.certificate},
        "tls.no_certificate": files.settings() | {"tls_certificate": files.key},
        "tls.not_a_pair": files.settings() | {"tls_key": files.authority_key},
    }
    for problem, settings in wrong.items():
        with pytest.raises(TlsUnusable) as caught:
            async with house(tmp_path / "data", **settings):
                pytest.fail("it serves")
        assert caught.value.problem == problem
    write_private(tmp_path / "stranger", key_pem(new_authority().key))
    with pytest.raises(TlsUnusable, match=r"tls\.not_the_authoritys"):
        async with house(tmp_path / "data", **files.settings() | {"authority_key": tmp_path / "stranger"}):
            pytest.fail("it serves")
    files.key.chmod(0o640)
    with pytest.raises(TlsUnusable, match=r"tls\.open_to_others"):
        async with house(tmp_path / "data", **files.settings()):
            pytest.fail("it serves")


def shown_to(credentials: DoorCredentials, address: str) -> x509.Certificate:
    """The certificate that a backend shows to a door that connects now, seen by another TLS library."""
    trusting = ssl.create_default_context(cadata=credentials.authority.decode())
    trusting.load_cert_chain(credentials.folder / "door.pem")
    host, port = host_and_port(address)
    with (
        socket.create_connection((host, port), timeout=5) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as line,
    ):
        der = line.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der)


async def test_a_new_certificate_of_the_backend_is_taken_without_a_restart(
    office: Office, tmp_path: Path
) -> None:
    credentials = await office.added("hall-1")
    before = await asyncio.to_thread(shown_to, credentials, office.house.address)
    server_files(tmp_path / "tls", office.authority)
    after = await asyncio.to_thread(shown_to, credentials, office.house.address)
    assert after.serial_number != before.serial_number
    write_private(office.files.certificate, b"no certificate")
    still = await asyncio.to_thread(shown_to, credentials, office.house.address)
    assert still.serial_number == after.serial_number


async def test_doors_of_a_second_authority_are_let_in_once_it_is_trusted(
    office: Office, tmp_path: Path
) -> None:
    county = new_authority("County")
    await office.added("hall-1")
    theirs = door_folder(tmp_path / "county", county, "hall-1", trusted=office.authority)
    assert await refused(office.client(theirs)) == "LINE_REFUSED"
    write_private(
        office.files.authority, certificates_pem([office.authority.certificate, county.certificate])
    )
    async with office.client(theirs) as client:
        assert await client.list_topics()


class Raw:
    """gRPC without our client, for calls that it does not make."""

    def __init__(self, office: Office, credentials: DoorCredentials) -> None:
        self.channel = grpc.aio.secure_channel(office.house.address, credentials.channel_credentials())

    async def everything(self) -> dict[str, Message]:
        """One call each of a service, of health checking (both kinds) and of reflection."""
        policy = policy_pb2_grpc.PolicyServiceStub(self.channel)
        health = health_pb2_grpc.HealthStub(self.channel)
        reflection = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        watching = health.Watch(health_pb2.HealthCheckRequest())
        reflecting = reflection.ServerReflectionInfo(iter([asked]))
        found: dict[str, Message] = {}
        calls = {
            "service": policy.ListTopics(policy_pb2.ListTopicsRequest()),
            "check": health.Check(health_pb2.HealthCheckRequest()),
            "watch": watching.read(),
            "reflection": reflecting.read(),
        }
        for name, call in calls.items():
            try:
                found[name] = await call
            except grpc.aio.AioRpcError as error:
                assert failed(error).reason == "DOOR_UNKNOWN"
                assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        watching.cancel()
        return found


async def test_health_and_reflection_are_for_known_doors_only(office: Office, tmp_path: Path) -> None:
    known = Raw(office, await office.added("hall-1"))
    unknown = Raw(office, door_folder(tmp_path / "u", office.authority, "hall-2"))
    async with known.channel, unknown.channel:
        assert set(await known.everything()) == {"service", "check", "watch", "reflection"}
        assert not await unknown.everything()


async def test_a_door_that_is_unknown_or_has_no_proper_name_is_refused(
    office: Office, tmp_path: Path
) -> None:
    for name in ("hall-9", "local", "newcomer", "", "../hall-1", "doors/hall-1"):
        stranger = door_folder(tmp_path / f"s{len(name)}{name[:1]}", office.authority, name or "x")
        assert await refused(office.client(stranger)) == "DOOR_UNKNOWN"


async def test_an_open_line_ends_with_the_certificate(tmp_path: Path) -> None:
    async with office(tmp_path) as running, running.client(await running.added("hall-1")) as client:
        assert await client.list_topics()
        running.house.clock.forward(days=1, hours=1)
        with pytest.raises(DoorRefused) as caught:
            await client.list_topics()
    assert caught.value.reason == "CERTIFICATE_EXPIRED"


def test_settings_of_tls_come_from_the_configuration() -> None:
    assert BackendSettings().certificate_days == 90
